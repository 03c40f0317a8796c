"""The line: oldest first, nobody waits beside a free slot."""

from __future__ import annotations

import pytest
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.line.dispatch_line import dispatch_line
from greenroom.usecases.line.publish_slot import publish_slot
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.record_slot_event import SlotEvent

from tests.builders import a_place
from tests.fakes.stage import add_slot, launch, report, stage
from tests.fakes.store import all_sessions, change_instance, free_entries, line_of, miscount_free, put, the_slot


def test_a_ready_slot_goes_to_the_head_of_the_line_before_anyone_can_claim_it() -> None:
    ports = stage(0)
    first = launch(ports, "ada").session
    ports.time += 1
    launch(ports, "bob")
    slot = add_slot(ports, "i-00000001", SlotState.RESETTING)
    seen: list[str] = []
    ports.memory.between = seen.append
    report(ports, None, slot, SlotEvent.READY)
    assigned = ports.sessions.get(first.session_id)
    assert (assigned.state, assigned.deadline_at) == (SessionState.ASSIGNED, ports.now() + 120)
    assert ports.slots.get(slot.slot_id).epoch == 1
    assert "claims.publish" not in seen
    assert len(line_of(ports)) == 1


def test_with_an_empty_line_a_ready_slot_is_free_for_all() -> None:
    ports = stage(1, SlotState.RESETTING)
    slot = the_slot(ports)
    after = report(ports, None, slot, SlotEvent.READY)
    assert after.state is SlotState.FREE
    assert [each.slot_id for each in free_entries(ports)] == [slot.slot_id]


def test_those_who_left_the_line_are_passed_over() -> None:
    ports = stage(0)
    gone, here = launch(ports, "ada").session, launch(ports, "bob").session
    leave_session(gone.session_id, "ada", ports)
    put(ports, a_place(gone))  # as if the removal was lost
    add_slot(ports, "i-00000001", SlotState.FREE)
    assert dispatch_line("demo", ports) == 1
    assert ports.sessions.get(here.session_id).state is SessionState.ASSIGNED
    assert not line_of(ports)


@pytest.mark.parametrize("occurrence", range(3))
def test_a_viewer_who_joins_while_a_slot_is_published_never_waits_beside_it(occurrence: int) -> None:
    """The crossing: the slot's side looks at the line, then publishes; the viewer's side looks for slots, then joins.

    The viewer's whole launch is run at each step of the publication.
    """
    ports = stage(1, SlotState.RESETTING)
    slot = the_slot(ports)
    seen = {"count": 0}

    def interleave(name: str) -> None:
        seen["count"] += 1
        if seen["count"] == occurrence + 1:
            ports.memory.between = lambda _: None
            launch(ports, "ada")

    ports.memory.between = interleave
    publish_slot(slot, ports)
    states = [each.state for each in all_sessions(ports)]
    assert states == [SessionState.ASSIGNED]


@pytest.mark.parametrize("occurrence", range(24))
def test_a_slot_published_while_a_viewer_joins_the_line_is_never_left_beside_them(occurrence: int) -> None:
    """The same crossing from the other side: the whole publication is run at each step of the launch."""
    ports = stage(1, SlotState.RESETTING)
    miscount_free(ports, 1)  # wrong: the launch searches first, and has more steps to cross
    slot = the_slot(ports)
    seen = {"count": 0}

    def interleave(name: str) -> None:
        seen["count"] += 1
        if seen["count"] == occurrence + 1:
            ports.memory.between = lambda _: None
            publish_slot(slot, ports)

    ports.memory.between = interleave
    launch(ports, "ada")
    assert seen["count"] > occurrence, "the launch has fewer steps: nothing was published"
    states = [each.state for each in all_sessions(ports)]
    assert states == [SessionState.ASSIGNED]


def test_a_slot_of_an_instance_that_takes_no_more_sessions_is_retired() -> None:
    ports = stage(0)
    waiting = launch(ports, "ada").session
    slot = add_slot(ports, "i-00000001", SlotState.RESETTING)
    change_instance(ports, "i-00000001", state=InstanceState.INTERRUPTED)
    assert report(ports, None, slot, SlotEvent.READY).state is SlotState.RETIRED
    assert ports.sessions.get(waiting.session_id).state is SessionState.QUEUED
