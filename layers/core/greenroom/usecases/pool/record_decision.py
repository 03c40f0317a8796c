"""The decision record of a capacity pass: what it was decided on, what was decided, and what was not done, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from greenroom.planning.plan import Plan
from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot
from greenroom.ports import Ports

RULE = "planning.plan_capacity"


def record_decision(
    pool_id: str, snapshot: PoolSnapshot, plan: Plan, done: Mapping[str, Sequence[str]], ports: Ports
) -> None:
    """`done`: ids by what became of them; an instance that was claimed meanwhile is planned, but not done."""
    facts = {
        "rule": RULE,
        "inputs": _inputs(snapshot),
        "wanted": plan.wanted,
        "supply": plan.supply,
        "launches": [f"{each.market}: {each.reason}" for each in plan.launches],
        "starts": [f"{each.instance_id}: {each.reason}" for each in plan.starts],
        "stops": [f"{each.instance_id}: {each.reason}" for each in plan.stops],
        "retirements": [f"{each.instance_id}: {each.reason}" for each in plan.retirements],
        "rejected": [f"{each.alternative}: {each.reason}" for each in plan.rejected],
        "surplusSince": plan.surplus_since,
        "surplusLeast": plan.surplus_least,
        **{name: list(ids) for name, ids in done.items()},
    }
    ports.journal.append(f"POOL#{pool_id}", "PoolPlanned", ports.now(), facts)


def _inputs(snapshot: PoolSnapshot) -> Mapping[str, Any]:
    return {
        "policy": asdict(snapshot.policy),
        "slotsPerInstance": snapshot.slots_per_instance,
        "markets": list(snapshot.markets),
        "longestSession_s": snapshot.longest_session_s,
        "instances": [_line(each) for each in snapshot.instances],
        "openLaunchSlots": snapshot.open_launch_slots,
        "openOnDemandSlots": snapshot.open_on_demand_slots,
        "queued": snapshot.queued,
        "eventSlots": snapshot.event_slots,
        "halted": snapshot.halted,
        "surplusSince": snapshot.surplus_since,
        "surplusLeast": snapshot.surplus_least,
        "giveBackSlots": snapshot.give_back_slots,
        "launchRestsUntil": snapshot.launch_rests_until,
    }


def _line(each: InstanceLoad) -> str:
    """Example: `i-0abc Ready on-demand us-east-1a busy 1 of 2`."""
    return f"{each.instance_id} {each.state} {each.market} {each.zone} busy {each.busy} of {each.slots}"
