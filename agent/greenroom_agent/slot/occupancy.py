"""The rules of one slot: which session and page occupy it, and what to do after each event. No I/O and no clock.

The epoch is the number of the slot's latest claim: a newer epoch means another session, and everything of the last
viewer is removed. joinNumber counts the pages of a session: the newest page gets the video. Events with an older epoch
or joinNumber are ignored.

A retired slot gets no new session but keeps serving the session that it has. When that session moves to another
instance, the viewer keeps the old video for a while (the slot lingers), so that the old video does not disappear before
the new video has started.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from greenroom_agent.control_plane.api_messages import Join, SlotState, SlotTruth
from greenroom_agent.control_plane.report import Report
from greenroom_agent.slot.occupancy_actions import (
    Action,
    ConnectPlayer,
    DisconnectPlayer,
    Linger,
    ResetApplication,
    StopApplication,
)


class ApplicationState(StrEnum):
    """The state of the slot's application process: starting, ready, ended by itself, or stopped on purpose."""

    STARTING = "starting"
    READY = "running"
    EXITED = "exited"
    STOPPED = "stopped"


class Occupancy:
    """The rules of one slot. Each method takes an event and returns the actions to do, in order.

    `epoch`: the number of the slot's latest claim. `join_number`: the number of the session's newest page.
    """

    def __init__(self, slot_id: str, epoch: int) -> None:
        self.slot_id = slot_id
        self.epoch = epoch
        self.state: SlotState | None = None
        self.session_id: str | None = None
        self.join_number = 0
        self.application = ApplicationState.STARTING
        self.is_fenced = False
        self.is_playing = False
        self._is_lingering = False
        self._has_played = False  # in this session, whatever the joinNumber
        self._is_waiting_for_application = False
        self._player: int | None = None
        self._ice_servers: tuple[Mapping[str, Any], ...] | None = None
        self._is_used = False  # a viewer has used the running process
        self._ended_session_id: str | None = None

    def observe(self, truth: SlotTruth) -> list[Action]:
        """Called with the slot's state in the control plane: applies the state, unless the state is outdated.

        A newer epoch means that another session has claimed the slot, so everything of the last viewer is removed.
        """
        if truth.epoch < self.epoch or truth.state is None:
            return []
        if SlotState.RETIRED in (truth.state, self.state):
            return self._retire(truth) if truth.state is SlotState.RETIRED else []
        if truth.state in (SlotState.RESERVED, SlotState.STREAMING) and truth.session_id == self._ended_session_id:
            return []  # an old answer: the slot has been Resetting since
        actions = self._take_over(truth.epoch) if truth.epoch > self.epoch else []
        if truth.state is SlotState.FREE and self._is_used:
            return actions  # an old answer, from before the join: a real Free comes only after this agent's report
        self.state = truth.state
        if truth.state is SlotState.RESETTING:
            return [*actions, *self._leave_for_good()]
        if truth.state is not SlotState.FREE:
            self.session_id = truth.session_id
        return actions

    def join(self, join: Join) -> list[Action]:
        """Called when a page wants the video of its session: gives the video to the page, if it is the newest page.

        An older page of the same session loses the video.
        """
        if self.is_fenced or self._is_empty_for_good or join.epoch < self.epoch:
            return []
        if self.state is SlotState.RETIRED and join.epoch > self.epoch:
            return []
        if join.session_id == self._ended_session_id:
            return []
        actions = self._take_over(join.epoch) if join.epoch > self.epoch else []
        if self.session_id not in (None, join.session_id) or join.join_number <= self.join_number:
            return actions
        return [*actions, *self._let_in(join)]

    def application_started(self) -> list[Action]:
        """Called when a new application process was started in an empty folder: records that it is starting."""
        self.application = ApplicationState.STARTING
        self._is_used = False
        return []

    def application_ready(self) -> list[Action]:
        """Called when the streamer (which sends the video) has identified itself: connects a page that waits for video.

        Without such a page, a slot without a session is reported as ready.
        """
        self.application = ApplicationState.READY
        if self._is_waiting_for_application:
            return [self._connect()]
        if self.state in (SlotState.RESERVED, SlotState.STREAMING, SlotState.RETIRED):
            return []  # it crashed during a session: the control plane ends the session and then asks for a reset
        return [self._report("ready")]

    def streamer_lost(self) -> list[Action]:
        """Called when the streamer has disconnected while its process runs. The streamer may reconnect.

        A running session keeps the slot, because its video may continue. A slot without a session is reported as not
        ready, so that the slot gets no viewer meanwhile.
        """
        if self.application is not ApplicationState.READY:
            return []
        self.application = ApplicationState.STARTING
        if self._player is not None:
            self._is_waiting_for_application = True
        if self.session_id is not None or self.state in (SlotState.RESERVED, SlotState.STREAMING, SlotState.RETIRED):
            return []
        return [self._report("notReady")]

    def application_exited(self, detail: str) -> list[Action]:
        """Called when the application process ended by itself or was not ready in time: reports `exited`.

        The supervisor starts a new process. `detail`: the cause, in words.
        """
        if self._is_lingering:
            return self.linger_over()
        self.application = ApplicationState.EXITED
        report = self._report("exited", detail)
        if self._player is not None:
            self._is_waiting_for_application = False  # the viewer of the old process does not get the new one
        self._player = None
        self.is_playing = False
        return [report]

    def peer_connected(self, join_number: int) -> list[Action]:
        """Called when the video has started for the page with this join number: reports `connected`."""
        if join_number != self._player or self.is_playing:
            return []
        self.is_playing = self._has_played = True
        return [self._report("connected")]

    def peer_disconnected(self, join_number: int, detail: str) -> list[Action]:
        """Called when the video has stopped for the page with this join number: reports `disconnected`.

        `detail`: the cause, in words.
        """
        if join_number != self._player or not self.is_playing:
            return []
        if self._is_lingering:
            return self.linger_over()
        self.is_playing = False
        return [self._report("disconnected", detail)]

    def viewer_idled(self) -> list[Action]:
        """Called when the viewer gave no input for too long, in spite of the warning: reports `idle`."""
        return [self._report("idle", "no input")] if self.is_playing and not self._is_lingering else []

    def linger_over(self) -> list[Action]:
        """Ends the old video of a viewer whose session has moved to another instance.

        Called when that viewer has left, or when the time for which the old video is kept is up.
        """
        return self._empty_for_good() if self._is_lingering else []

    def fence(self) -> list[Action]:
        """Called when the lease has expired: stops the application, since the session may have moved elsewhere.

        The lease is the time for which the control plane leaves the instance's sessions to its agent.
        """
        if self.is_fenced:
            return []
        self.is_fenced = True
        if self._is_lingering:
            return self.linger_over()
        actions = self._send_off("the instance lost its lease")
        self.application = ApplicationState.STOPPED
        return [*actions, StopApplication()]

    def lift_fence(self) -> list[Action]:
        """Called when the lease has been renewed after `fence`: starts the application again."""
        if not self.is_fenced:
            return []
        self.is_fenced = False
        return [] if self._is_empty_for_good else [self._reset()]

    def is_current(self, session_id: object, epoch: object, join_number: object) -> bool:
        """Whether a frame with this session, epoch and join number comes from the page that has the video."""
        return self._player is not None and (session_id, epoch, join_number) == (
            self.session_id,
            self.epoch,
            self._player,
        )

    @property
    def _is_empty_for_good(self) -> bool:
        return self.state is SlotState.RETIRED and (self.session_id is None or self._is_lingering)

    def _take_over(self, epoch: int) -> list[Action]:
        actions = self._forget_session()
        self.epoch = epoch
        self.state = None
        return [*actions, self._reset()] if self._is_used and not self.is_fenced else actions

    def _leave_for_good(self) -> list[Action]:
        actions = self._forget_session()
        if self.is_fenced:
            return actions
        if self._is_used:
            return [*actions, self._reset()]
        return [*actions, self._report("ready")] if self.application is ApplicationState.READY else actions

    def _retire(self, truth: SlotTruth) -> list[Action]:
        if self._is_empty_for_good:
            return []
        if truth.session_id is not None and truth.session_id != self._ended_session_id:
            actions = self._take_over(truth.epoch) if truth.epoch > self.epoch else []
            self.state, self.session_id = SlotState.RETIRED, truth.session_id
            return actions
        # Whatever its epoch: a retired slot gets no new viewer, so an old picture disturbs nobody.
        self.state, self.epoch = SlotState.RETIRED, truth.epoch
        if self.is_playing:
            self._is_lingering = True
            return [Linger()]
        return self._empty_for_good()

    def _empty_for_good(self) -> list[Action]:
        self._is_lingering = False
        actions = self._forget_session()
        self.application = ApplicationState.STOPPED
        return [*actions, StopApplication()]

    def _let_in(self, join: Join) -> list[Action]:
        self.session_id = join.session_id
        self.join_number = join.join_number
        self._ice_servers = join.ice_servers
        # With the new joinNumber: the control plane ignores reports with the old one.
        actions: list[Action] = [self._report("disconnected", "another page joined")] if self._has_played else []
        if self._player is not None:
            actions.append(DisconnectPlayer(self._player))
            self._player = None
        self.is_playing = False
        if self.application is ApplicationState.READY:
            return [*actions, self._connect()]
        self._is_waiting_for_application = True
        return actions

    def _connect(self) -> Action:
        self._is_waiting_for_application = False
        self._is_used = True
        is_again = self._player == self.join_number
        self._player = self.join_number
        return ConnectPlayer(self.join_number, self._ice_servers, is_again)

    def _send_off(self, detail: str) -> list[Action]:
        player, self._player = self._player, None
        if player is None:
            return []
        self._is_waiting_for_application = False
        actions: list[Action] = [DisconnectPlayer(player)]
        if self.is_playing:
            self.is_playing = False
            actions.append(self._report("disconnected", detail))
        return actions

    def _forget_session(self) -> list[Action]:
        actions: list[Action] = [DisconnectPlayer(self._player)] if self._player is not None else []
        self._ended_session_id = self.session_id or self._ended_session_id
        self.session_id = None
        self.join_number = 0
        self._ice_servers = None
        self.is_playing = self._has_played = self._is_waiting_for_application = False
        self._player = None
        return actions

    def _reset(self) -> Action:
        self.application = ApplicationState.STARTING
        self._is_used = False
        return ResetApplication()

    def _report(self, event: str, detail: str = "") -> Report:
        return Report(event, self.epoch, self.session_id, self.join_number, detail)
