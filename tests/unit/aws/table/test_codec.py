"""What is written into a row is read out of it again, and a row that is not whole says what it lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from enum import Enum, StrEnum
from types import NoneType
from typing import Any, get_args, get_origin

import pytest
from greenroom.aws.event.event_rows import event_of, event_row
from greenroom.aws.instance.instance_rows import instance_of, instance_row
from greenroom.aws.instance.launch_rows import launch_of, launch_row
from greenroom.aws.pool.catalog_rows import application_of, application_row, pool_of, pool_row
from greenroom.aws.session.session_rows import place_key, place_key_of, place_row, session_of, session_row
from greenroom.aws.slot.slot_rows import free_of, free_row, slot_of, slot_row
from greenroom.aws.table.codec import BrokenRow, decoded, encoded, required
from greenroom.aws.table.values import item, plain
from greenroom.domain.event.scheduled_event import EventReservation, ScheduledEvent
from greenroom.domain.instance.instance import Instance
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import Cooldown
from greenroom.domain.pool.pool import Application, Halt, Pool
from greenroom.domain.quota.quota import AccountQuota, Quota
from greenroom.domain.session.eta import Eta, EtaShown
from greenroom.domain.session.session import Moving, Session, SessionState, SlotAssignment
from greenroom.domain.session.session_length import SessionLength
from greenroom.domain.shape import field_types, selected
from greenroom.domain.slot.slot import FreeSlot, Slot
from greenroom.domain.socket.connection import AgentConnection, Connection, Ticket
from greenroom.ports.line import LineTicket
from greenroom.ports.quota import CountedSession, ShardCount
from hypothesis import given, settings
from hypothesis import strategies as st

ROWS = (
    Session, Slot, FreeSlot, Instance, Launch, Application, Pool, ScheduledEvent, Cooldown, LineTicket,
    Ticket, Connection, AgentConnection, Quota, AccountQuota, ShardCount, CountedSession,
)  # fmt: skip
PARTS = (Eta, EtaShown, Moving, SlotAssignment, EventReservation, Halt, SessionLength)
"""What is written on its own into a row of something else."""
OF_THEIR_OWN: Mapping[type, tuple[Any, Any]] = {
    Session: (session_row, session_of),
    Slot: (lambda slot: slot_row(slot, 1.5), slot_of),
    Instance: (instance_row, instance_of),
    Launch: (launch_row, launch_of),
    Application: (application_row, application_of),
    Pool: (pool_row, pool_of),
    ScheduledEvent: (event_row, event_of),
}
"""Class -> what makes its whole item, and the inverse."""
TIMES = st.integers(0, 4_000_000_000_000).map(lambda ms: ms / 1000)
"""Rows keep milliseconds."""
WHOLE = st.integers(-(10**12), 10**12)
SLOT_IDS = st.integers(1, 999).map(lambda number: f"i-0abc.{number}")


def values(kind: Any, field: str = "") -> st.SearchStrategy[Any]:
    """Any value of this type; what is no slot id has no place among slots."""
    origin, inner = get_origin(kind), get_args(kind)
    if NoneType in inner:
        return st.one_of(st.none(), *(values(each, field) for each in inner if each is not NoneType))
    if is_dataclass(kind):
        return st.builds(kind, **{name: values(each, name) for name, each in field_types(kind).items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if origin is tuple:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if origin is frozenset:
        return st.frozensets(values(inner[0]))
    if origin is Mapping:
        return st.dictionaries(st.text(max_size=8), values(inner[1]), max_size=3)
    if field == "slot_id":
        return SLOT_IDS
    plain_kinds: Mapping[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=12), bool: st.booleans(), int: WHOLE, float: TIMES,
    }  # fmt: skip
    return plain_kinds[inner[0] if origin is not None else kind]


def stored(row: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from DynamoDB, with what others wrote beside it."""
    return {**plain(item(row)), "somethingElse": {"of": "a later day"}}


@pytest.mark.parametrize("kind", [*ROWS, *PARTS])
def test_what_is_written_is_read(kind: type) -> None:
    @settings(max_examples=30, deadline=None)
    @given(values(kind))
    def holds(value: Any) -> None:
        assert decoded(kind, stored(encoded(value))) == value

    holds()


@pytest.mark.parametrize("kind", OF_THEIR_OWN)
def test_a_whole_item_is_read_as_what_it_was_made_of(kind: type) -> None:
    row_of, value_of = OF_THEIR_OWN[kind]

    @settings(max_examples=30, deadline=None)
    @given(values(kind))
    def holds(value: Any) -> None:
        assert value_of(stored(row_of(value))) == value

    holds()


@settings(max_examples=30, deadline=None)
@given(values(Slot))
def test_a_free_entry_tells_what_a_claim_needs(slot: Slot) -> None:
    assert free_of(stored(free_row(slot))) == selected(FreeSlot, slot)


@pytest.mark.parametrize("kind", [*ROWS, *PARTS])
def test_an_attribute_that_is_missing_is_named(kind: type) -> None:
    @settings(max_examples=3, deadline=None)
    @given(values(kind))
    def holds(value: Any) -> None:
        for name in required(kind):
            row = {"pk": "ROW#1", "sk": "META", **stored(encoded(value))}
            del row[name]
            with pytest.raises(BrokenRow, match=re.escape(f"{kind.__name__} ROW#1 META has no {name}")):
                decoded(kind, row)

    holds()


def test_a_broken_part_is_named_with_its_row() -> None:
    with pytest.raises(BrokenRow, match="AccountQuota ACCOUNT META: killSwitch: KillSwitch has no by"):
        decoded(AccountQuota, {"pk": "ACCOUNT", "sk": "META", "killSwitch": {"reason": "night", "at": 1}})
    with pytest.raises(BrokenRow, match="Moving: reason: 'bored' is not a valid StatusReason"):
        decoded(Moving, {"since": 1.0, "reason": "bored"})


@given(st.floats(0, 4e9), st.none() | st.floats(0, 4e9))
def test_a_place_in_line_keeps_its_key_through_both_rows(requested_at: float, order_at: float | None) -> None:
    """Its key is made of a time that rows round: whoever leaves the line must find what whoever joined it wrote."""
    names = ("ses-1", "ada", "acme", "demo", "demo", "click")
    session = Session(*names, SessionState.QUEUED, requested_at, deadline_at=0.0, order_at=order_at)
    ticket = decoded(LineTicket, stored(place_row(session)))
    key = place_row(session)["sk"]
    assert place_key_of(session_of(stored(session_row(session)))) == key
    assert place_key(ticket.order_at, ticket.session_id) == key


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Painted:
    """A type of each kind."""

    first_colour: Colour
    drying_time_s: float
    price_usd: float | None
    others: frozenset[Colour] = frozenset()
    coats: tuple[int, ...] = (1,)


def test_names_follow_one_rule_and_units_keep_their_underscore() -> None:
    row = encoded(Painted(Colour.RED, 2.5, None, frozenset({Colour.RED})))
    assert row == {"firstColour": "red", "dryingTime_s": 2.5, "price_usd": None, "others": ["red"], "coats": [1]}
    assert set(stored(row)) == {"firstColour", "dryingTime_s", "others", "coats", "somethingElse"}, "None is left out"
    assert required(Painted) == {"firstColour", "dryingTime_s"}


@dataclass(frozen=True, slots=True)
class Ambiguous:
    colour: str | None = "red"


@dataclass(frozen=True, slots=True)
class Unruly:
    when: complex


def test_a_class_that_cannot_be_read_back_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Ambiguous\.colour: None is left out of rows"):
        decoded(Ambiguous, {})
    with pytest.raises(TypeError, match=r"complex.* has no rule"):
        encoded(Unruly(1j))
