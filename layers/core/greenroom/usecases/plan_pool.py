"""One capacity pass of a pool: look, decide, commit. What must be started or ended is answered, and done elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from greenroom.domain.errors import Conflict, SlotLost
from greenroom.domain.instance import InstanceState
from greenroom.domain.launch import START_TIMEOUT_S, Launch, LaunchState
from greenroom.planning.plan_capacity import Plan, PlannedLaunch, Retirement, plan_capacity
from greenroom.ports import Ports
from greenroom.usecases.read_snapshot import PoolReading, read_snapshot

PASSES = 3
RULE = "planning.plan_capacity"


@dataclass(frozen=True, slots=True)
class PlannedPool:
    """Launches to start (those an earlier pass committed and nobody started too), instances to terminate."""

    launch_ids: tuple[str, ...]
    retired_ids: tuple[str, ...]


def plan_pool(pool_id: str, ports: Ports) -> PlannedPool:
    """Raises: NotFound; Conflict when other passes were faster three times: the reaper plans again."""
    for _ in range(PASSES):
        # Cleared before anything is read: a change after this line asks for another pass, one before it is seen.
        ports.pools.clear_pending(pool_id)
        reading = read_snapshot(pool_id, ports)
        plan = plan_capacity(reading.snapshot)
        intents = tuple(_intent(each, reading, ports) for each in plan.launches)
        try:
            if intents:
                ports.pools.commit_launches(pool_id, reading.rows.version, intents)
        except Conflict:
            continue
        return _follow(plan, intents, reading, ports)
    raise Conflict(pool_id)


def _intent(planned: PlannedLaunch, reading: PoolReading, ports: Ports) -> Launch:
    return Launch(
        pool_id=reading.pool.pool_id,
        launch_id=ports.new_id("lch"),
        application_id=reading.application.application_id,
        slots=planned.slots,
        state=LaunchState.INTENDED,
        deadline_at=ports.now() + START_TIMEOUT_S,
        reason=planned.reason,
    )


def _follow(plan: Plan, intents: tuple[Launch, ...], reading: PoolReading, ports: Ports) -> PlannedPool:
    """After the intents stand: drain, set the clocks, write the decision down."""
    pool_id, rows = reading.pool.pool_id, reading.rows
    drained = [each for each in plan.retirements if _drain(each, reading, ports)]
    if plan.surplus_since != rows.surplus_since:
        ports.pools.note_surplus(pool_id, plan.surplus_since, 0)
    if given := sum(each.slots for each in drained if each.is_given_back):
        ports.pools.note_given_back(pool_id, given)
    started = tuple(each.launch_id for each in intents)
    waiting = tuple(each.launch_id for each in rows.launches if each.state is LaunchState.INTENDED)
    retired = tuple(each.instance_id for each in drained)
    if plan.changes_anything or plan.rejected:
        decision = {**_decision(plan, reading), "launchIds": list(started), "retiredIds": list(retired)}
        ports.journal.append(f"POOL#{pool_id}", "PoolPlanned", ports.now(), decision)
    return PlannedPool(launch_ids=(*started, *waiting), retired_ids=retired)


def _drain(retirement: Retirement, reading: PoolReading, ports: Ports) -> bool:
    """Whether the instance may be ended. A slot claimed since the snapshot saves it whole."""
    machine = next(each for each in reading.machines if each.instance.instance_id == retirement.instance_id)
    if machine.instance.state is InstanceState.DRAINING:
        return True
    try:
        ports.fleet.drain_idle(machine.instance, machine.slots, ports.now(), "scaledIn")
    except SlotLost:
        return False
    return True


def _decision(plan: Plan, reading: PoolReading) -> Mapping[str, Any]:
    """The decision record: inputs, rule, what was done and what was not."""
    snapshot = reading.snapshot
    return {
        "rule": RULE,
        "inputs": {
            "policy": asdict(snapshot.policy),
            "slotsPerInstance": snapshot.slots_per_instance,
            "instances": [f"{each.instance_id} {each.state} busy {each.busy}" for each in snapshot.instances],
            "openLaunchSlots": snapshot.open_launch_slots,
            "queued": snapshot.queued,
            "eventSlots": snapshot.event_slots,
        },
        "wanted": plan.wanted,
        "supply": plan.supply,
        "launches": [each.reason for each in plan.launches],
        "retirements": [f"{each.instance_id}: {each.reason}" for each in plan.retirements],
        "rejected": [f"{each.alternative}: {each.reason}" for each in plan.rejected],
    }
