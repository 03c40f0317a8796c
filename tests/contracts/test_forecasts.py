"""What every store must keep of a forecast: the last one told, the first one shown, and who waits for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from greenroom.domain.errors import NotFound
from greenroom.domain.session.eta import Eta, EtaShown
from greenroom.domain.slot.slot import SlotState
from greenroom.ports.line import LineTicket
from greenroom.usecases.line.dispatch_line import assign
from greenroom_lab.memory.slots import free_entry

from tests.builders import NOW
from tests.contracts.houses import House
from tests.contracts.test_claims import draft, queued

ETA = Eta(2, NOW + 60.25, NOW + 200.5, "1 ahead", NOW + 1)


def test_the_first_forecast_stays_and_the_last_one_is_known(house: House) -> None:
    session = house.claims.enqueue(queued(), 1)
    later = replace(ETA, place=1, p90=NOW + 90, at=NOW + 11)
    assert house.sessions.record_eta("ses-1", ETA)
    assert house.sessions.record_eta("ses-1", later)
    after = house.sessions.get("ses-1")
    assert (after.eta, after.eta_shown) == (later, EtaShown(NOW + 60.25, NOW + 200.5, NOW + 1))
    assert after.version == session.version


def test_who_does_not_wait_is_shown_nothing(house: House) -> None:
    free = free_entry(house.add_slot("i-00000001", SlotState.FREE))
    house.claims.claim(free, assign(draft(), free, NOW), 1)
    assert not house.sessions.record_eta("ses-1", ETA)
    assert not house.sessions.record_eta("ses-none", ETA)
    assert house.sessions.get("ses-1").eta is None
    with pytest.raises(NotFound):
        house.sessions.get("ses-none")


def test_a_forecast_goes_along_when_the_slot_comes(house: House) -> None:
    """It is judged then."""
    house.claims.enqueue(queued(), 1)
    house.sessions.record_eta("ses-1", ETA)
    slot = house.add_slot("i-00000001", SlotState.FREE)
    wanted = assign(house.sessions.get("ses-1"), slot, NOW + 30)
    after = house.claims.hand_over(house.line.head("demo"), slot, wanted).session
    assert after.eta_shown == EtaShown(NOW + 60.25, NOW + 200.5, NOW + 1)


def test_the_nearest_come_in_order(house: House) -> None:
    for number, name in enumerate(("ses-c", "ses-a", "ses-b")):
        house.claims.enqueue(queued(name, viewer=name, at=NOW + number), 1)
    assert list(house.line.nearest("demo", 2)) == [
        LineTicket("demo", "ses-c", NOW),
        LineTicket("demo", "ses-a", NOW + 1),
    ]
    assert list(house.line.nearest("elsewhere", 2)) == []


def test_a_slot_says_since_when_its_session_holds_one(house: House) -> None:
    slot = house.add_slot("i-00000001", SlotState.FREE)
    house.claims.claim(free_entry(slot), assign(draft(), free_entry(slot), NOW + 7), 1)
    assert house.slots.get(slot.slot_id).taken_at == NOW + 7
    house.slots.start_streaming(slot.slot_id, "ses-1", 1, NOW + 20)
    assert house.slots.get(slot.slot_id).taken_at == NOW + 7
