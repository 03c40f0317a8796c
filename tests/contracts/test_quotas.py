"""Quotas on every store: parallel launches stop at the limit, counters equal a recount, whatever died in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from greenroom.aws import clients
from greenroom.aws.quota.quotas import DynamoQuotas
from greenroom.aws.session.live_sessions import DynamoLiveSessions
from greenroom.aws.session.quota_counters import DynamoQuotaCounters
from greenroom.domain.errors import (
    DuplicateLaunch,
    GreenroomError,
    IllegalTransition,
    QuotaExceeded,
    ViewerLimitReached,
)
from greenroom.domain.quota.quota import ACCOUNT_NAME, KillSwitch, Quota, Quotas, Scope, day_of
from greenroom.domain.session.session import Session, SessionMove, SessionState, StatusReason, sources_of
from greenroom.domain.slot.slot import FreeSlot, SlotState
from greenroom.usecases.line.dispatch_line import assign
from greenroom_lab.memory.slots import free_entry

from tests.builders import NOW
from tests.contracts.houses import KINDS, DynamoHouse, MemoryHouse
from tests.contracts.test_claims import draft, queued

NO_LIMIT = Quotas()
DAY = day_of(NOW)


class QuotaHouse(DynamoHouse):
    """Both tables of quotas beside those of claims."""

    def __init__(self, sessions_table: str, fleet_table: str) -> None:
        super().__init__(sessions_table, fleet_table)
        self.quotas = DynamoQuotas(fleet_table)  # the Catalog is keyed alike
        self.quota_counters = DynamoQuotaCounters(sessions_table)
        self.live_sessions = DynamoLiveSessions(sessions_table)


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryHouse()
        return
    with QuotaHouse.on_moto(KINDS[request.param]) as built:
        yield built


NONE = Quota()


def limited(tenant: Quota = NONE, account: Quota = NONE, viewer: Quota = NONE) -> Quotas:
    return Quotas(viewer=viewer, tenant=tenant, account=account)


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    """What each of so many parallel calls answered, or was refused with."""
    start, answers = threading.Barrier(number), [None] * number

    def run(index: int) -> None:
        start.wait()
        try:
            answers[index] = work(index)
        except GreenroomError as refusal:
            answers[index] = refusal

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


def over(session: Session, house: Any, played_s: float = 0) -> Session:
    """It ends and is given back; it may have played before."""
    if played_s:
        move = SessionMove(to=SessionState.CONNECTED, at=NOW + 1, sources=sources_of(SessionState.CONNECTED))
        house.sessions.move(session.session_id, move)
    end = SessionMove(
        to=SessionState.ENDING,
        at=NOW + played_s,
        sources=sources_of(SessionState.ENDING),
        status_reason=StatusReason.USER_LEFT,
    )
    ended: Session = house.claims.release(house.sessions.move(session.session_id, end), NOW + played_s + 1)
    return ended


def live(house: Any, name: str) -> int:
    found: int = house.quota_counters.used(name, DAY).live
    return found


def recount(house: Any) -> None:
    """Every counter equals what the rows of the sessions say."""
    counted = list(house.quota_counters.list_counted())
    assert live(house, ACCOUNT_NAME) == len(counted)
    for tenant in {"acme", *(each.tenant_id for each in counted)}:
        own = [each for each in counted if each.tenant_id == tenant]
        assert live(house, f"TENANT#{tenant}") == len(own)
    for viewer in {each.viewer_id for each in counted}:
        own_ids = {each.session_id for each in counted if each.viewer_id == viewer}
        assert house.quota_counters.live_of_viewer(viewer) == own_ids


# -- at once


def test_fifty_launches_of_one_viewer_at_once_are_one_session(house: Any) -> None:
    answers = at_once(50, lambda n: house.claims.enqueue(queued(f"ses-{n:02}"), 1, NO_LIMIT))
    (launched,) = [each for each in answers if isinstance(each, Session)]
    refused = [each for each in answers if isinstance(each, ViewerLimitReached)]
    assert {each.session_id for each in refused} == {launched.session_id}
    assert len(refused) == 49
    recount(house)


@pytest.mark.parametrize(
    "quotas",
    [
        pytest.param(limited(tenant=Quota(10)), id="concurrent sessions of the tenant"),
        pytest.param(limited(tenant=Quota(None, 10)), id="sessions a day of the tenant"),
        pytest.param(limited(account=Quota(10)), id="concurrent sessions of the account"),
        pytest.param(limited(Quota(10), Quota(10, 12)), id="all together"),
    ],
)
def test_fifty_viewers_at_once_are_as_many_as_the_limit(house: Any, quotas: Quotas) -> None:
    answers = at_once(50, lambda n: house.claims.enqueue(queued(f"ses-{n:02}", f"viewer{n}"), 1, quotas))
    assert sum(isinstance(each, Session) for each in answers) == 10
    assert sum(isinstance(each, QuotaExceeded) for each in answers) == 40
    recount(house)


def test_fifty_claims_at_once_on_enough_slots_are_as_many_as_the_limit(house: Any) -> None:
    frees = [free_entry(house.add_slot(f"i-{n:08x}", SlotState.FREE)) for n in range(1, 21)]

    def launch(number: int) -> Session:
        free = frees[number % 20]
        session = replace(draft(f"ses-{number:02}", f"viewer{number}"), client_token=f"t{number}")
        claimed: Session = house.claims.claim(free, assign(session, free, NOW), 1, limited(tenant=Quota(10))).session
        return claimed

    answers = at_once(50, launch)
    assert sum(isinstance(each, Session) for each in answers) <= 10
    recount(house)
    for number in range(50, 70):  # those that lost a slot and not the quota try again
        at_once(1, lambda _, n=number: launch(n))  # type: ignore[misc]
    assert live(house, "TENANT#acme") == 10
    recount(house)
    held = [house.slots.get(each.slot_id).session_id for each in frees]
    assert sum(each is not None for each in held) == 10


def test_a_days_sessions_of_a_viewer_are_counted_for_each_application(house: Any) -> None:
    quotas = limited(viewer=Quota(sessions_per_day=2))
    for number in range(2):
        over(house.claims.enqueue(queued(f"ses-{number}"), 1, quotas), house)
    with pytest.raises(QuotaExceeded) as refused:
        house.claims.enqueue(queued("ses-2"), 1, quotas)
    assert (refused.value.scope, refused.value.limit) == ("viewer-day", 2)
    assert refused.value.try_again_at > NOW
    house.claims.enqueue(replace(queued("ses-3"), application_id="other"), 1, quotas)
    tomorrow = queued("ses-4", viewer="ada", at=NOW + 86400)
    assert house.claims.enqueue(tomorrow, 2, quotas).session_id == "ses-4"


def test_a_limit_of_none_at_all_lets_nobody_in(house: Any) -> None:
    with pytest.raises(QuotaExceeded):
        house.claims.enqueue(queued(), 1, limited(tenant=Quota(0)))
    assert list(house.quota_counters.list_counted()) == []


# -- which refusal, and that nothing is left of it


def test_a_refused_launch_leaves_no_trace(house: Any) -> None:
    free = free_entry(house.add_slot("i-00000001", SlotState.FREE))
    house.claims.enqueue(queued("ses-1", "bob"), 1, limited(tenant=Quota(1)))
    with pytest.raises(QuotaExceeded) as refused:
        house.claims.claim(free, assign(draft("ses-2"), free, NOW), 1, limited(tenant=Quota(1)))
    assert (refused.value.scope, refused.value.name, refused.value.limit) == ("tenant", "concurrentSessions", 1)
    assert house.quota_counters.live_of_viewer("ada") == frozenset()
    assert house.slots.get(free.slot_id).state is SlotState.FREE
    recount(house)


def test_another_tenant_is_not_limited_by_this_one(house: Any) -> None:
    house.claims.enqueue(queued("ses-1", "bob"), 1, limited(tenant=Quota(1)))
    other = replace(queued("ses-2", "eve"), tenant_id="globex")
    assert house.claims.enqueue(other, 1, limited(tenant=Quota(1))).tenant_id == "globex"
    recount(house)


def test_a_repeated_token_and_a_viewers_own_session_are_told_before_any_quota(house: Any) -> None:
    full = limited(Quota(1))
    house.claims.enqueue(queued("ses-1"), 1, full)
    with pytest.raises(DuplicateLaunch):
        house.claims.enqueue(replace(queued("ses-2"), client_token="ses-1"), 1, full)
    with pytest.raises(ViewerLimitReached) as refused:
        house.claims.enqueue(queued("ses-3"), 1, full)
    assert refused.value.session_id == "ses-1"


# -- again, and given back


def test_a_launch_whose_reply_was_lost_is_counted_once(house: Any) -> None:
    first = house.claims.enqueue(queued(), 1, limited(Quota(5)))
    assert house.claims.enqueue(queued(), 1, limited(Quota(5))) == first
    assert (live(house, "TENANT#acme"), live(house, ACCOUNT_NAME)) == (1, 1)
    assert house.quota_counters.used("TENANT#acme", DAY).sessions == 1
    recount(house)


def test_a_release_gives_back_once_and_adds_the_gpu_time_once(house: Any) -> None:
    free = free_entry(house.add_slot("i-00000001", SlotState.FREE))
    session = house.claims.claim(free, assign(draft(), free, NOW), 1, limited(Quota(1))).session
    assert set(session.quota_shards) == {"tenant", "account"}
    ended = over(session, house, played_s=90)
    for _ in range(3):
        assert house.claims.release(ended, NOW + 500).state is SessionState.ENDED
    for name in ("TENANT#acme", ACCOUNT_NAME):
        used = house.quota_counters.used(name, DAY)
        assert (used.live, used.sessions, used.gpu_seconds) == (0, 1, 90)
    assert house.quota_counters.gpu_seconds(Scope.TENANT, "TENANT#acme", DAY) == 90
    assert house.quota_counters.gpu_seconds(Scope.ACCOUNT, ACCOUNT_NAME, DAY) == 90
    assert house.quota_counters.gpu_seconds(Scope.VIEWER_DAY, "VIEWER#ada#demo", DAY) == 90
    assert house.claims.enqueue(queued("ses-2"), 1, limited(Quota(1))).session_id == "ses-2"


def test_releases_at_once_give_back_once(house: Any) -> None:
    launched = [house.claims.enqueue(queued(f"ses-{n}", f"viewer{n}"), 1, limited(Quota(4))) for n in range(4)]
    answers = at_once(12, lambda n: over(launched[n % 4], house))
    assert len([each for each in answers if isinstance(each, Session)]) >= 4
    assert (live(house, "TENANT#acme"), live(house, ACCOUNT_NAME)) == (0, 0)


# -- what operators set


def test_quotas_are_kept_and_the_kill_switch_beside_them(house: Any) -> None:
    assert house.quotas.of_tenant("acme") == Quota()
    house.quotas.save_tenant("acme", Quota(10, 20, 30))
    assert house.quotas.of_tenant("acme") == Quota(10, 20, 30)
    house.quotas.save_tenant("acme", Quota(sessions_per_day=0))
    assert house.quotas.of_tenant("acme") == Quota(sessions_per_day=0)
    assert list(house.quotas.tenant_ids()) == ["acme"]
    thrown = KillSwitch("bad build", NOW, "op")
    assert [house.quotas.throw(thrown), house.quotas.throw(KillSwitch("later", NOW, "op2"))] == [True, False]
    house.quotas.save_account(Quota(gpu_minutes_per_day=5))
    account = house.quotas.of_account()
    assert (account.quota, account.kill_switch) == (Quota(gpu_minutes_per_day=5), thrown)
    assert [house.quotas.clear(), house.quotas.clear()] == [True, False]
    assert house.quotas.of_account().kill_switch is None


# -- the recount's corrections


def test_a_correction_is_made_only_on_what_was_seen(house: Any) -> None:
    house.claims.enqueue(queued(), 1, NO_LIMIT)
    (seen,) = house.quota_counters.live_shards("TENANT#acme")
    house.quota_counters.doubt("TENANT#acme", seen, 1)
    (doubted,) = house.quota_counters.live_shards("TENANT#acme")
    assert doubted == replace(seen, doubt=1)
    outdated = replace(doubted, live=7)
    assert not house.quota_counters.correct("TENANT#acme", outdated, 1)
    assert house.quota_counters.correct("TENANT#acme", doubted, 1)
    assert live(house, "TENANT#acme") == 0
    assert house.quota_counters.live_shards("TENANT#acme")[0].doubt is None


def test_a_viewers_counter_is_corrected_by_the_sessions_own_row(house: Any) -> None:
    session = house.claims.enqueue(queued(), 1, NO_LIMIT)
    assert not house.quota_counters.correct_viewer("ada", "ses-1")  # counted, and not over: right
    assert not house.quota_counters.correct_viewer("ada", "ses-9")  # not there, not counted: right
    over(session, house)
    assert not house.quota_counters.correct_viewer("ada", "ses-1")


@pytest.mark.parametrize(
    ("desc", "named", "corrected"),
    [
        ("a session that never was", {"ses-9"}, "ses-9"),
        ("one that is over", {"ses-1"}, "ses-1"),
        ("one too many", {"ses-2", "ses-9"}, "ses-9"),
    ],
)
def test_a_viewers_counter_that_names_too_much_is_put_right_once(
    house: Any, desc: str, named: set[str], corrected: str
) -> None:
    over(house.claims.enqueue(queued("ses-1"), 1, NO_LIMIT), house)
    house.claims.enqueue(queued("ses-2"), 1, NO_LIMIT)
    house.miscount("ada", *named)
    answers = at_once(4, lambda _: house.quota_counters.correct_viewer("ada", corrected))
    assert sorted(answers) == [False, False, False, True], desc
    assert house.quota_counters.live_of_viewer("ada") == named - {corrected}


def test_a_viewers_counter_that_lacks_a_running_session_is_put_right_once(house: Any) -> None:
    house.claims.enqueue(queued(), 1, NO_LIMIT)
    house.miscount("ada")
    answers = at_once(4, lambda _: house.quota_counters.correct_viewer("ada", "ses-1"))
    assert sorted(answers) == [False, False, False, True]
    with pytest.raises(ViewerLimitReached):
        house.claims.enqueue(queued("ses-2"), 1, NO_LIMIT)
    recount(house)


def test_whoever_was_let_in_after_a_correction_is_counted_once(house: Any) -> None:
    house.miscount("ada", "ses-9")
    with pytest.raises(ViewerLimitReached) as refused:
        house.claims.enqueue(queued(), 1, NO_LIMIT)
    assert refused.value.session_id == "ses-9"
    assert house.quota_counters.correct_viewer("ada", "ses-9")
    house.claims.enqueue(queued(), 1, NO_LIMIT)
    with pytest.raises(ViewerLimitReached):
        house.claims.enqueue(queued("ses-2"), 1, NO_LIMIT)
    recount(house)


# -- a process that dies


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing may catch its own death."""


@contextmanager
def dying(moment: str, at_call: int) -> Iterator[list[str]]:
    """Dies before its n-th call of DynamoDB leaves, or after it was done and before the reply came. Yields calls."""
    calls: list[str] = []

    def count(model: Any, **_: Any) -> None:
        calls.append(model.name)
        if len(calls) == at_call + 1:
            raise Crash

    events = clients.dynamodb().meta.events
    events.register(f"{moment}.dynamodb", count)
    try:
        yield calls
    finally:
        events.unregister(f"{moment}.dynamodb", count)


def live_once(house: Any, number: int, free: FreeSlot | None) -> None:
    """From launch to release; what was done already is found done."""
    session, quotas = queued(f"ses-{number}", "ada"), limited(Quota(1, 10_000), Quota(1), Quota(None, 10_000))
    if free is not None:
        drawn = replace(draft(f"ses-{number}", "ada"), client_token=f"ses-{number}")
        house.claims.claim(free, assign(drawn, free, NOW), 1, quotas)
    else:
        house.claims.enqueue(session, 1, quotas)
    end = SessionMove(to=SessionState.ENDING, at=NOW + 60, sources=sources_of(SessionState.ENDING))
    with suppress(IllegalTransition):
        house.sessions.move(session.session_id, end)
    house.claims.release(session, NOW + 60)


@pytest.mark.parametrize("with_slot", [False, True], ids=["in line", "with a slot"])
@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_session_that_dies_at_any_call_and_is_taken_up_again_counts_once(moment: str, with_slot: bool) -> None:
    with QuotaHouse.on_moto() as house:
        for number in range(100):
            slot = house.add_slot(f"i-{number + 1:08x}", SlotState.FREE) if with_slot else None
            free = free_entry(slot) if slot else None
            try:
                with dying(moment, number) as calls:
                    live_once(house, number, free)
                died = False
            except Crash:
                died = True
            recount(house)  # whatever was left half-done, the counters fit it
            live_once(house, number, free)
            used = house.quota_counters.used("TENANT#acme", DAY)
            assert (used.live, used.sessions) == (0, number + 1), f"{moment} {number}: {calls[-1]}"
            assert used.gpu_seconds == (60 * (number + 1) if with_slot else 0)
            recount(house)
            if not died:
                break
        assert 6 <= number < 99
        assert calls.count("TransactWriteItems") == 2
