"""Release reads before it writes: what changes in between must not be lost, nor done twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from greenroom.aws.slot.slot_rows import slot_row
from greenroom.domain.errors import ViewerLimitReached
from greenroom.domain.session.session import Session, SessionState
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.usecases.line.dispatch_line import assign
from greenroom_lab.memory.slots import free_entry

from tests.builders import NOW
from tests.contracts.houses import DynamoHouse
from tests.contracts.test_claims import draft, ending, queued


@pytest.fixture
def dynamo() -> Iterator[DynamoHouse]:
    with DynamoHouse.on_moto() as built:
        yield built


@pytest.fixture
def session(dynamo: DynamoHouse) -> Session:
    """Ending, its slot still Reserved at epoch 1."""
    slot = dynamo.add_slot("i-00000001", SlotState.FREE)
    dynamo.claims.claim(free_entry(slot), assign(draft(), free_entry(slot), NOW), 1)
    return ending("ses-1", dynamo)


def change_slot(dynamo: DynamoHouse, **fields: object) -> Slot:
    slot = replace(dynamo.slots.get("i-00000001.1"), **fields)  # type: ignore[arg-type]
    dynamo.put(slot_row(slot, 1_767_225_600.0))
    return slot


def test_two_releases_at_once_give_back_once(dynamo: DynamoHouse, session: Session) -> None:
    dynamo.before_next_transaction(lambda: dynamo.claims.release(session, NOW))
    over = dynamo.claims.release(session, NOW)
    assert (over.state, over.version) == (SessionState.ENDED, session.version + 1)
    dynamo.claims.enqueue(queued("ses-2"), 1)
    with pytest.raises(ViewerLimitReached):
        dynamo.claims.enqueue(queued("ses-3"), 1)


def test_a_slot_retired_in_between_stays_retired(dynamo: DynamoHouse, session: Session) -> None:
    dynamo.before_next_transaction(lambda: change_slot(dynamo, state=SlotState.RETIRED))
    assert dynamo.claims.release(session, NOW).state is SessionState.ENDED
    after = dynamo.slots.get("i-00000001.1")
    assert (after.state, after.session_id) == (SlotState.RETIRED, None)


@pytest.mark.parametrize("fields", [{"epoch": 2}, {"session_id": "ses-other"}])
def test_a_slot_that_went_on_in_between_is_left_alone(
    dynamo: DynamoHouse, session: Session, fields: dict[str, object]
) -> None:
    dynamo.before_next_transaction(lambda: change_slot(dynamo, **fields))
    assert dynamo.claims.release(session, NOW).state is SessionState.ENDED
    after = dynamo.slots.get("i-00000001.1")
    assert after == replace(after, state=SlotState.RESERVED, viewer_id="ada", **fields)  # type: ignore[arg-type]


def test_a_slot_retired_under_its_session_never_streams_again_and_fences_nobody(
    dynamo: DynamoHouse, session: Session
) -> None:
    change_slot(dynamo, state=SlotState.RETIRED)
    dynamo.slots.start_streaming("i-00000001.1", session.session_id, 1, NOW)
    assert dynamo.slots.get("i-00000001.1").state is SlotState.RETIRED


def test_a_viewer_uncounted_in_between_is_not_uncounted_again(dynamo: DynamoHouse, session: Session) -> None:
    """The reaper recounts; the release that crosses it must still finish."""
    dynamo.before_next_transaction(lambda: dynamo.uncount("ada"))
    assert dynamo.claims.release(session, NOW).state is SessionState.ENDED
    dynamo.claims.enqueue(queued("ses-2"), 1)
    with pytest.raises(ViewerLimitReached):
        dynamo.claims.enqueue(queued("ses-3"), 1)


def test_two_releases_at_once_of_an_uncounted_session_end_it_once(dynamo: DynamoHouse, session: Session) -> None:
    """Nothing but the session's own state tells the second one."""
    dynamo.uncount("ada")
    change_slot(dynamo, session_id="ses-other")
    dynamo.before_next_transaction(lambda: dynamo.claims.release(session, NOW))
    assert dynamo.claims.release(session, NOW + 9).version == session.version + 1
