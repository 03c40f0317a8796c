"""Pools, their instances and the decisions about them as operators read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.domain.instance.instance import Notice
from greenroom.domain.pool.pool import Halt
from greenroom.domain.times import iso
from greenroom.entry.pool.catalog_views import pool_view
from greenroom.fleet_ports import Machinery
from greenroom.ports import JournalRow
from greenroom.usecases.pool.read_pools import PoolReport

NOT_SHOWN = frozenset({"viewerId", "tenantId", "taskToken"})
"""Decisions name sessions and operators, never who plays."""


def report_view(report: PoolReport) -> dict[str, Any]:
    """What was configured, and what there is now."""
    return {
        **pool_view(report.pool),
        "halted": _halt_view(report.halted),
        "instances": dict(report.instances),
        "slots": dict(report.slots),
        "queued": report.queued,
        "demand": {"wanted": report.wanted, "supply": report.supply},
        "events": [{"eventId": each.event_id, "slots": each.slots, "left": each.left} for each in report.events],
    }


def _halt_view(halt: Halt | None) -> dict[str, Any] | None:
    return {"reason": halt.reason, "at": iso(halt.at), "by": halt.by} if halt else None


def instance_view(machine: Machinery) -> dict[str, Any]:
    """One machine with its slots."""
    instance = machine.instance
    return {
        "instanceId": instance.instance_id,
        "poolId": instance.pool_id,
        "state": instance.state.value,
        "statusReason": instance.status_reason,
        "market": instance.market,
        "instanceType": instance.instance_type,
        "zone": instance.zone,
        "launchedAt": iso(instance.launched_at),
        "readyAt": _moment(instance.ready_at),
        "notice": _notice_view(instance.notice),
        "slots": [
            {"slotId": each.slot_id, "number": each.number, "state": each.state.value, "sessionId": each.session_id}
            for each in machine.slots
        ],
    }


def _notice_view(notice: Notice | None) -> dict[str, Any] | None:
    if notice is None:
        return None
    return {"kind": notice.kind.value, "at": iso(notice.at), "endsAt": _moment(notice.ends_at)}


def _moment(at: float | None) -> str | None:
    return None if at is None else iso(at)


def decision_view(row: JournalRow) -> dict[str, Any]:
    """When, what, and why."""
    return {**_shown(row.facts), "at": row.at, "kind": row.kind}


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _readable(value) for name, value in facts.items() if name not in NOT_SHOWN}


def _readable(value: Any) -> Any:
    """As JSON has it: a set of the table becomes a list."""
    if isinstance(value, Mapping):
        return _shown(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return [_readable(each) for each in value] if isinstance(value, list | tuple) else value
