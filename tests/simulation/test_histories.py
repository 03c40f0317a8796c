"""Seeded histories hold what must hold, and the checker sees it when a port does not keep its promise."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
from greenroom.domain.session.session import Session, StatusReason
from greenroom.domain.slot.slot import FreeSlot, SlotState
from greenroom.domain.slot.slot_move import SlotMove
from greenroom.ports.line import LineTicket
from greenroom.usecases.event.schedule_event import EventPlan, schedule_event
from greenroom_lab.memory.claims import MemoryClaims
from greenroom_lab.memory.journal import MemoryOrphans
from greenroom_lab.memory.line import MemoryLine
from greenroom_lab.memory.sessions import MemoryLiveSessions
from greenroom_lab.simulation.histories import INJECTED, main
from greenroom_lab.simulation.history import REST_WITHIN_S, History, Sabotage, Told
from greenroom_lab.simulation.world import Rates, World

from tests.architecture.reading import ROOT
from tests.fakes.store import all_sessions

PARTS, HISTORIES = 2, 30
"""Sixty histories in each run, in halves that two processes can tell side by side."""
MET = 40


def first_seed() -> int:
    """Changes with the commit, so that each run tries what no run tried before; 1 where there is no git."""
    said = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return 1 if said.returncode else 1 + int(said.stdout[:6], 16)


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_held_twice_leaked_or_overdue_in_histories_of_this_commit(part: int) -> None:
    """Each seed that fails is named; `python -m greenroom_lab.simulation.histories --seed N --count 1` replays it."""
    first = first_seed() + part * HISTORIES
    told = [History(seed).tell() for seed in range(first, first + HISTORIES)]
    print(f"seeds {first} to {first + HISTORIES - 1}")
    assert {each.seed: each.found for each in told if not each.found.is_clean} == {}


def test_every_kind_of_fault_is_met_often() -> None:
    """In histories that are always the same: how often is a matter of chance."""
    told = [History(seed).tell() for seed in range(1, MET + 1)]
    assert {each.seed: each.found for each in told if not each.found.is_clean} == {}
    injected: Counter[str] = sum((each.counts for each in told), Counter())
    assert injected["quota_exceeded"] > MET / 4
    assert injected["served_at_event"] >= MET / 8, "every fourth history has pre-queues"
    assert [kind for kind in INJECTED if injected[kind] < MET / 4] == []


def test_conflicts_alone_end_no_session() -> None:
    """Ten times as many as in the other histories, and no other fault: nobody is thrown out of line or off a slot."""
    quiet = Rates(**{each.name: 0.0 for each in fields(Rates)} | {"conflict": 0.1})
    reasons: Counter[StatusReason | None] = Counter()
    for seed in range(1, 11):
        history = History(seed, rates=quiet)
        told = history.tell()
        assert told.found.is_clean, f"seed {seed}: {told.found}"
        assert told.counts["conflict"] > 20
        reasons.update(each.status_reason for each in all_sessions(history.world.ports))
    assert sum(reasons.values()) > 100
    assert not reasons[StatusReason.INTERNAL_ERROR]


def test_a_seed_replays_its_history() -> None:
    first, again = History(7).tell(), History(7).tell()
    assert (first.counts, first.acts, first.virtual_s) == (again.counts, again.acts, again.virtual_s)


def test_nothing_is_settled_while_an_announced_loss_is_still_to_strike() -> None:
    idle = next(each for each in map(History, range(1, 100)) if (each.wanted, each.warm) == (0, 0))
    idle.checker.last_pass_at = idle.world.now
    assert idle.rests()
    idle.warn("i-1")
    assert not idle.rests()
    while idle.losses_to_come:
        idle.world.step()
    assert idle.rests()


def test_an_event_that_was_put_off_has_the_time_to_take_place() -> None:
    history = History(1)
    now = history.world.now
    assert history.rest_by() == now + REST_WITHIN_S
    plan = EventPlan("demo", "drill", now + 9000, now + 9600, "UTC", 1, 600, 0, client_token="token")
    schedule_event(plan, "operator", history.world.ports)
    assert history.rest_by() == now + 9600 + REST_WITHIN_S


class UnconditionalClaims(MemoryClaims):
    """A claim that takes whatever it once saw free, whoever holds it now."""

    def __init__(self, memory: Any) -> None:
        super().__init__(memory)
        self.seen: dict[str, FreeSlot] = {}

    def free_page(self, pool_id: str, application_id: str, shard: int, start: str, limit: int) -> Sequence[FreeSlot]:
        page = super().free_page(pool_id, application_id, shard, start, limit)
        self.seen.update((each.slot_id, each) for each in page)
        return [each for each in self.seen.values() if each.shard == shard][:limit]

    def _take(self, moves: Sequence[SlotMove]) -> None:
        taken, rows = moves[0], self.memory.slot_rows
        rows[taken.slot_id] = replace(rows[taken.slot_id], state=SlotState.FREE, epoch=taken.epoch)
        super()._take(moves)


class ForgetfulSessions(MemoryLiveSessions):
    """A reaper that is shown no session."""

    def list_ids(self, limit: int) -> Sequence[str]:
        return ()


class ForgetfulLine(MemoryLine):
    """A line that shows nobody who waits for an event."""

    def held_back(self, pool_id: str, now: float) -> Sequence[LineTicket]:
        return ()


class ForgetfulOrphans(MemoryOrphans):
    """A reaper that sees every orphan for the first time, for ever."""

    def first_seen(self, instance_id: str, now: float) -> float:
        return now


class ForgetfulClaims(MemoryClaims):
    """A release that forgets to give the units back."""

    def release(self, session: Session, now: float) -> Session:
        before = {key: dict(row) for key, row in self.memory.quota_rows.items()}
        released = super().release(session, now)
        self.memory.quota_rows.update(before)
        return released


def _forgotten_units(world: World) -> None:
    world.ports.claims = ForgetfulClaims(world.memory)


def _unconditional_claims(world: World) -> None:
    world.ports.claims = UnconditionalClaims(world.memory)


def _forgotten_sessions(world: World) -> None:
    world.ports.live_sessions = ForgetfulSessions(world.memory)


def _believed_lists(world: World) -> None:
    """Asking by id shows no more than the lists do."""
    ec2, find = world.ports.ec2, world.ports.ec2.find
    ec2.find = lambda instance_id: find(instance_id) if ec2.is_shown(instance_id) else None


def _forgotten_pre_queue(world: World) -> None:
    world.ports.line = ForgetfulLine(world.memory)


def _forgotten_orphans(world: World) -> None:
    world.ports.orphans = ForgetfulOrphans(world.ports.fleet_rows)


@pytest.mark.parametrize(
    ("sabotage", "broken"),
    [
        pytest.param(_unconditional_claims, lambda told: told.found.double_held, id="a claim without its condition"),
        pytest.param(_forgotten_sessions, lambda told: told.found.overdue, id="sessions the reaper never sees"),
        pytest.param(_forgotten_pre_queue, lambda told: told.found.overdue, id="a pre-queue nobody looks after"),
        pytest.param(_forgotten_units, lambda told: told.found.other, id="units that are never given back"),
        pytest.param(_believed_lists, lambda told: told.found.other, id="a list that is believed"),
        pytest.param(_forgotten_orphans, lambda told: told.found.leaked, id="orphans that are never old enough"),
    ],
)
def test_the_checker_sees_a_broken_promise(sabotage: Sabotage, broken: Callable[[Told], set[str]]) -> None:
    assert any(broken(History(seed, sabotage).tell()) for seed in range(1, 81))


def test_the_last_line_is_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "3", "--count", "2", "--processes", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "histories=2 double_held=0 leaked=0 overdue=0"
