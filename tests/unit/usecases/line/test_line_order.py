"""Who is served when: random arrivals in several tiers, on the use cases themselves."""

from __future__ import annotations

from random import Random

import pytest
from greenroom.domain.line.line import PLACE_KEPT_S
from greenroom.domain.session.session import Moving, Session, SessionState, StatusReason
from greenroom.domain.slot.slot import SlotState
from greenroom.usecases.line.dispatch_line import dispatch_line
from greenroom.usecases.reaper.reconcile_sessions import reconcile_session
from greenroom.usecases.session.end_session import leave_session
from greenroom.usecases.session.request_session import SessionAnswer, SessionRequest, request_session
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.stage import add_slot, joined, launch, stage
from tests.fakes.store import all_sessions, change_pool

TIERS = {"standard": 0, "vip": 300, "crew": 60}


def tiered(slots: int = 0) -> FakePorts:
    ports = stage(slots)
    change_pool(ports, tiers=TIERS)
    return ports


def come(ports: FakePorts, viewer: str, tier: str = "standard") -> SessionAnswer:
    groups = frozenset({"viewers", f"tier-{tier}"})
    return request_session(SessionRequest(viewer, "acme", "demo", "t", groups), ports)


def serve_one(ports: FakePorts, number: int) -> str:
    """Who gets the next slot that comes free."""
    before = {each.session_id for each in all_sessions(ports) if each.assignment}
    add_slot(ports, f"i-{number:08x}", SlotState.FREE)
    dispatch_line("demo", ports)
    (served,) = (each for each in all_sessions(ports) if each.assignment and each.session_id not in before)
    return served.session_id


@pytest.mark.parametrize("seed", range(20))
def test_random_arrivals_are_served_in_order_within_a_tier_and_nobody_starves(seed: int) -> None:
    rng, ports = Random(seed), tiered()
    waiting: list[str] = []
    served, number = 0, 0
    for number in range(60):
        ports.time += rng.uniform(0, 40)
        session = come(ports, f"v{number}", rng.choice(list(TIERS))).session
        waiting.append(session.session_id)
        if rng.random() < 0.4:
            _check_served(ports, waiting, number)
            served += 1
    for more in range(number + 1, number + 1 + len(waiting)):
        _check_served(ports, waiting, more)
        served += 1
    assert (served, waiting) == (60, [])


def _check_served(ports: FakePorts, waiting: list[str], number: int) -> None:
    session_id = serve_one(ports, number)
    waiting.remove(session_id)
    served = ports.sessions.get(session_id)
    for other in (ports.sessions.get(each) for each in waiting):
        if other.tier == served.tier:
            assert other.requested_at >= served.requested_at, "overtaken within a tier"
        assert served.requested_at - other.requested_at <= TIERS[served.tier] - TIERS[other.tier] or (
            served.requested_at <= other.requested_at
        ), "overtaken by more than the head start"


def test_a_tier_goes_first_and_only_so_far() -> None:
    ports = tiered()
    early = come(ports, "ada").session
    ports.time += 299
    within = come(ports, "vip1", "vip")
    ports.time += 2
    beyond = come(ports, "vip2", "vip")
    assert (within.place, beyond.place, ports.line.place_of(early)) == (1, 3, 2)
    assert [serve_one(ports, n) for n in (1, 2, 3)] == [
        within.session.session_id,
        early.session_id,
        beyond.session.session_id,
    ]


def test_a_pool_without_tiers_serves_everybody_alike() -> None:
    ports = stage(0)
    early = launch(ports, "ada").session
    ports.time += 1
    assert come(ports, "bob", "vip").session.tier == "standard"
    assert serve_one(ports, 1) == early.session_id


def test_a_session_that_moves_keeps_its_order() -> None:
    ports = tiered(1)
    moving = come(ports, "vip1", "vip").session
    ports.time += 100
    come(ports, "ada")
    moved = ports.claims.migrate(moving, Moving(ports.now(), None, StatusReason.SPOT_INTERRUPTED), ports.now() + 500)
    assert ports.line.place_of(moved) == 1
    ticket = ports.line.head("demo")
    assert ticket is not None
    assert (ticket.session_id, ticket.order_at) == (moving.session_id, moving.requested_at - 300)


def test_cancel_frees_the_place_at_once() -> None:
    ports = tiered()
    first, second = come(ports, "vip1", "vip").session, come(ports, "ada")
    assert second.place == 2
    leave_session(first.session_id, "vip1", ports)
    assert ports.line.place_of(second.session) == 1
    assert ports.line.length("demo") == 1
    assert ports.sessions.get(first.session_id).state is SessionState.ENDING


# -- a place whose page went away


def test_a_place_is_kept_for_five_minutes_and_then_given_up() -> None:
    ports = tiered()
    gone, here = come(ports, "ada").session, come(ports, "bob").session
    joined(ports, here, "page-bob")
    ports.time += PLACE_KEPT_S
    reconcile_session(gone.session_id, ports)
    assert ports.sessions.get(gone.session_id).state is SessionState.QUEUED
    ports.time += 1
    for each in (gone, here):
        reconcile_session(each.session_id, ports)
    over = ports.sessions.get(gone.session_id)
    assert (over.state, over.status_reason) == (SessionState.ENDING, StatusReason.CANCELLED)
    assert ports.sessions.get(here.session_id).state is SessionState.QUEUED
    assert ports.line.place_of(here) == 1


def test_the_five_minutes_begin_anew_each_time_the_page_goes_away() -> None:
    ports = tiered()
    session = come(ports, "ada").session
    for number in range(3):
        ports.time += PLACE_KEPT_S - 10
        joined(ports, session, f"page-{number}")
        ports.time += 5
        reconcile_session(session.session_id, ports)
        close(ports, session, f"page-{number}")
    assert ports.sessions.get(session.session_id).state is SessionState.QUEUED


def test_a_page_that_comes_back_while_the_reaper_decides_keeps_the_place() -> None:
    ports = tiered()
    session = come(ports, "ada").session
    ports.time += PLACE_KEPT_S + 1

    def back(step: str) -> None:
        if step == "sessions.move":
            ports.memory.between = lambda _: None
            joined(ports, session, "page-1")

    ports.memory.between = back
    reconcile_session(session.session_id, ports)
    assert ports.sessions.get(session.session_id).state is SessionState.QUEUED


def test_a_slot_is_never_given_up_for_a_page_that_is_away() -> None:
    """The connection timeout, and later the reconnect window, decide about those."""
    ports = tiered(1)
    session = come(ports, "ada").session
    assert session.page_gone_at is None
    joined(ports, session, "page-1")
    close(ports, session, "page-1")
    assert ports.sessions.get(session.session_id).page_gone_at == ports.now()
    ports.time += 100
    reconcile_session(session.session_id, ports)
    assert ports.sessions.get(session.session_id).state is SessionState.ASSIGNED


def close(ports: FakePorts, session: Session, connection_id: str) -> None:
    assert ports.sessions.forget_connection(session.session_id, connection_id, ports.now())
