"""Who may occupy a slot: epochs fence holders, joinNumbers fence pages, and nothing of the last viewer stays."""

from collections.abc import Callable
from typing import Any

import pytest
from greenroom_agent.control_plane.api_messages import SlotState
from greenroom_agent.control_plane.report import Report
from greenroom_agent.slot.occupancy_actions import (
    Action,
    ConnectPlayer,
    DisconnectPlayer,
    Linger,
    ResetApplication,
    StopApplication,
)

from tests.unit.agent.occupancies import join, playing_occupancy, ready_occupancy, truth


def test_a_join_may_come_before_the_hint_that_the_slot_is_taken() -> None:
    occupancy = ready_occupancy()
    assert occupancy.join(join(1, 1)) == [ConnectPlayer(1)]
    assert occupancy.observe(truth(1, SlotState.RESERVED, "ses-1")) == []
    assert occupancy.is_current("ses-1", 1, 1)


def test_a_repeated_or_older_join_changes_nothing() -> None:
    occupancy = playing_occupancy()
    assert occupancy.join(join(1, 1)) == []
    assert occupancy.join(join(1, 0)) == []
    assert occupancy.join(join(0, 9)) == []


def test_a_new_join_sends_the_older_page_off() -> None:
    occupancy = playing_occupancy()
    assert occupancy.join(join(1, 2)) == [
        Report("disconnected", 1, "ses-1", 2, "another page joined"),
        DisconnectPlayer(1),
        ConnectPlayer(2),
    ]
    assert not occupancy.is_current("ses-1", 1, 1)
    assert occupancy.peer_disconnected(1, "late goodbye") == []
    assert occupancy.peer_connected(2) == [Report("connected", 1, "ses-1", 2)]


def test_a_join_of_another_session_under_the_same_epoch_is_refused() -> None:
    occupancy = playing_occupancy()
    assert occupancy.join(join(1, 2, "ses-stranger")) == []


def test_resetting_kills_and_then_reports_ready_under_the_same_epoch() -> None:
    occupancy = playing_occupancy()
    assert occupancy.observe(truth(1, SlotState.RESETTING, "ses-1")) == [DisconnectPlayer(1), ResetApplication()]
    assert occupancy.observe(truth(1, SlotState.RESETTING, "ses-1")) == [], "the heartbeat repeats what the hint said"
    assert occupancy.application_started() == []
    assert occupancy.application_ready() == [Report("ready", 1, None, 0)]
    assert occupancy.observe(truth(1, SlotState.RESETTING)) == [Report("ready", 1, None, 0)], "the first one was lost"


def test_a_session_that_never_joined_needs_no_reset() -> None:
    occupancy = ready_occupancy()
    occupancy.observe(truth(1, SlotState.RESERVED, "ses-1"))
    assert occupancy.observe(truth(1, SlotState.RESETTING)) == [Report("ready", 1, None, 0)]


def test_what_was_said_before_the_end_does_not_bring_a_session_back() -> None:
    occupancy = playing_occupancy()
    occupancy.observe(truth(1, SlotState.RESETTING))
    assert occupancy.observe(truth(1, SlotState.STREAMING, "ses-1")) == []
    assert occupancy.join(join(1, 2)) == []
    occupancy.application_started()
    assert occupancy.application_ready() == [Report("ready", 1, None, 0)]


@pytest.mark.parametrize("state", [SlotState.RESETTING, SlotState.RETIRED, SlotState.RESERVED])
def test_what_is_said_of_an_older_epoch_changes_nothing(state: SlotState) -> None:
    occupancy = playing_occupancy()
    assert occupancy.observe(truth(0, state, "ses-0")) == []
    assert occupancy.is_current("ses-1", 1, 1)


def test_an_old_free_does_not_end_a_newer_session() -> None:
    occupancy = playing_occupancy()
    assert occupancy.observe(truth(0, SlotState.FREE)) == []
    assert occupancy.observe(truth(1, SlotState.FREE)) == []
    assert occupancy.is_current("ses-1", 1, 1)


def test_a_newer_epoch_takes_over_and_the_new_viewer_waits_for_a_fresh_application() -> None:
    occupancy = playing_occupancy()
    assert occupancy.join(join(2, 1)) == [DisconnectPlayer(1), ResetApplication()]
    occupancy.application_started()
    assert occupancy.application_ready() == [ConnectPlayer(1)]
    assert occupancy.is_current("ses-2", 2, 1)


def test_an_application_that_died_under_a_session_waits_for_the_reset_before_it_is_ready() -> None:
    occupancy = playing_occupancy()
    assert occupancy.application_exited("exit code 1") == [Report("exited", 1, "ses-1", 1, "exit code 1")]
    occupancy.application_started()
    assert occupancy.application_ready() == [], "the session has not ended yet: the slot is not free"
    assert occupancy.observe(truth(1, SlotState.RESETTING)) == [Report("ready", 1, None, 0)]


def test_an_application_that_died_before_the_join_still_serves_it() -> None:
    occupancy = ready_occupancy()
    occupancy.observe(truth(1, SlotState.RESERVED, "ses-1"))
    occupancy.application_exited("exit code 1")
    assert occupancy.join(join(1, 1)) == []
    occupancy.application_started()
    assert occupancy.application_ready() == [ConnectPlayer(1)]


def test_connected_and_disconnected_are_told_once() -> None:
    occupancy = playing_occupancy()
    assert occupancy.peer_connected(1) == []
    assert occupancy.peer_disconnected(1, "gone") == [Report("disconnected", 1, "ses-1", 1, "gone")]
    assert occupancy.peer_disconnected(1, "gone") == []
    assert occupancy.peer_connected(1) == [Report("connected", 1, "ses-1", 1)]


def test_a_fenced_stage_is_empty_and_takes_no_joins_until_the_lease_is_back() -> None:
    occupancy = playing_occupancy()
    lost = Report("disconnected", 1, "ses-1", 1, "the instance lost its lease")
    assert occupancy.fence() == [DisconnectPlayer(1), lost, StopApplication()]
    assert occupancy.fence() == []
    assert occupancy.join(join(1, 2)) == []
    assert occupancy.join(join(2, 1)) == []
    assert occupancy.observe(truth(2, SlotState.RESERVED, "ses-2")) == []
    assert occupancy.lift_fence() == [ResetApplication()]
    assert occupancy.lift_fence() == []
    occupancy.application_started()
    assert occupancy.join(join(2, 1)) == []
    assert occupancy.application_ready() == [ConnectPlayer(1)]


@pytest.mark.parametrize("state", [SlotState.RESERVED, SlotState.RESETTING, SlotState.FREE])
def test_a_retired_slot_stays_empty(state: SlotState) -> None:
    occupancy = ready_occupancy()
    assert occupancy.observe(truth(0, SlotState.RETIRED)) == [StopApplication()]
    assert occupancy.observe(truth(0, SlotState.RETIRED)) == [], "the heartbeat repeats it"
    assert occupancy.observe(truth(2, state, "ses-2")) == []
    assert occupancy.join(join(2, 1)) == []
    occupancy.fence()
    assert occupancy.lift_fence() == []


def test_a_retired_slot_serves_the_session_that_it_still_names() -> None:
    occupancy = playing_occupancy()
    assert occupancy.observe(truth(1, SlotState.RETIRED, "ses-1")) == []
    assert occupancy.is_current("ses-1", 1, 1), "the picture goes on"
    assert occupancy.join(join(1, 2))[1:] == [DisconnectPlayer(1), ConnectPlayer(2)], "a reload works"
    assert occupancy.peer_connected(2) == [Report("connected", 1, "ses-1", 2)]
    assert occupancy.peer_disconnected(2, "gone") == [Report("disconnected", 1, "ses-1", 2, "gone")]
    assert occupancy.join(join(2, 1, "ses-2")) == [], "but nobody follows"
    assert occupancy.observe(truth(2, SlotState.RESERVED, "ses-2")) == []
    assert occupancy.observe(truth(1, SlotState.STREAMING, "ses-1")) == [], "an answer from before it was retired"
    emptied = [DisconnectPlayer(2), StopApplication()]
    assert occupancy.observe(truth(1, SlotState.RETIRED)) == emptied, "moved, and nothing plays here"


def test_a_session_may_be_seen_for_the_first_time_on_a_retired_slot() -> None:
    occupancy = ready_occupancy()
    assert occupancy.observe(truth(1, SlotState.RETIRED, "ses-1")) == []
    assert occupancy.join(join(1, 1)) == [ConnectPlayer(1)]
    late = playing_occupancy()
    assert late.observe(truth(2, SlotState.RETIRED, "ses-2")) == [DisconnectPlayer(1), ResetApplication()]
    assert late.join(join(2, 1)) == []
    late.application_started()
    assert late.application_ready() == [ConnectPlayer(1)], "in a fresh process, as ever"


def test_an_application_that_died_on_a_retired_slot_comes_back_for_its_viewer() -> None:
    occupancy = playing_occupancy()
    occupancy.observe(truth(1, SlotState.RETIRED, "ses-1"))
    assert occupancy.application_exited("exit code 1") == [Report("exited", 1, "ses-1", 1, "exit code 1")]
    occupancy.application_started()
    assert occupancy.application_ready() == [], "a retired slot is never free again"
    assert occupancy.join(join(1, 2))[-1] == ConnectPlayer(2)


@pytest.mark.parametrize("epoch", [1, 2])
def test_the_picture_of_a_moved_viewer_lingers_until_it_is_over(epoch: int) -> None:
    occupancy = playing_occupancy()
    occupancy.observe(truth(1, SlotState.RETIRED, "ses-1"))
    assert occupancy.observe(truth(epoch, SlotState.RETIRED)) == [Linger()]
    assert occupancy.observe(truth(epoch, SlotState.RETIRED)) == [], "said again, it begins no second time"
    assert occupancy.observe(truth(1, SlotState.RETIRED, "ses-1")) == [], "said late, it brings nothing back"
    assert occupancy.observe(truth(epoch, SlotState.RESETTING)) == []
    assert occupancy.is_playing
    assert occupancy.join(join(epoch, 2)) == [], "the viewer has another instance"
    assert occupancy.linger_over() == [DisconnectPlayer(1), StopApplication()]
    assert occupancy.linger_over() == []
    assert not occupancy.is_playing


@pytest.mark.parametrize(
    "gone",
    [
        lambda occupancy: occupancy.peer_disconnected(1, "the new picture stands"),
        lambda occupancy: occupancy.application_exited("exit code 0"),
        lambda occupancy: occupancy.fence(),
        lambda occupancy: occupancy.linger_over(),
    ],
)
def test_whatever_ends_a_lingering_picture_stops_the_application_and_tells_nobody(gone: Callable[..., Any]) -> None:
    occupancy = playing_occupancy()
    assert occupancy.observe(truth(1, SlotState.RETIRED)) == [Linger()]
    assert gone(occupancy) == [DisconnectPlayer(1), StopApplication()]
    assert occupancy.lift_fence() == []
    assert occupancy.peer_disconnected(1, "late") == []


def test_a_picture_that_does_not_flow_does_not_linger() -> None:
    waiting = ready_occupancy()
    waiting.join(join(1, 1))
    assert waiting.observe(truth(1, SlotState.RETIRED)) == [DisconnectPlayer(1), StopApplication()]
    fenced = playing_occupancy()
    fenced.fence()
    assert fenced.observe(truth(1, SlotState.RETIRED)) == [StopApplication()]


def test_a_fenced_retired_slot_comes_back_for_the_session_it_names() -> None:
    occupancy = playing_occupancy()
    occupancy.observe(truth(1, SlotState.RETIRED, "ses-1"))
    assert StopApplication() in occupancy.fence()
    assert occupancy.join(join(1, 2)) == []
    assert occupancy.lift_fence() == [ResetApplication()]


def test_no_viewer_is_ever_let_into_a_process_that_another_one_used() -> None:
    """Every short history of what may happen: between two sessions' players there is always a fresh process."""
    steps = {
        "join 1": lambda s: s.join(join(1, 1)),
        "join 2": lambda s: s.join(join(2, 1)),
        "join 2 again": lambda s: s.join(join(2, 2)),
        "resetting 1": lambda s: s.observe(truth(1, SlotState.RESETTING)),
        "free 1": lambda s: s.observe(truth(1, SlotState.FREE)),
        "retired 1": lambda s: s.observe(truth(1, SlotState.RETIRED, "ses-1")),
        "retired": lambda s: s.observe(truth(1, SlotState.RETIRED)),
        "plays": lambda s: s.peer_connected(s.join_number),
        "reserved 2": lambda s: s.observe(truth(2, SlotState.RESERVED, "ses-2")),
        "fence": lambda s: s.fence(),
        "lift": lambda s: s.lift_fence(),
        "fresh": lambda s: None,
        "exit": lambda s: s.application_exited("x"),
        "lost": lambda s: s.streamer_lost(),
        "back": lambda s: s.application_ready() if s.application.value == "starting" else [],
    }

    def explore(names: list[str], depth: int) -> None:
        if depth == 0:
            check([steps[name] for name in names], names)
            return
        for name in steps:
            explore([*names, name], depth - 1)

    explore([], 4)


def check(history: list[object], names: list[str]) -> None:
    occupancy = ready_occupancy()
    served: str | None = None
    is_fresh_wanted = False
    for step, name in zip(history, names, strict=True):
        actions: list[Action] = []
        if name == "back" and is_fresh_wanted:
            continue  # the endpoint is shut until the fresh process stands
        if name == "fresh" or (name == "exit" and occupancy.application.value == "running"):
            if name == "exit":
                occupancy.application_exited("x")
            elif not is_fresh_wanted:
                continue
            occupancy.application_started()
            served, is_fresh_wanted = None, False
            actions = occupancy.application_ready()
        elif name != "exit":
            actions = step(occupancy)  # type: ignore[operator]
        for action in actions:
            if isinstance(action, ResetApplication):
                is_fresh_wanted = True
            if isinstance(action, ConnectPlayer):
                assert not is_fresh_wanted, names
                assert served in (None, occupancy.session_id), names
                served = occupancy.session_id
