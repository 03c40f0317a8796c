"""A streamer that loses its signalling while its process runs, and the ICE servers that each player gets."""

from collections.abc import Callable
from typing import Any

import pytest
from greenroom_agent.control_plane.api_messages import Join, SlotState
from greenroom_agent.control_plane.report import Report
from greenroom_agent.slot.occupancy import Occupancy
from greenroom_agent.slot.occupancy_actions import (
    ConnectPlayer,
    DisconnectPlayer,
    ResetApplication,
)

from tests.unit.agent.occupancies import SLOT, join, playing_occupancy, ready_occupancy, truth


def test_a_free_slot_without_its_streamer_is_not_ready_until_it_is_back() -> None:
    occupancy = ready_occupancy()
    assert occupancy.streamer_lost() == [Report("notReady", 0, None, 0)]
    assert occupancy.streamer_lost() == [], "told once"
    assert occupancy.observe(truth(0, SlotState.RESETTING)) == [], "not ready, whoever asks"
    assert occupancy.application.value == "starting", "as the heartbeat says"
    assert occupancy.application_ready() == [Report("ready", 0, None, 0)]


def test_a_viewer_who_comes_while_the_streamer_is_away_is_shown_in_when_it_is_back() -> None:
    occupancy = ready_occupancy()
    occupancy.streamer_lost()
    occupancy.observe(truth(1, SlotState.RESERVED, "ses-1"))  # claimed before the control plane heard of it
    assert occupancy.join(join(1, 1)) == []
    assert occupancy.application_ready() == [ConnectPlayer(1)]


def test_a_returning_streamer_is_told_the_present_player_again() -> None:
    occupancy = playing_occupancy()
    assert occupancy.streamer_lost() == [], "the session goes on: its picture may still flow"
    assert occupancy.is_current("ses-1", 1, 1), "the page may go on speaking"
    assert occupancy.application_ready() == [ConnectPlayer(1, is_again=True)]
    assert occupancy.peer_connected(1) == []
    assert occupancy.peer_disconnected(1, "gone") == [Report("disconnected", 1, "ses-1", 1, "gone")]


def test_a_page_that_joins_anew_while_the_streamer_is_away_is_the_one_that_it_hears_of() -> None:
    occupancy = playing_occupancy()
    occupancy.streamer_lost()
    assert occupancy.join(join(1, 2))[-1] == DisconnectPlayer(1)
    assert occupancy.application_ready() == [ConnectPlayer(2)]


def test_the_fence_sends_a_player_off_also_while_the_streamer_is_away() -> None:
    occupancy = playing_occupancy()
    occupancy.observe(truth(1, SlotState.STREAMING, "ses-1"))
    occupancy.streamer_lost()
    occupancy.fence()
    assert occupancy.lift_fence() == [ResetApplication()]
    occupancy.application_started()
    assert occupancy.application_ready() == [], "its page joins anew, if the session is still here"


def test_a_streamer_that_never_came_back_costs_its_viewer_the_session() -> None:
    occupancy = playing_occupancy()
    occupancy.streamer_lost()
    assert occupancy.application_exited("its streamer did not come back")[0] == Report(
        "exited", 1, "ses-1", 1, "its streamer did not come back"
    )
    occupancy.application_started()
    assert occupancy.application_ready() == [], "nobody is let into the next process before the control plane says so"


def test_a_claimed_slot_that_nobody_joined_yet_says_nothing_of_its_streamer() -> None:
    occupancy = ready_occupancy()
    occupancy.observe(truth(1, SlotState.RESERVED, "ses-1"))
    assert occupancy.streamer_lost() == []
    assert occupancy.application_ready() == []
    assert occupancy.join(join(1, 1)) == [ConnectPlayer(1)]


@pytest.mark.parametrize("quiet", [lambda s: s.fence(), lambda s: s.observe(truth(0, SlotState.RETIRED))])
def test_where_no_application_may_run_a_lost_streamer_is_no_news(quiet: Callable[..., Any]) -> None:
    occupancy = ready_occupancy()
    quiet(occupancy)
    assert occupancy.streamer_lost() == []


def test_the_session_that_ends_while_its_streamer_is_away_leaves_a_reset() -> None:
    occupancy = playing_occupancy()
    occupancy.streamer_lost()
    assert occupancy.observe(truth(1, SlotState.RESETTING)) == [DisconnectPlayer(1), ResetApplication()]


# -- the way to the page: ICE servers of this join alone

RELAY = {"urls": ["turn:x"], "username": "1:ses-1", "credential": "never told"}


def test_each_player_gets_the_ice_servers_of_its_own_join_also_when_the_application_is_not_ready_yet() -> None:
    occupancy = Occupancy(SLOT, 0)
    assert occupancy.join(Join(SLOT, "ses-1", 1, 1, ice_servers=(RELAY,))) == []
    assert occupancy.application_ready() == [ConnectPlayer(1, (RELAY,))]
    again = Join(SLOT, "ses-1", 1, 2, ice_servers=())
    assert occupancy.join(again) == [DisconnectPlayer(1), ConnectPlayer(2, ())]


def test_a_late_join_and_the_next_session_change_nothing_of_the_credentials() -> None:
    occupancy = ready_occupancy()
    occupancy.join(Join(SLOT, "ses-1", 1, 2, ice_servers=(RELAY,)))
    assert occupancy.join(Join(SLOT, "ses-1", 1, 1, ice_servers=({"urls": ["turn:old"]},))) == []
    occupancy.observe(truth(1, SlotState.RESETTING))
    occupancy.application_started()
    occupancy.application_ready()
    assert occupancy.join(join(2, 1)) == [ConnectPlayer(1)]


def test_what_is_logged_of_a_join_holds_no_credential() -> None:
    joined = Join(SLOT, "ses-1", 1, 1, ice_servers=(RELAY,))
    assert RELAY["credential"] not in f"{joined} {ready_occupancy().join(joined)}"
