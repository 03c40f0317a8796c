"""What must hold after every act, after every pass of the reaper, and at rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from greenroom.domain.instance.evacuation import ends_at
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.line.line import is_given_up
from greenroom.domain.quota.quota import ACCOUNT_NAME, LIVE, Scope, gpu_uses, names_of, tenant_name
from greenroom.domain.session.session import LIVE_STATES, TERMINAL_STATES, SessionState, epoch_of
from greenroom.domain.slot.slot import SlotState
from greenroom.ports.instance import Ec2State

from greenroom_lab.simulation.agents import LEASE_S, Agent
from greenroom_lab.simulation.cloud import SimulatedEc2
from greenroom_lab.simulation.state_machines import PASS_EVERY_S
from greenroom_lab.simulation.world import Watched, World

SERVING = frozenset({InstanceState.LAUNCHING, InstanceState.BOOTING, InstanceState.READY, InstanceState.DRAINING})
UNEXPLAINED_PASSES = 8
"""30 s of grace are four passes of 8 s and the one that sees it first; two more, and one for the seam between them."""
UNEXPLAINED_S = (UNEXPLAINED_PASSES - 2) * PASS_EVERY_S
"""Passes follow each other faster while a reaper hands over to the next: eight of them need not fill the grace."""


@dataclass(slots=True)
class Findings:
    """What broke; the sets hold ids, so that nothing counts twice."""

    double_held: set[str] = field(default_factory=set)
    leaked: set[str] = field(default_factory=set)
    overdue: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)

    @property
    def is_clean(self) -> bool:
        return not (self.double_held or self.leaked or self.overdue or self.other)


class Checker:
    """Looks at rows and at EC2 directly, past the ports."""

    def __init__(self, world: World, ec2: SimulatedEc2, agents: Mapping[str, Agent]) -> None:
        self.world, self.memory, self.ec2, self.agents = world, world.memory, ec2, agents
        self.found = Findings()
        self.highest_epochs: dict[str, int] = {}
        self.unexplained: Counter[str] = Counter()
        self.unexplained_since: dict[str, float] = {}
        self.last_pass_at: float | None = None
        self.states: dict[str, SessionState] = {}
        self.held: set[str] = set()

    def after_act(self) -> None:
        """Only when a session or a slot was written."""
        sessions, slots = self.memory.session_rows, self.memory.slot_rows
        assert isinstance(sessions, Watched)
        assert isinstance(slots, Watched)
        if sessions.is_dirty or slots.is_dirty:
            sessions.is_dirty = slots.is_dirty = False
            self._check_sessions()
            self._check_slots()
            self._check_viewers()
            self._check_quotas()
            self._check_order()

    def _check_sessions(self) -> None:
        holders: dict[str, str] = {}
        for session in self.memory.session_rows.values():
            held = session.assignment
            if session.state not in LIVE_STATES or held is None:
                continue
            if session.state is SessionState.MIGRATING and self.memory.slot_rows[held.slot_id].epoch != held.epoch:
                continue  # its place was lost at once, and is somebody else's by right
            other = holders.setdefault(held.slot_id, session.session_id)
            if other != session.session_id:
                self.found.double_held.add(f"{held.slot_id} by {other} and {session.session_id}")
            slot = self.memory.slot_rows[held.slot_id]
            if slot.epoch < epoch_of(session):
                self.found.other.add(f"{session.session_id} is ahead of its slot's epoch")

    def _check_slots(self) -> None:
        held_by: Counter[str] = Counter()
        for slot in self.memory.slot_rows.values():
            if slot.epoch < self.highest_epochs.get(slot.slot_id, 0):
                self.found.other.add(f"epoch of {slot.slot_id} went back")
            self.highest_epochs[slot.slot_id] = slot.epoch
            if slot.session_id is not None and slot.state is not SlotState.RETIRED:
                held_by[slot.session_id] += 1
            if (slot.state is SlotState.FREE) != (slot.slot_id in self.memory.free_rows):
                self.found.other.add(f"{slot.slot_id} is {slot.state} and its free entry says otherwise")
            if slot.state in (SlotState.FREE, SlotState.RESETTING) and slot.session_id is not None:
                self.found.other.add(f"{slot.slot_id} is {slot.state} with a holder")
        self.found.double_held.update(f"{one} holds {number} slots" for one, number in held_by.items() if number > 1)

    def _check_viewers(self) -> None:
        counted: dict[str, set[str]] = {}
        for session in self.memory.session_rows.values():
            if session.state not in TERMINAL_STATES:
                counted.setdefault(session.viewer_id, set()).add(session.session_id)
        if counted != {viewer: own for viewer, own in self.memory.viewer_sessions.items() if own}:
            self.found.other.add("viewer counters differ from a recount")

    def _check_order(self) -> None:
        """Who got its first slot had come before everyone of its tier who waits still, and not before its event began.

        Who waits, or waited, for an event is compared with those of the same event only.
        """
        waiting: dict[tuple[str, float | None], float] = {}
        for session in self.memory.session_rows.values():
            if session.not_before is not None:
                self.held.add(session.session_id)
            elif session.session_id in self.held:
                continue
            if session.state is SessionState.QUEUED:
                group = (session.tier, session.not_before)
                waiting[group] = min(session.requested_at, waiting.get(group, session.requested_at))
        for session in self.memory.session_rows.values():
            before = self.states.get(session.session_id)
            self.states[session.session_id] = session.state
            if session.state is not SessionState.ASSIGNED or before not in (None, SessionState.QUEUED):
                continue
            self.world.counts["served_from_line"] += before is SessionState.QUEUED
            self.world.counts["served_at_event"] += session.not_before is not None
            if session.not_before is not None and self.world.now < session.not_before:
                self.found.other.add(f"{session.session_id} was served before its event")
            if waiting.get((session.tier, session.not_before), session.requested_at) < session.requested_at:
                self.found.other.add(f"{session.session_id} overtook one of its tier")

    def _check_quotas(self) -> None:
        """Shard by shard: what the sessions that are not over hold; and no tenant above its limit."""
        held: Counter[tuple[str, int, str]] = Counter()
        for session in self.memory.session_rows.values():
            if session.state not in TERMINAL_STATES:
                names = names_of(session)
                held.update((names[Scope(scope)], shard, LIVE) for scope, shard in session.quota_shards.items())
        counted = {key: row["live"] for key, row in self.memory.quota_rows.items() if key[2] == LIVE and row["live"]}
        if counted != dict(held):
            self.found.other.add("quota counters differ from a recount")
        for tenant, quota in self.memory.tenant_quotas.items():
            live = sum(number for key, number in held.items() if key[0] == tenant_name(tenant))
            if quota.concurrent_sessions is not None and live > quota.concurrent_sessions:
                self.found.other.add(f"{tenant} has {live} sessions, {quota.concurrent_sessions} are allowed")

    def _check_days(self) -> None:
        """Every session was counted once for its day, and every second that it held a slot."""
        used: Counter[str] = Counter()
        for session in self.memory.session_rows.values():
            used["sessions"] += 1
            used["gpuSeconds"] += sum(each.seconds for each in gpu_uses(session) if each.name == ACCOUNT_NAME)
        days = [row for key, row in self.memory.quota_rows.items() if key[0] == ACCOUNT_NAME and key[2] != LIVE]
        for field_name, number in used.items():
            if sum(row.get(field_name, 0) for row in days) != number:
                self.found.other.add(f"{field_name} of the days differ from a recount")

    # -- after a pass of the reaper

    def after_pass(self, is_whole: bool) -> None:
        """`is_whole`: it neither died nor had repairs that failed."""
        now, before = self.world.now, self.last_pass_at
        if not is_whole:
            self.last_pass_at = None
            self.unexplained.clear()
            self.unexplained_since.clear()
            return
        self.last_pass_at = now
        for session in self.memory.session_rows.values():
            if before is not None and is_given_up(session, before):
                self.found.overdue.add(
                    f"{session.session_id} keeps its place {now - (session.page_gone_at or now):.0f} s"
                )
            if session.state not in TERMINAL_STATES and before is not None and session.deadline_at < before:
                self.found.overdue.add(f"{session.session_id} {session.state} {now - session.deadline_at:.0f} s")
        if before is not None:
            self._check_held(before)
        self._count_unexplained()

    def _check_held(self, before: float) -> None:
        """Nobody waits for the start of an event that had been cancelled or moved before the last pass."""
        if any(each.changed_at >= before for each in self.memory.events.values()):
            return
        starts = [each.start for each in self.memory.events.values() if not each.is_final]
        for session in self.memory.session_rows.values():
            held_until = session.not_before or 0.0
            waits = session.state is SessionState.QUEUED and session.requested_at < before
            if waits and held_until > self.world.now and min(abs(at - held_until) for at in (0, *starts)) > 0.01:
                self.found.overdue.add(f"{session.session_id} waits for an event that is no more")

    def _count_unexplained(self) -> None:
        for each in self.ec2.there():
            if self._is_explained(each.instance_id, each.launch_id, each.pool_id):
                self.unexplained.pop(each.instance_id, None)
                self.unexplained_since.pop(each.instance_id, None)
                continue
            if not self.ec2.is_shown(each.instance_id):
                continue  # nobody can know of it: it is looked for when EC2 shows it again
            self.unexplained[each.instance_id] += 1
            lasted_s = self.world.now - self.unexplained_since.setdefault(each.instance_id, self.world.now)
            deaf = each.instance_id in self.ec2.deaf
            if self._is_written_off(each.instance_id):
                self.found.other.add(f"{each.instance_id} is written off, and EC2 runs it")
            is_late = self.unexplained[each.instance_id] >= UNEXPLAINED_PASSES and lasted_s >= UNEXPLAINED_S
            if is_late and not deaf:
                self.found.leaked.add(f"{each.instance_id} unexplained")

    def _is_written_off(self, instance_id: str) -> bool:
        """Its row is Terminated: nothing but EC2's own word makes it so."""
        row = self.memory.instance_rows.get(instance_id)
        return row is not None and row.state is InstanceState.TERMINATED

    def _is_explained(self, instance_id: str, launch_id: str, pool_id: str) -> bool:
        row = self.memory.instance_rows.get(instance_id)
        if row is not None:
            if row.state is InstanceState.STOPPED:
                return True
            if row.state in (InstanceState.INTERRUPTED, InstanceState.QUARANTINED):
                # Its viewers use the time that is left; nobody may stay longer.
                end = ends_at(row.notice) if row.notice else None
                return end is not None and self.world.now < end
            silent = row.heartbeat_at is not None and self.world.now - row.heartbeat_at > LEASE_S
            return row.state in SERVING and not silent
        launch = self.world.ports.fleet_rows.launches.get((pool_id, launch_id))
        return launch is not None and launch.is_open and self.world.now < launch.deadline_at

    # -- at rest

    def serving(self) -> list[str]:
        """Machines that are Ready with every slot free, and whose agents live."""
        fine = []
        for each in self.ec2.alive():
            row = self.memory.instance_rows.get(each.instance_id)
            slots = [one for one in self.memory.slot_rows.values() if one.instance_id == each.instance_id]
            free = bool(slots) and all(one.state is SlotState.FREE for one in slots)
            if row is not None and row.state is InstanceState.READY and free and self.agents[each.instance_id].is_up:
                fine.append(each.instance_id)
        return fine

    def is_watched(self, since: float) -> bool:
        """A whole pass since then, and a moment ago unless nothing is left to watch."""
        if self.last_pass_at is None or self.last_pass_at < since:
            return False
        return not self.ec2.alive() or self.world.now - self.last_pass_at < 2 * PASS_EVERY_S

    def warm(self) -> list[str]:
        """Machines of the warm pool: stopped, and their rows say so."""
        rows, there = self.memory.instance_rows, self.ec2.instances.values()
        stopped = [each.instance_id for each in there if each.state is Ec2State.STOPPED]
        return [each for each in stopped if each in rows and rows[each].state is InstanceState.STOPPED]

    def is_at_rest(self, wanted: int, warm: int) -> bool:
        live = any(each.state not in TERMINAL_STATES for each in self.memory.session_rows.values())
        serving = self.serving()
        fits = len(serving) == wanted and len(self.warm()) == warm
        planned = any(not each.is_final for each in self.memory.events.values())
        return not live and not planned and fits and len(self.ec2.there()) == wanted + warm

    def at_rest(self, wanted: int, warm: int) -> None:
        """No faults any more, all viewers gone, and time enough: exactly what the policy wants is left."""
        serving, now = self.serving(), self.world.now
        kept = {*serving, *self.warm()}
        self.found.leaked.update(
            f"{one.instance_id} at rest" for one in self.ec2.there() if one.instance_id not in kept
        )
        self.found.leaked.update(f"{one} above the policy" for one in (*serving[wanted:], *self.warm()[warm:]))
        if len(self.warm()) < warm:
            self.found.other.add(f"{len(self.warm())} machines are warm at rest, {warm} are wanted")
        if self.world.ports.pools.read("demo").reservations:
            self.found.other.add("slots are held for events at rest")
        if len(serving) < wanted:
            self.found.other.add(f"{len(serving)} machines serve at rest, {wanted} are wanted")
        for session in self.memory.session_rows.values():
            if session.state not in TERMINAL_STATES:
                self.found.overdue.add(f"{session.session_id} {session.state} at rest, {now - session.deadline_at:.0f}")
        self._check_days()
        free = sum(each.state is SlotState.FREE for each in self.memory.slot_rows.values())
        if self.memory.free_counts.get("demo", 0) != free:
            self.found.other.add(f"free counter {self.memory.free_counts.get('demo')} at rest, {free} are free")
