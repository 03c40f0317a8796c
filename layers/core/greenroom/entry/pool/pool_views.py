"""Pools, their instances and the decisions about them as operators read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.domain.instance.instance import InstanceState, Notice
from greenroom.domain.pool.pool import Halt
from greenroom.domain.shape import selected, shown
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.times import Time
from greenroom.entry.pool.catalog_views import pool_view
from greenroom.ports.instance import Member
from greenroom.ports.notify import JournalRow
from greenroom.usecases.pool.read_pools import EventShare, PoolReport

NOT_SHOWN = frozenset({"viewerId", "tenantId", "taskToken"})
"""Fields that a decision does not show: it may name sessions and operators, never viewers."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Slots."""

    wanted: int
    supply: int


@dataclass(frozen=True, slots=True)
class PoolNow:
    """The present instances, slots and sessions of a pool."""

    halted: Halt | None
    instances: Mapping[str, int]
    slots: Mapping[str, int]
    queued: int
    demand: Demand
    events: tuple[EventShare, ...]


@dataclass(frozen=True, slots=True)
class SlotView:
    """One slot of an instance, and the session that holds it."""

    slot_id: str
    number: int
    state: SlotState
    session_id: str | None


@dataclass(frozen=True, slots=True)
class InstanceView:
    """One instance with its slots."""

    instance_id: str
    pool_id: str
    state: InstanceState
    status_reason: str | None
    market: str
    instance_type: str
    zone: str
    launched_at: Time
    ready_at: Time | None
    notice: Notice | None
    slots: tuple[SlotView, ...]


def report_view(report: PoolReport) -> dict[str, Any]:
    """The pool's configuration and its present state."""
    return {**pool_view(report.pool), **shown(selected(PoolNow, report, demand=selected(Demand, report)))}


def instance_view(member: Member) -> dict[str, Any]:
    slots = tuple(selected(SlotView, each) for each in member.slots)
    return shown(selected(InstanceView, member.instance, slots=slots))


def decision_view(row: JournalRow) -> dict[str, Any]:
    """The decision's time, kind and facts."""
    return {**_shown(row.facts), "at": row.at, "kind": row.kind}


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _readable(value) for name, value in facts.items() if name not in NOT_SHOWN}


def _readable(value: Any) -> Any:
    """The value as JSON can express it: a set becomes a list."""
    if isinstance(value, Mapping):
        return _shown(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return [_readable(each) for each in value] if isinstance(value, list | tuple) else value
