"""What a test places in memory stands as the transactions of the ports would have left it."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import DuplicateLaunch
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import SlotState

from tests.builders import a_session, a_slot, an_event, an_instance
from tests.fakes.stage import stage
from tests.fakes.store import change, counted_for, events, free_count, is_free, line_of, put, remove, snapshot


def test_a_free_slot_as_if_it_had_been_published() -> None:
    placed, published = stage(0), stage(0)
    put(placed, an_instance(), a_slot())
    put(published, an_instance(), a_slot(state=SlotState.RESETTING))
    published.claims.publish(a_slot(), published.now())
    assert snapshot(placed) == snapshot(published)


def test_a_waiting_session_as_if_it_had_joined_the_line() -> None:
    placed, joined = stage(0), stage(0)
    put(placed, a_session())
    joined.claims.enqueue(a_session(), 1)
    assert snapshot(placed) == snapshot(joined)
    for ports in (placed, joined):
        with pytest.raises(DuplicateLaunch):
            ports.claims.enqueue(a_session("ses-2", client_token=a_session().client_token), 5)


def test_what_follows_from_a_value_goes_with_it() -> None:
    ports = stage(0)
    slot, session = a_slot(), a_session()
    put(ports, slot, session, an_event())
    put(ports, slot, session)  # again: counted once
    assert (is_free(ports, slot), free_count(ports), len(line_of(ports))) == (True, 1, 1)
    change(ports, slot, state=SlotState.RESERVED)
    change(ports, session, state=SessionState.ENDED)
    assert (is_free(ports, slot), free_count(ports), line_of(ports)) == (False, 0, [])
    assert counted_for(ports, "ada") == set()
    remove(ports, *events(ports))
    assert (events(ports), ports.events.list_ids()) == ([], ["evt-1"])


def test_an_older_reading_is_changed_as_it_stands_now() -> None:
    ports = stage(0)
    seen = a_session()
    put(ports, seen)
    change(ports, seen, order_at=seen.requested_at - 60)
    assert [each.order_at for each in line_of(ports)] == [seen.requested_at - 60]
    assert change(ports, seen, tier="vip").order_at == seen.requested_at - 60
