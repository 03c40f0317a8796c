"""An instance is being lost: what becomes of each slot, of who is on it, and of a look that dies half-way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from greenroom.domain.errors import Conflict
from greenroom.domain.instance.instance import InstanceState, Notice, NoticeKind
from greenroom.domain.journal import instance as journal
from greenroom.domain.session.session import MOST_MIGRATIONS, Session, SessionState, StatusReason
from greenroom.domain.session.session_view import slot_name
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.ports.session import PendingWait
from greenroom.usecases.instance.evacuate_instance import Evacuation, evacuate_instance
from greenroom.usecases.line.dispatch_line import PICTURE_LINGERS_S
from greenroom.usecases.session.end_session import end_session, leave_session
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom.usecases.session.release_slot import release_slot
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE
from tests.fakes.stage import add_slot, joined, launch, report, slot_of, stage
from tests.fakes.store import all_sessions, change_instance, free_entries, line_of, slots_of, snapshot, the_session

LOST, SPARE = "i-0000000a", "i-0000000b"
K, T, S, I = NoticeKind, SlotState, SessionState, InstanceState  # noqa: E741
LETHAL = [K.SPOT_INTERRUPTION, K.INSTANCE_GONE, K.SILENCE]


def notice(ports: FakePorts, kind: NoticeKind) -> Notice:
    """As it comes now; silence is as old as the last heartbeat."""
    if kind is K.SILENCE:
        return Notice(kind, ports.fleet.get(LOST).heartbeat_at or 0.0)
    return Notice(kind, ports.now(), ports.now() + 120 if kind is K.SPOT_INTERRUPTION else None)


def evacuate(ports: FakePorts, kind: NoticeKind = K.SPOT_INTERRUPTION, after_s: float = 0.0) -> Evacuation:
    """A look, `after_s` later."""
    ports.time += after_s
    return evacuate_instance(LOST, notice(ports, kind), ports)


def house(state: SlotState = T.FREE) -> FakePorts:
    """One instance with one slot, heard just now."""
    ports = stage(0, target_idle=1)
    add_slot(ports, LOST, state)
    ports.fleet.record_heartbeat(LOST, NONCE, ports.now())
    return ports


def reserved() -> FakePorts:
    ports = house()
    joined(ports, launch(ports).session, "page")
    return ports


def streaming() -> FakePorts:
    ports = reserved()
    report(ports, the(ports), slot_of(ports, the(ports)), SlotEvent.CONNECTED, 1)
    return ports


def dropped() -> FakePorts:
    ports = streaming()
    report(ports, the(ports), slot_of(ports, the(ports)), SlotEvent.DISCONNECTED, 1)
    return ports


def moving() -> FakePorts:
    ports = streaming()
    evacuate(ports, K.SPOT_INTERRUPTION)
    return ports


def ending() -> FakePorts:
    ports = streaming()
    end_session(the(ports).session_id, StatusReason.USER_LEFT, ports)
    return ports


def the(ports: FakePorts) -> Session:
    session = the_session(ports)
    return session


def lost_slot(ports: FakePorts) -> Slot:
    return ports.slots.get(f"{LOST}.1")


def state_of(ports: FakePorts) -> InstanceState:
    return ports.fleet.get(LOST).state


HELD = [reserved, streaming, dropped]


# -- every slot state, every kind of notice


@pytest.mark.parametrize("kind", K)
@pytest.mark.parametrize("slot", [T.FREE, T.RESETTING, T.RETIRED])
def test_idle_slots_take_nobody_any_more(slot: SlotState, kind: NoticeKind) -> None:
    ports = house(slot)
    result = evacuate(ports, kind)
    assert (result.done, result.held) == (True, 0)
    assert lost_slot(ports).state is T.RETIRED
    assert not free_entries(ports)
    assert ports.pools.free("demo") == 0
    assert state_of(ports) is (I.DRAINING if kind is K.REBALANCE else I.TERMINATING)
    assert ports.ec2.terminated == ([] if kind is K.REBALANCE else [LOST])
    assert "PoolChanged" in ports.bus.kinds()


@pytest.mark.parametrize("kind", LETHAL)
@pytest.mark.parametrize("begin", HELD)
def test_who_holds_a_slot_gets_a_hot_spare_at_once(begin: Callable[[], FakePorts], kind: NoticeKind) -> None:
    ports = begin()
    before = the(ports)
    ports.sessions.store_wait(before.session_id, PendingWait("end", "token", "arn"))
    add_slot(ports, SPARE, T.FREE)
    evacuate(ports, kind)
    after = the(ports)
    assert after.assignment is not None
    assert before.assignment is not None
    assert (after.state, after.assignment.instance_id, after.migrations) == (S.ASSIGNED, SPARE, 1)
    assert after.assignment.epoch > before.assignment.epoch
    assert slot_of(ports, after).session_id == after.session_id
    assert (lost_slot(ports).state, lost_slot(ports).session_id) == (T.RETIRED, None)
    assert not line_of(ports)
    assert ports.tasks.facts("token") == ["migrated"]
    (moved,) = [each.detail() for each in ports.bus.events if each.detail_type == "SessionMigrated"]
    assert (moved["fromSlotId"], moved["toSlotId"], moved["migrations"]) == (f"{LOST}.1", f"{SPARE}.1", 1)
    told = [each["session"]["state"] for each in ports.socket.to("page", "sessionUpdate")]
    assert told[-2:] == ["Migrating", "Assigned"]


@pytest.mark.parametrize("begin", HELD)
def test_advice_lets_everybody_play_on(begin: Callable[[], FakePorts]) -> None:
    ports = begin()
    add_slot(ports, SPARE, T.FREE)
    before = (the(ports), lost_slot(ports))
    result = evacuate(ports, K.REBALANCE)
    assert (result.done, result.held) == (True, 1)
    assert (the(ports), lost_slot(ports)) == before
    assert (state_of(ports), ports.ec2.terminated) == (I.DRAINING, [])


@pytest.mark.parametrize("begin", HELD)
def test_a_warning_leaves_the_picture_until_another_slot_is_found(begin: Callable[[], FakePorts]) -> None:
    ports = begin()
    held = lost_slot(ports)
    noticed_at = ports.now()
    for _ in range(3):
        result = evacuate(ports, after_s=2)
        assert (result.done, result.held) == (False, 1)
    session = the(ports)
    assert (session.state, session.migrations) == (S.MIGRATING, 1)
    assert session.moving is not None
    assert session.moving.reason is StatusReason.SPOT_INTERRUPTED
    assert session.moving.picture_until == noticed_at + 122
    assert lost_slot(ports) == held
    assert (state_of(ports), ports.ec2.terminated) == (I.INTERRUPTED, [])
    view = ports.socket.to("page", "sessionUpdate")[-1]["session"]
    assert (view["state"], view["place"], view["slot"]["slotId"]) == ("Migrating", 1, slot_name(held.slot_id))
    report(ports, None, add_slot(ports, SPARE, T.RESETTING), SlotEvent.READY)
    assert the(ports).state is S.ASSIGNED
    assert state_of(ports) is I.INTERRUPTED


def test_the_old_picture_lingers_for_the_new_ones_first_frame_and_then_the_instance_ends() -> None:
    ports = streaming()
    add_slot(ports, SPARE, T.FREE)
    assert not evacuate(ports).done
    assert not evacuate(ports, after_s=PICTURE_LINGERS_S - 1).done
    assert ports.ec2.terminated == []
    assert evacuate(ports, after_s=1).done
    assert (state_of(ports), ports.ec2.terminated) == (I.TERMINATING, [LOST])


def test_when_nothing_is_found_the_instance_ends_before_ec2_ends_it_and_the_viewer_waits_on() -> None:
    ports = streaming()
    evacuate(ports)
    ports.time += 109
    assert not evacuate_instance(LOST, Notice(K.SPOT_INTERRUPTION, ports.now()), ports).done
    assert evacuate(ports, after_s=1).done
    assert (the(ports).state, state_of(ports)) == (S.MIGRATING, I.TERMINATING)
    assert (lost_slot(ports).state, lost_slot(ports).session_id) == (T.RETIRED, the(ports).session_id)
    report(ports, None, add_slot(ports, SPARE, T.RESETTING), SlotEvent.READY)
    assert the(ports).state is S.ASSIGNED
    assert lost_slot(ports).session_id is None


@pytest.mark.parametrize("kind", [K.INSTANCE_GONE, K.SILENCE])
@pytest.mark.parametrize("begin", HELD)
def test_an_instance_without_a_picture_ends_at_once_and_its_viewers_wait(
    begin: Callable[[], FakePorts], kind: NoticeKind
) -> None:
    ports = begin()
    assert evacuate(ports, kind).done
    session = the(ports)
    assert (session.state, state_of(ports)) == (S.MIGRATING, I.TERMINATING)
    assert session.moving is not None
    gone = kind is K.INSTANCE_GONE
    assert session.moving.reason is (StatusReason.SPOT_INTERRUPTED if gone else StatusReason.INSTANCE_UNHEALTHY)
    assert session.moving.picture_until is None
    assert (lost_slot(ports).state, lost_slot(ports).session_id) == (T.RETIRED, session.session_id)


@pytest.mark.parametrize("kind", LETHAL)
def test_a_session_that_moves_already_is_not_moved_twice(kind: NoticeKind) -> None:
    ports = moving()
    deadline_at = the(ports).deadline_at
    evacuate(ports, kind, after_s=2)
    assert (the(ports).state, the(ports).migrations, the(ports).deadline_at) == (S.MIGRATING, 1, deadline_at)
    assert state_of(ports) is (I.INTERRUPTED if kind in (K.SPOT_INTERRUPTION, K.SILENCE) else I.TERMINATING)


@pytest.mark.parametrize("kind", K)
def test_a_session_that_ends_goes_on_ending(kind: NoticeKind) -> None:
    ports = ending()
    evacuate(ports, kind)
    assert (the(ports).state, the(ports).status_reason) == (S.ENDING, StatusReason.USER_LEFT)
    release_slot(the(ports).session_id, ports)
    evacuate(ports, kind)
    assert lost_slot(ports).session_id is None
    assert state_of(ports) is (I.DRAINING if kind is K.REBALANCE else I.TERMINATING)


# -- instances elsewhere on their way


@pytest.mark.parametrize("state", [I.STOPPED, I.TERMINATING, I.TERMINATED])
@pytest.mark.parametrize("kind", K)
def test_what_we_do_ourselves_is_no_news(state: InstanceState, kind: NoticeKind) -> None:
    ports = house()
    change_instance(ports, LOST, state=state)
    before = snapshot(ports)
    assert evacuate(ports, kind).done
    assert snapshot(ports) == before
    assert ports.ec2.terminated == []


@pytest.mark.parametrize("state", [I.LAUNCHING, I.BOOTING, I.DRAINING])
def test_an_instance_that_is_lost_before_it_served_or_while_it_drains_ends(state: InstanceState) -> None:
    ports = house(T.RESETTING)
    change_instance(ports, LOST, state=state)
    assert evacuate(ports).done
    assert state_of(ports) is I.TERMINATING


def test_a_draining_instances_players_are_moved_too() -> None:
    ports = streaming()
    evacuate(ports, K.REBALANCE)
    add_slot(ports, SPARE, T.FREE)
    evacuate(ports, K.SPOT_INTERRUPTION)
    assert the(ports).state is S.ASSIGNED
    assert ports.fleet.get(LOST).notice == Notice(K.SPOT_INTERRUPTION, ports.now(), ports.now() + 120)


def test_a_weaker_or_repeated_notice_changes_nothing() -> None:
    ports = moving()
    first = ports.fleet.get(LOST).notice
    evacuate(ports, K.SPOT_INTERRUPTION, after_s=5)
    evacuate(ports, K.REBALANCE)
    assert ports.fleet.get(LOST).notice == first
    assert state_of(ports) is I.INTERRUPTED
    assert len(ports.memory.entries(journal.InstanceNoticed)) == 1


def test_a_heartbeat_in_the_last_moment_saves_a_silent_instance() -> None:
    ports = streaming()
    seen = notice(ports, K.SILENCE)
    ports.time += 46
    ports.fleet.record_heartbeat(LOST, NONCE, ports.now())
    with pytest.raises(Conflict):
        evacuate_instance(LOST, seen, ports)
    assert (state_of(ports), the(ports).state) == (I.READY, S.CONNECTED)


# -- races and cascades


def test_a_claim_that_crosses_the_notice_is_moved_by_the_next_look() -> None:
    ports = house()
    claimed: list[Session] = []

    def claim(step: str) -> None:
        if step == "slots.move" and not claimed:
            claimed.append(launch(ports).session)

    ports.memory.between = claim
    evacuate(ports)
    assert the(ports).assignment is not None
    evacuate(ports, after_s=2)
    assert the(ports).state is S.MIGRATING


def test_a_cascade_ends_after_so_many_moves() -> None:
    ports = streaming()
    for number in range(MOST_MIGRATIONS):
        at = the(ports).assignment
        assert at is not None
        add_slot(ports, f"i-000000c{number}", T.FREE)
        evacuate_instance(at.instance_id, Notice(K.SPOT_INTERRUPTION, ports.now()), ports)
        assert (the(ports).state, the(ports).migrations) == (S.ASSIGNED, number + 1)
    at = the(ports).assignment
    assert at is not None
    add_slot(ports, "i-000000dd", T.FREE)
    evacuate_instance(at.instance_id, Notice(K.SPOT_INTERRUPTION, ports.now()), ports)
    assert (the(ports).state, the(ports).status_reason) == (S.ENDING, StatusReason.SPOT_INTERRUPTED)
    assert ports.slots.get("i-000000dd.1").state is T.FREE


def test_one_who_moves_stands_before_those_who_came_later() -> None:
    ports = streaming()
    ports.time += 30
    later = launch(ports, "bob", "t2").session
    assert later.state is S.QUEUED
    evacuate_instance(LOST, Notice(K.SPOT_INTERRUPTION, ports.now()), ports)
    report(ports, None, add_slot(ports, SPARE, T.RESETTING), SlotEvent.READY)
    states = {each.viewer_id: each.state for each in all_sessions(ports)}
    assert states == {"ada": S.ASSIGNED, "bob": S.QUEUED}


def test_leaving_while_moving_gives_back_slot_and_place() -> None:
    ports = moving()
    leave_session(the(ports).session_id, "ada", ports)
    assert not line_of(ports)
    release_slot(the(ports).session_id, ports)
    assert the(ports).status_reason is StatusReason.USER_LEFT
    assert lost_slot(ports).session_id is None
    assert evacuate(ports, after_s=2).done


def test_a_move_never_outlasts_the_longest_session() -> None:
    ports = streaming()
    ends_by = the(ports).ends_by
    assert ends_by is not None
    evacuate_instance(LOST, Notice(K.SPOT_INTERRUPTION, ports.now()), ports)
    assert the(ports).deadline_at == ends_by < ports.now() + the(ports).limits.placement_timeout_s
    ports.time = ends_by - 1
    report(ports, None, add_slot(ports, SPARE, T.RESETTING), SlotEvent.READY)
    assert (the(ports).state, the(ports).deadline_at) == (S.ASSIGNED, ends_by)


# -- what it costs


def test_the_waste_is_one_line_of_the_ledger() -> None:
    ports = streaming()
    evacuate(ports)
    ports.time += 110
    for _ in range(2):
        evacuate_instance(LOST, Notice(K.SPOT_INTERRUPTION, ports.now()), ports)
    (waste,) = ports.memory.entries(journal.LedgerEntry)
    assert waste.entities == ("LEDGER#2027-01-15",)
    assert (waste.line, waste.instance_id, waste.seconds) == ("interruptionWaste", LOST, 110)
    assert float(waste.usd or 0) == pytest.approx(110 * 0.503 / 3600, abs=1e-6)
    assert waste.price_source.startswith("estimate")


# -- a look that dies


class Crash(Exception):
    """The process is gone."""


class Dying:
    """A port whose calls are counted; the one before which the process dies raises."""

    def __init__(self, port: Any, count: Callable[[], None]) -> None:
        self._port, self._count = port, count

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def called(*given: Any, **named: Any) -> Any:
            self._count()
            return method(*given, **named)

        return called


PORTS = [
    "sessions",
    "line",
    "claims",
    "slots",
    "pools",
    "fleet",
    "journal",
    "tasks",
    "bus",
    "socket",
    "ec2",
]


def dies_at(ports: FakePorts, call: int) -> bool:
    """One look that dies before its `call`-th call of a port; whether it came so far."""
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Crash

    whole = {name: getattr(ports, name) for name in PORTS}
    for name, port in whole.items():
        setattr(ports, name, Dying(port, count))
    try:
        evacuate(ports)
    except Crash:
        return True
    finally:
        for name, port in whole.items():
            setattr(ports, name, port)
    return False


@pytest.mark.parametrize("spare", [True, False])
def test_a_look_that_dies_anywhere_is_finished_by_the_next(spare: bool) -> None:
    for call in range(1, 200):
        ports = streaming()
        ports.sessions.store_wait(the(ports).session_id, PendingWait("end", "token", "arn"))
        if spare:
            add_slot(ports, SPARE, T.FREE)
        died = dies_at(ports, call)
        evacuate(ports, after_s=2)
        session = the(ports)
        holders = [each.slot_id for each in slots_of(ports) if each.session_id == session.session_id]
        assert session.assignment is not None
        assert holders == [session.assignment.slot_id], call
        assert (session.state, session.migrations) == (S.ASSIGNED if spare else S.MIGRATING, 1), call
        assert bool(line_of(ports)) is not spare
        assert ports.tasks.facts("token") == ["migrated"], call
        evacuate(ports, after_s=110)
        assert (state_of(ports), ports.ec2.terminated[0]) == (I.TERMINATING, LOST), call
        if not died:
            return
    raise AssertionError("the look never came to its end")
