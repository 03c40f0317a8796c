"""Operators schedule events and change their minds, open and close, drain, halt; and schedules fire, or do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from greenroom.domain.errors import GreenroomError, StoreBusy
from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import Admission
from greenroom.usecases.event.advance_event import advance_event
from greenroom.usecases.event.preflight_event import preflight_event
from greenroom.usecases.event.schedule_event import EventPlan, cancel_event, edit_event, schedule_event
from greenroom.usecases.event.settle_event import settle_event
from greenroom.usecases.instance.drain_instance import drain_instance, undrain_instance
from greenroom.usecases.pool.configure_catalog import configure_application
from greenroom.usecases.pool.operate_pool import halt_pool, resume_pool

from greenroom_lab.simulation.world import Crash, World

POOL, WHO = "demo", "operator"
RESUMES_WITHIN_S = (60, 300)


class Schedules:
    """ports.Schedules: one-time schedules on the virtual clock; one may never fire, or fire twice."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.set: set[tuple[str, int]] = set()

    def create(self, event_id: str, version: int, at: float) -> None:
        if (event_id, version) in self.set:
            return
        self.set.add((event_id, version))
        after_s = max(0.0, at - self.world.now)
        self.world.after(after_s, after_s + 1, lambda: self._fire(event_id, version))

    def delete(self, event_id: str, version: int) -> None:
        self.set.discard((event_id, version))

    def _fire(self, event_id: str, version: int) -> None:
        if (event_id, version) not in self.set:
            return
        self.world.on_the_way("schedule", lambda: PrewarmEvent(self.world, event_id, version).take_steps())


class PrewarmEvent:
    """prewarm_event.asl."""

    def __init__(self, world: World, event_id: str, version: int) -> None:
        self.world, self.event_id, self.version = world, event_id, version

    def take_steps(self) -> None:
        ports, next_at = self.world.ports, None
        if ports.events.get(self.event_id).version != self.version:
            return
        try:
            advance = self.world.invoke(
                lambda: advance_event(self.event_id, ports, lambda reading: preflight_event(reading, ports))
            )
            next_at = advance.next_at
        except Crash:
            next_at = self.world.now + 2
            if self.world.random.random() < 0.2:
                return  # the execution is gone with its function: the reaper takes the steps
        except StoreBusy:
            next_at = self.world.now + 2
        except GreenroomError:
            self.world.attempt(lambda: settle_event(self.event_id, ports))
            return
        if next_at is not None:
            wait_s = max(0.0, min(next_at - self.world.now, 3600))
            self.world.after(wait_s, wait_s + 1, self.take_steps)


class Operators:
    """They come by now and then while times are bad, and clear up when they are good again."""

    def __init__(self, world: World, *, changes_admission: bool) -> None:
        """`changes_admission`: they change who may come, too, and move events whose viewers may wait already."""
        self.world, self.changes_admission = world, changes_admission
        self.event_ids: list[str] = []

    def come_by(self) -> None:
        self.world.after(20, 120, self.come_by)
        chance = self.world.random.random()
        if self.changes_admission and self.world.random.random() < 0.25:
            self._admit()
        if not self.world.has_faults:
            self._resume()
        elif chance < 0.2:
            self._schedule()
        elif chance < 0.32:
            self._edit()
        elif chance < 0.4:
            self._cancel()
        elif chance < 0.5:
            self._drain()
        elif chance < 0.54:
            self._attempt("halt", lambda: halt_pool(POOL, "drill", WHO, self.world.ports))
        else:
            self._resume()

    def _schedule(self) -> None:
        world, rng = self.world, self.world.random
        if len(self.event_ids) >= 3:
            return
        start = world.now + rng.uniform(30, 900)
        token = f"{rng.getrandbits(40):x}"
        lead_s, sessions = rng.choice((60, 300, 600)), rng.randint(1, 5)
        plan = EventPlan(
            pool_id=POOL,
            name="drill",
            start=start,
            end=start + rng.uniform(60, 900),
            time_zone="UTC",
            expected_sessions=sessions,
            lead_s=lead_s,
            pre_queue_s=rng.choice((60, 600)) if self.changes_admission else rng.choice((0, 60)),
            client_token=token,
        )

        def call() -> None:
            scheduled = schedule_event(plan, WHO, world.ports)
            if scheduled.event.event_id not in self.event_ids:
                self.event_ids.append(scheduled.event.event_id)

        self._attempt("event", call)

    def _edit(self) -> None:
        if not self.event_ids:
            return
        rng = self.world.random
        event_id, sessions, later_s = rng.choice(self.event_ids), rng.randint(1, 6), rng.uniform(-60, 300)

        moved_s = rng.choice((-120, 60, 300, 4200)) if self.changes_admission else 0

        def change(before: ScheduledEvent) -> ScheduledEvent:
            start, end = before.start + moved_s, before.end + moved_s + later_s
            return replace(before, expected_sessions=sessions, start=start, end=end)

        self._attempt("event_edit", lambda: edit_event(event_id, change, WHO, self.world.ports))

    def _admit(self) -> None:
        """Mostly around events; all doors are open when times are good again."""
        rng, ports = self.world.random, self.world.ports
        chosen = rng.choices(tuple(Admission), weights=[1, 4, 0.5])[0] if self.world.has_faults else Admission.OPEN
        changed = replace(self.world.memory.applications[POOL], admission=chosen)
        self._attempt("admission", lambda: configure_application(changed, WHO, ports))

    def _cancel(self) -> None:
        if self.event_ids:
            event_id = self.world.random.choice(self.event_ids)
            self._attempt("event_cancel", lambda: cancel_event(event_id, WHO, self.world.ports))

    def _drain(self) -> None:
        rows = sorted(self.world.memory.instance_rows.values(), key=lambda each: each.instance_id)
        serving = [each for each in rows if each.state in (InstanceState.READY, InstanceState.DRAINING)]
        if not serving:
            return
        one = self.world.random.choice(serving)
        if one.state is InstanceState.READY:
            self._attempt("drain", lambda: drain_instance(one.instance_id, WHO, self.world.ports))
        else:
            self._attempt("undrain", lambda: undrain_instance(one.instance_id, WHO, self.world.ports))

    def _resume(self) -> None:
        if self.world.ports.pools.read(POOL).halted is not None:
            self._attempt("resume", lambda: resume_pool(POOL, WHO, self.world.ports))

    def _attempt(self, what: str, call: Callable[[], object]) -> None:
        """A call that died is made again by its caller, most of the time."""
        self.world.counts[what] += 1
        self.world.attempt(call, lambda: self.world.attempt(call))
