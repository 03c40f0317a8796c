"""Runs one pass of the reaper: reads what EC2 shows, then the stored rows, and repairs what differs.

The reaper runs such a pass every 10 s. Bus events only make things faster: when an event is lost, the next pass of the
reaper does the work that the event should have caused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.event.warm_time import PASS_S
from greenroom.usecases.reaper.reconcile_events import reconcile_events
from greenroom.usecases.reaper.reconcile_instances import reconcile_orphans
from greenroom.usecases.reaper.reconcile_pool import reconcile_pool
from greenroom.usecases.reaper.reconcile_quotas import is_recount_due, reconcile_quotas
from greenroom.usecases.reaper.reconcile_sessions import reconcile_session
from greenroom.usecases.reaper.repairs import Repairs

if TYPE_CHECKING:
    from greenroom.ports.event import HasEvents
    from greenroom.ports.instance import HasEc2, HasFleet, HasLaunches, HasOfferings
    from greenroom.ports.line import HasLine
    from greenroom.ports.notify import HasBus, HasJournal, HasMetrics, HasTasks
    from greenroom.ports.pool import HasCatalog, HasPools
    from greenroom.ports.quota import HasQuotaCounters, HasQuotas
    from greenroom.ports.reaper import HasOrphans, HasReaper
    from greenroom.ports.session import HasClaims, HasLiveSessions, HasSessions
    from greenroom.ports.slot import HasSlots
    from greenroom.ports.socket import HasConnections, HasSocket
    from greenroom.ports.world import Clock, InParallel, Rng

    class Ports(
        Clock,
        Rng,
        HasBus,
        HasCatalog,
        HasClaims,
        HasConnections,
        HasEc2,
        HasEvents,
        HasFleet,
        HasJournal,
        HasLaunches,
        HasLine,
        HasLiveSessions,
        HasMetrics,
        HasOfferings,
        HasOrphans,
        HasPools,
        HasQuotaCounters,
        HasQuotas,
        HasReaper,
        HasSessions,
        HasSlots,
        HasSocket,
        HasTasks,
        InParallel,
        Protocol,
    ):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


LEASE_S = 60
"""How long a reaper's lease lasts, seconds. Only the reaper that has the lease repairs anything.

If a reaper dies without giving up its lease, no other reaper runs until the lease is over.
"""
HAND_OVER_AFTER_S = 3600
"""How long one execution of the reaper's state machine runs before a new execution takes over, seconds.

Step Functions limits the length of an execution's history, so one execution cannot run forever.
"""
PASS_WHILE_WAITED_S = 8
"""The time from one pass (run of the reaper) to the next pass while sessions wait in line, seconds.

Waiting viewers must get a forecast every 10 s, and one pass may take two seconds longer than the pass before.
"""
SESSIONS_PER_PASS = 500
"""How many sessions one pass (run of the reaper) checks, nearest deadline first. Later passes check the others."""


@dataclass(frozen=True, slots=True)
class PassResult:
    """The outcome of one pass (run of the reaper), which decides what the reaper's state machine does next.

    `alive`: work is left for later passes. `lease_lost`: another execution is the reaper now. `hand_over`: a new
    execution must take over.
    `silent_left_alone`: how many instances that send no heartbeats were left alone, because so many at once mean that
    the control plane fails, not the instances. If above 0, a person must look.
    """

    alive: bool
    lease_lost: bool
    hand_over: bool
    wait_s: int = PASS_S  # from now until the next pass
    silent_left_alone: int = 0


def reconcile_fleet(owner: str, started_at: float, lease_s: int, ports: Ports) -> PassResult:
    """Runs one pass of the reaper, which repairs the fleet wherever EC2 and the stored rows differ.

    `owner`: the id of the calling execution of the reaper's state machine. `started_at`: when this execution began,
    epoch seconds. `lease_s`: how old an instance's last heartbeat may be before the instance counts as silent.
    Raises: PassIncomplete (some repairs failed).
    """
    now = ports.now()
    if not ports.reaper.take(owner, now, now + LEASE_S):
        return PassResult(alive=True, lease_lost=True, hand_over=False)
    repairs = Repairs([])
    seen = _run_pass(lease_s, repairs, ports)
    alive = seen.is_alive
    if is_recount_due(now) or not alive:
        repairs.attempt("quotas", lambda: reconcile_quotas(repairs.attempt, ports))
    repairs.finish()
    hand_over = alive and ports.now() - started_at >= HAND_OVER_AFTER_S
    if hand_over or not alive:
        ports.reaper.give_up(owner)
    if not alive and ports.live_sessions.list_ids(1):
        # A session that began just before the lease was given up saw the lease held, and requested no reaper.
        alive = ports.reaper.take(owner, ports.now(), ports.now() + LEASE_S)
    wait_s = max(1, round((PASS_WHILE_WAITED_S if seen.waiting else PASS_S) - (ports.now() - now)))
    return PassResult(alive, lease_lost=False, hand_over=hand_over, wait_s=wait_s, silent_left_alone=seen.spared)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one pass (run of the reaper) has found."""

    is_alive: bool  # something is left for later passes
    waiting: int  # sessions in line
    spared: int  # instances without heartbeats that were left alone, because too many were silent


def _run_pass(lease_s: int, repairs: Repairs, ports: Ports) -> Seen:
    seen = {each.instance_id: each for each in ports.ec2.list_all()}
    alive, waiting, spared = False, 0, 0
    for pool_id in ports.catalog.pool_ids():
        try:
            found = reconcile_pool(pool_id, seen, lease_s, repairs.attempt, ports)
        except NotFound:
            continue
        alive, waiting = alive or found.is_alive, waiting + found.waiting
        spared += found.silent_left_alone
    orphans = reconcile_orphans(seen, repairs.attempt, ports)
    alive = reconcile_events(repairs.attempt, ports) or alive
    session_ids = ports.live_sessions.list_ids(SESSIONS_PER_PASS)
    ports.in_parallel([partial(repairs.attempt, one, partial(reconcile_session, one, ports)) for one in session_ids])
    return Seen(alive or orphans > 0 or bool(session_ids), waiting, spared)
