"""Writes the decision record of a planning pass: its inputs, what was decided, and what was rejected and why.

A planning pass is one run of the planner for a pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.journal import pool as journal

if TYPE_CHECKING:
    from greenroom.planning.plan import Plan, PlannedStart, PlannedStop, Retirement
    from greenroom.planning.snapshot import InstanceLoad, PoolSnapshot
    from greenroom.ports.notify import HasJournal
    from greenroom.ports.world import Clock

    class Ports(Clock, HasJournal, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


RULE = "planning.plan_capacity"
"""The name of the function that decided, as the decision record states it."""


@dataclass(frozen=True, slots=True)
class Done:
    """The ids of the launches and instances for which a plan was really carried out.

    An instance on which a session claimed a slot in the meantime is in the plan, but not here.
    """

    launch_ids: tuple[str, ...]
    start_ids: tuple[str, ...]
    stopped_ids: tuple[str, ...]
    retired_ids: tuple[str, ...]


def record_decision(pool_id: str, snapshot: PoolSnapshot, plan: Plan, done: Done, ports: Ports) -> None:
    """Writes the decision record of one planning pass (run of the planner) to the Journal (an append-only log)."""
    entry = journal.PoolPlanned(
        pool_id=pool_id,
        rule=RULE,
        inputs=_inputs(snapshot),
        wanted=plan.wanted,
        supply=plan.supply,
        launches=tuple(f"{each.market}: {each.reason}" for each in plan.launches),
        starts=_reasons(plan.starts),
        stops=_reasons(plan.stops),
        retirements=_reasons(plan.retirements),
        rejected=tuple(f"{each.alternative}: {each.reason}" for each in plan.rejected),
        surplus_since=plan.surplus_since,
        surplus_least=plan.surplus_least,
        launch_ids=done.launch_ids,
        start_ids=done.start_ids,
        stopped_ids=done.stopped_ids,
        retired_ids=done.retired_ids,
    )
    ports.journal.append(entry, ports.now())


def _reasons(acts: tuple[PlannedStart | PlannedStop | Retirement, ...]) -> tuple[str, ...]:
    return tuple(f"{each.instance_id}: {each.reason}" for each in acts)


def _inputs(snapshot: PoolSnapshot) -> journal.PlanInputs:
    return journal.PlanInputs(
        policy=snapshot.policy,
        slots_per_instance=snapshot.slots_per_instance,
        markets=snapshot.markets,
        longest_session_s=snapshot.longest_session_s,
        instances=tuple(_line(each) for each in snapshot.instances),
        open_launch_slots=snapshot.open_launch_slots,
        open_on_demand_slots=snapshot.open_on_demand_slots,
        queued=snapshot.queued,
        event_slots=snapshot.event_slots,
        halted=snapshot.halted,
        surplus_since=snapshot.surplus_since,
        surplus_least=snapshot.surplus_least,
        give_back_slots=snapshot.give_back_slots,
        launch_rests_until=snapshot.launch_rests_until,
    )


def _line(each: InstanceLoad) -> str:
    """Describes an instance in one line of text. Example: `i-0abc Ready on-demand us-east-1a busy 1 of 2`."""
    return f"{each.instance_id} {each.state} {each.market} {each.zone} busy {each.busy} of {each.slots}"
