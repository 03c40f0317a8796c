"""What deadlines, leases and schedules bring about. The scenarios run side by side (`long_waits`)."""

from __future__ import annotations

import pytest

from tests.integration import long_waits
from tests.integration.house import House

pytestmark = pytest.mark.slow

IN_PARALLEL = (
    long_waits.agent_killed,
    long_waits.machine_hangs,
    long_waits.spot_is_taken,
    long_waits.warm_instance_starts,
    long_waits.viewer_vanishes,
    long_waits.viewer_never_connects,
)


@pytest.fixture(scope="module", autouse=True)
def begun(house: House) -> None:
    for scenario in IN_PARALLEL:
        house.begin(scenario)


async def test_a_killed_agents_viewer_is_moved_and_the_instance_replaced(house: House) -> None:
    view = await house.result(long_waits.agent_killed)
    assert (view["state"], view["migrations"], view["moving"]) == ("Connected", 1, None)


async def test_a_hanging_machine_is_left_like_a_dead_one(house: House) -> None:
    assert (await house.result(long_waits.machine_hangs))["migrations"] == 1


async def test_a_warned_viewer_moves_to_the_spare_and_the_instance_ends_in_time(house: House) -> None:
    told = await house.result(long_waits.spot_is_taken)
    print(f"moved after {told['moved_s']:.1f} s, gone after {told['gone_s']:.0f} s")
    assert (told["same"], told["migrations"]) == (True, 1)
    assert told["gone_s"] < 120


async def test_a_warm_instance_is_stopped_started_and_serves(house: House) -> None:
    stopped, ready = await house.result(long_waits.warm_instance_starts)
    assert stopped == ready


async def test_a_vanished_viewer_is_waited_for_and_then_ended(house: House) -> None:
    assert await house.result(long_waits.viewer_vanishes) == ["Disconnected", "Ended", "reconnectionTimeout"]


async def test_a_viewer_who_never_connects_gives_the_slot_back(house: House) -> None:
    assert await house.result(long_waits.viewer_never_connects) == "connectionTimeout"


async def test_units_that_no_session_holds_are_found_by_two_recounts_and_can_be_taken_again(house: House) -> None:
    """Begun with the platform (tests/conftest.py), because it takes minutes of waiting."""
    assert await house.result(long_waits.miscount_is_corrected) == [429, 202]


async def test_an_event_two_minutes_ahead_raises_the_free_slots_and_returns_them(house: House) -> None:
    """Begun with the platform (tests/conftest.py), because it takes three minutes of waiting."""
    early_s = await house.result(long_waits.event_is_warmed)
    print(f"warm {early_s:.0f} s before the start")
    assert early_s > 0
