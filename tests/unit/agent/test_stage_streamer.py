"""A streamer that loses its signalling while its process runs, and the ICE servers that each player gets."""

from collections.abc import Callable
from typing import Any

import pytest
from greenroom_agent.control_plane.api_messages import Join, SlotState
from greenroom_agent.control_plane.report import Report
from greenroom_agent.slot.stage import Stage
from greenroom_agent.slot.stage_actions import (
    ConnectPlayer,
    DisconnectPlayer,
    ResetApplication,
)

from tests.unit.agent.stages import SLOT, join, playing_stage, ready_stage, truth


def test_a_free_slot_without_its_streamer_is_not_ready_until_it_is_back() -> None:
    stage = ready_stage()
    assert stage.streamer_lost() == [Report("notReady", 0, None, 0)]
    assert stage.streamer_lost() == [], "told once"
    assert stage.observe(truth(0, SlotState.RESETTING)) == [], "not ready, whoever asks"
    assert stage.application.value == "starting", "as the heartbeat says"
    assert stage.application_ready() == [Report("ready", 0, None, 0)]


def test_a_viewer_who_comes_while_the_streamer_is_away_is_shown_in_when_it_is_back() -> None:
    stage = ready_stage()
    stage.streamer_lost()
    stage.observe(truth(1, SlotState.RESERVED, "ses-1"))  # claimed before the control plane heard of it
    assert stage.join(join(1, 1)) == []
    assert stage.application_ready() == [ConnectPlayer(1)]


def test_a_returning_streamer_is_told_the_present_player_again() -> None:
    stage = playing_stage()
    assert stage.streamer_lost() == [], "the session goes on: its picture may still flow"
    assert stage.is_current("ses-1", 1, 1), "the page may go on speaking"
    assert stage.application_ready() == [ConnectPlayer(1, is_again=True)]
    assert stage.peer_connected(1) == []
    assert stage.peer_disconnected(1, "gone") == [Report("disconnected", 1, "ses-1", 1, "gone")]


def test_a_page_that_joins_anew_while_the_streamer_is_away_is_the_one_that_it_hears_of() -> None:
    stage = playing_stage()
    stage.streamer_lost()
    assert stage.join(join(1, 2))[-1] == DisconnectPlayer(1)
    assert stage.application_ready() == [ConnectPlayer(2)]


def test_the_fence_sends_a_player_off_also_while_the_streamer_is_away() -> None:
    stage = playing_stage()
    stage.observe(truth(1, SlotState.STREAMING, "ses-1"))
    stage.streamer_lost()
    stage.fence()
    assert stage.lift_fence() == [ResetApplication()]
    stage.application_started()
    assert stage.application_ready() == [], "its page joins anew, if the session is still here"


def test_a_streamer_that_never_came_back_costs_its_viewer_the_session() -> None:
    stage = playing_stage()
    stage.streamer_lost()
    assert stage.application_exited("its streamer did not come back")[0] == Report(
        "exited", 1, "ses-1", 1, "its streamer did not come back"
    )
    stage.application_started()
    assert stage.application_ready() == [], "nobody is let into the next process before the control plane says so"


def test_a_claimed_slot_that_nobody_joined_yet_says_nothing_of_its_streamer() -> None:
    stage = ready_stage()
    stage.observe(truth(1, SlotState.RESERVED, "ses-1"))
    assert stage.streamer_lost() == []
    assert stage.application_ready() == []
    assert stage.join(join(1, 1)) == [ConnectPlayer(1)]


@pytest.mark.parametrize("quiet", [lambda s: s.fence(), lambda s: s.observe(truth(0, SlotState.RETIRED))])
def test_where_no_application_may_run_a_lost_streamer_is_no_news(quiet: Callable[..., Any]) -> None:
    stage = ready_stage()
    quiet(stage)
    assert stage.streamer_lost() == []


def test_the_session_that_ends_while_its_streamer_is_away_leaves_a_reset() -> None:
    stage = playing_stage()
    stage.streamer_lost()
    assert stage.observe(truth(1, SlotState.RESETTING)) == [DisconnectPlayer(1), ResetApplication()]


# -- the way to the page: ICE servers of this join alone

RELAY = {"urls": ["turn:x"], "username": "1:ses-1", "credential": "never told"}


def test_each_player_gets_the_ice_servers_of_its_own_join_also_when_the_application_is_not_ready_yet() -> None:
    stage = Stage(SLOT, 0)
    assert stage.join(Join(SLOT, "ses-1", 1, 1, ice_servers=(RELAY,))) == []
    assert stage.application_ready() == [ConnectPlayer(1, (RELAY,))]
    again = Join(SLOT, "ses-1", 1, 2, ice_servers=())
    assert stage.join(again) == [DisconnectPlayer(1), ConnectPlayer(2, ())]


def test_a_late_join_and_the_next_session_change_nothing_of_the_credentials() -> None:
    stage = ready_stage()
    stage.join(Join(SLOT, "ses-1", 1, 2, ice_servers=(RELAY,)))
    assert stage.join(Join(SLOT, "ses-1", 1, 1, ice_servers=({"urls": ["turn:old"]},))) == []
    stage.observe(truth(1, SlotState.RESETTING))
    stage.application_started()
    stage.application_ready()
    assert stage.join(join(2, 1)) == [ConnectPlayer(1)]


def test_what_is_logged_of_a_join_holds_no_credential() -> None:
    joined = Join(SLOT, "ses-1", 1, 1, ice_servers=(RELAY,))
    assert RELAY["credential"] not in f"{joined} {ready_stage().join(joined)}"
