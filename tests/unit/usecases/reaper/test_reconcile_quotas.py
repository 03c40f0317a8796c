"""The recount: wrong counters are put right, right ones are left alone, and nothing is decided on one look."""

from __future__ import annotations

from greenroom.domain.journal.quota import QuotaRecounted
from greenroom.domain.quota.quota import ACCOUNT_NAME, Quota
from greenroom.domain.session.session import StatusReason
from greenroom.usecases.reaper.reconcile_quotas import is_recount_due, reconcile_quotas
from greenroom.usecases.reaper.repairs import Repairs
from greenroom.usecases.session.end_session import end_session
from greenroom_lab.memory.ports import FakePorts

from tests.fakes.stage import launch, stage
from tests.fakes.store import all_sessions, counted_for, miscount_units, miscount_viewer, touch_units

TENANT = "TENANT#acme"


def busy() -> FakePorts:
    """Two sessions of a tenant whose use is limited, some time ago."""
    ports = stage(2)
    ports.quotas.save_tenant("acme", Quota(concurrent_sessions=5))
    launch(ports, "ada")
    launch(ports, "bob")
    ports.time += 60
    return ports


def recount(ports: FakePorts, after_s: float = 60) -> None:
    repairs = Repairs([])
    reconcile_quotas(repairs.attempt, ports)
    repairs.finish()
    ports.time += after_s


def lives(ports: FakePorts) -> dict[str, int]:
    return {name: ports.quota_counters.used(name, "").live for name in (TENANT, ACCOUNT_NAME)}


def spoil(ports: FakePorts, name: str, change: int) -> None:
    """As if somebody had edited the table: one shard of it."""
    miscount_units(ports, name, change)


def test_counters_that_are_right_stay_and_nothing_is_written_down() -> None:
    ports = busy()
    for _ in range(3):
        recount(ports)
    assert lives(ports) == {TENANT: 2, ACCOUNT_NAME: 2}
    assert not ports.memory.entries(QuotaRecounted)


def test_a_wrong_counter_is_corrected_when_two_recounts_agree_and_written_down() -> None:
    for change in (3, -1):
        ports = busy()
        spoil(ports, TENANT, change)
        recount(ports)
        assert lives(ports)[TENANT] == 2 + change  # one look decides nothing
        recount(ports)
        assert lives(ports) == {TENANT: 2, ACCOUNT_NAME: 2}
        (written,) = ports.memory.entries(QuotaRecounted)
        assert written.entities == (f"QUOTA#{TENANT}",)
        assert (written.before or 0) - (written.after or 0) == change


def test_two_recounts_that_differ_decide_nothing() -> None:
    ports = busy()
    spoil(ports, TENANT, 1)
    recount(ports)
    spoil(ports, TENANT, 1)
    recount(ports)
    assert lives(ports)[TENANT] == 4
    recount(ports)
    assert lives(ports)[TENANT] == 2


def test_a_doubt_that_went_away_is_forgotten() -> None:
    ports = busy()
    spoil(ports, ACCOUNT_NAME, 1)
    recount(ports)
    spoil(ports, ACCOUNT_NAME, -1)
    recount(ports)
    spoil(ports, ACCOUNT_NAME, 1)
    recount(ports)
    assert lives(ports)[ACCOUNT_NAME] == 3
    recount(ports)
    assert lives(ports)[ACCOUNT_NAME] == 2


def test_what_changed_a_moment_ago_is_left_for_later() -> None:
    """The index may not show yet what the counter counts."""
    ports = busy()
    ports.quota_counters.list_counted = list  # type: ignore[method-assign]
    touch_units(ports)
    for _ in range(3):
        recount(ports, after_s=10)
    assert lives(ports) == {TENANT: 2, ACCOUNT_NAME: 2}


def test_a_tenant_without_any_live_session_is_recounted_too() -> None:
    ports = busy()
    for session in all_sessions(ports):
        end_session(session.session_id, StatusReason.USER_LEFT, ports)
        ports.claims.release(ports.sessions.get(session.session_id), ports.now())
    spoil(ports, TENANT, 4)
    ports.time += 60
    recount(ports)
    recount(ports)
    assert lives(ports)[TENANT] == 0


def test_a_viewers_counter_is_put_right_at_once_both_ways() -> None:
    ports = busy()
    (session_id,) = counted_for(ports, "ada")
    miscount_viewer(ports, "ada", "ses-gone")
    recount(ports)
    assert counted_for(ports, "ada") == {session_id}


def test_the_recount_comes_in_one_of_six_passes() -> None:
    at = 1_800_000_000.0
    assert sum(is_recount_due(at + 10 * number) for number in range(60)) == 10
