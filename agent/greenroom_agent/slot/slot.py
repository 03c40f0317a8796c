"""One slot: connects its rules (occupancy.py) with its process, its streamer endpoint and the Viewer socket."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from greenroom_agent.channel.candidate_repetition import repeat_in_message
from greenroom_agent.channel.reliable_channel import ReliableChannel
from greenroom_agent.channel.reliable_receiver import MalformedFrame
from greenroom_agent.control_plane.api_messages import Join, SlotTruth
from greenroom_agent.control_plane.control_plane import SlotReading
from greenroom_agent.control_plane.report import Report
from greenroom_agent.slot.idle_clock import IdleClock
from greenroom_agent.slot.occupancy import Occupancy
from greenroom_agent.slot.occupancy_actions import Action, ConnectPlayer, DisconnectPlayer, Linger, ResetApplication
from greenroom_agent.slot.page_messages import parse_page_message
from greenroom_agent.slot.slot_fence import fenced
from greenroom_agent.slot.slot_parts import Socket, Streamer, Supervisor
from greenroom_agent.slot.streamer_endpoint import config
from greenroom_agent.strict_json import MalformedText

log = logging.getLogger(__name__)

TO_PAGE = ("offer", "iceCandidate", "disconnectPlayer")
SOCKET_GRACE_S = 10.0
LINGER_S = 15.0
"""How long a viewer keeps the video of this instance after the session has moved to another instance."""


class Slot:
    """Carries out the actions that the slot's rules ask for. `bind` must be called before all other methods.

    The fenced methods never raise: an error in them restarts the application of this slot, and affects no other slot.
    """

    _streamer: Streamer
    _supervisor: Supervisor
    _report: Callable[[Report], None]

    def __init__(self, occupancy: Occupancy, socket: Socket, public_ip: str | None) -> None:
        self.occupancy = occupancy
        self._socket = socket
        self._public_ip = public_ip
        self._channel: ReliableChannel | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._socket_grace: asyncio.TimerHandle | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._streamer_reports_peers = False
        self._has_media = True
        self._was_lost_by_socket = False
        self._idle = IdleClock(
            self._notify_page, lambda: self._do(self.occupancy.viewer_idled()), lambda: socket.is_open
        )

    def bind(self, streamer: Streamer, supervisor: Supervisor, report: Callable[[Report], None]) -> None:
        """Gives the slot its streamer endpoint, its process supervisor and the function that reports its events."""
        self._streamer, self._supervisor, self._report = streamer, supervisor, report

    def reading(self) -> SlotReading:
        """Returns what the next heartbeat reports of this slot."""
        known = self.occupancy
        health = "exited" if known.application.value == "stopped" else known.application.value
        return SlotReading(known.slot_id, known.epoch, health, known.session_id, known.join_number, known.is_playing)

    def is_outdated(self, report: Report) -> bool:
        """Whether the report is outdated: since then, the slot has been claimed again (has a newer epoch)."""
        return report.epoch < self.occupancy.epoch

    def broken(self, error: Exception) -> None:
        """Called after an error in the agent's code for this slot: replaces the application, which ends its session."""
        log.error("slot=%s an error in the agent", self.occupancy.slot_id, exc_info=error)
        self._supervisor.fail(f"an error in the agent: {type(error).__name__}")

    # From the control plane

    @fenced
    def observe(self, truth: SlotTruth) -> None:
        """Called with the slot's state in the control plane, for example from the answer to a heartbeat."""
        self._do(self.occupancy.observe(truth))

    @fenced
    def join(self, join: Join) -> None:
        """Called when a page wants the video of its session: the newest page of the session gets the video."""
        self._do(self.occupancy.join(join))
        known = self.occupancy
        if (join.session_id, join.epoch, join.join_number) == (known.session_id, known.epoch, known.join_number):
            self._idle.limits = join.idle

    @fenced
    def fence(self) -> None:
        """Called when the instance's lease has expired: stops the slot's application."""
        self._do(self.occupancy.fence())

    @fenced
    def lift_fence(self) -> None:
        """Called when the instance's lease has been renewed: starts the slot's application again after `fence`."""
        self._do(self.occupancy.lift_fence())

    # From the application process

    @fenced
    def application_started(self) -> None:
        """Called when a new application process is started: forgets what the last streamer reported."""
        self._streamer_reports_peers = False
        self._has_media = True
        self._do(self.occupancy.application_started())

    @fenced
    def application_ready(self) -> None:
        """Called when the streamer (the program that sends the video) has identified itself and is ready."""
        self._supervisor.ready()
        self._do(self.occupancy.application_ready())

    @fenced
    def streamer_lost(self) -> None:
        """Called when the streamer's connection to the agent has ended while its process still runs."""
        self._supervisor.lost()
        self._do(self.occupancy.streamer_lost())

    @fenced
    def application_exited(self, detail: str) -> None:
        """Called when the application process ended by itself. `detail`: the cause, in words."""
        self._do(self.occupancy.application_exited(detail))

    @fenced
    def hear_streamer(self, message: dict[str, Any]) -> None:
        """Handles a message from the streamer. A message for another page than the session's newest is dropped."""
        number = self.occupancy.join_number
        kind = message["type"]
        if str(message.get("playerId", "")) != str(number):
            log.info("slot=%s dropped %s of another player", self.occupancy.slot_id, kind)
        elif kind == "greenroomPeer":
            # Without media there is no peer connection whose end the streamer could notice.
            self._streamer_reports_peers = self._has_media = message.get("media") is not False
            self._peer(number, is_connected=message.get("state") == "connected", detail="the streamer lost its peer")
        elif kind == "greenroomActivity":
            self._idle.heard()
        elif kind in TO_PAGE:
            if self._channel is not None:  # while the slot lingers, no page signals with it
                for part in repeat_in_message(message, self._public_ip):
                    self._emit(self._channel.send(json.dumps(part), _now_ms()))
            if kind == "disconnectPlayer":
                self._peer(number, is_connected=False, detail="the streamer disconnected the player")

    # From the page

    @fenced
    def hear_page(self, frame: Mapping[str, Any]) -> None:
        """Handles a frame, ack or resend from the page that has the video. Frames from other pages are dropped."""
        stamp = (frame.get("sessionId"), frame.get("epoch"), frame.get("joinNumber"))
        if self._channel is None or not self.occupancy.is_current(*stamp):
            log.info("slot=%s dropped a frame of another page", self.occupancy.slot_id)
            return
        try:
            received = self._channel.receive(frame, _now_ms())
        except MalformedFrame as error:
            log.warning("slot=%s dropped a frame: %s", self.occupancy.slot_id, error)
            return
        for text in received.messages:
            self._hear_message(text)
        self._emit(received.frames)

    @fenced
    def page_socket(self, *, is_open: bool) -> None:
        """Called when the current page's socket has opened or closed. A closed socket alone never ends the video."""
        if self._socket_grace is not None:
            self._socket_grace.cancel()
            self._socket_grace = None
        if not is_open:
            number = self.occupancy.join_number
            loop = asyncio.get_running_loop()
            self._socket_grace = loop.call_later(SOCKET_GRACE_S, self._socket_stayed_closed, number)
            return
        if self._was_lost_by_socket:
            self._peer(self.occupancy.join_number, is_connected=True, detail="")
        if self._channel is not None:
            self._channel.peer_reconnected(_now_ms())
            self._emit([])

    @fenced
    def socket_opened(self) -> None:
        """Called when the agent's connection to the Viewer socket is open again: sends the waiting frames."""
        self._emit([])
        self._idle.poll()

    def close(self) -> None:
        """Cancels every timer of the slot."""
        self._forget_page()
        self._end_linger()

    def _hear_message(self, text: str) -> None:
        try:
            message = parse_page_message(text)
        except MalformedText as error:
            log.warning("slot=%s dropped a message of the page: %s", self.occupancy.slot_id, error)
            return
        if message.to_streamer is not None:
            self._streamer.send({**message.to_streamer, "playerId": str(self.occupancy.join_number)})
        elif message.kind == "greenroomActivity":
            self._idle.heard(message.idle_s)
        elif not self._streamer_reports_peers:
            # The page's video plays. This report may be late: it counts only if the streamer does not report its peers.
            self._peer(self.occupancy.join_number, is_connected=True, detail="")

    def _peer(self, number: int, *, is_connected: bool, detail: str) -> None:
        if is_connected:
            self._was_lost_by_socket = False
            self._do(self.occupancy.peer_connected(number))
        else:
            self._do(self.occupancy.peer_disconnected(number, detail))

    @fenced
    def _socket_stayed_closed(self, number: int) -> None:
        # A streamer that reports its peers knows better than the socket whether the video plays.
        if not self._streamer_reports_peers and self.occupancy.is_playing:
            self._was_lost_by_socket = True
            self._peer(number, is_connected=False, detail=f"the page's socket was closed for {SOCKET_GRACE_S:.0f} s")

    @fenced
    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            log.info("slot=%s %s", self.occupancy.slot_id, action)
            if isinstance(action, Report):
                self._mind_idling(action.event)
                self._report(action)
            elif isinstance(action, ConnectPlayer):
                self._connect(action)
            elif isinstance(action, DisconnectPlayer):
                self._forget_page()
                self._streamer.send({"type": "playerDisconnected", "playerId": str(action.join_number)})
            elif isinstance(action, ResetApplication):
                self._forget_page()
                self._supervisor.restart()
            elif isinstance(action, Linger):
                self._forget_page()
                self._linger = asyncio.get_running_loop().call_later(
                    LINGER_S, lambda: self._do(self.occupancy.linger_over())
                )
            else:
                self._forget_page()
                self._end_linger()
                self._supervisor.stop()

    def _mind_idling(self, event: str) -> None:
        """Starts or stops measuring the viewer's idle time: it counts only while the viewer has video."""
        if event == "connected" and self._has_media:
            self._idle.start()
        elif event != "idle":
            self._idle.stop()

    def _notify_page(self, message: Mapping[str, Any]) -> None:
        if self._channel is not None:
            self._emit(self._channel.send(json.dumps(message), _now_ms()))

    def _end_linger(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None

    def _connect(self, player: ConnectPlayer) -> None:
        if not player.is_again or self._channel is None:
            self._forget_page()
            self._channel = ReliableChannel({"sessionId": self.occupancy.session_id, "joinNumber": player.join_number})
        if player.ice_servers is not None:  # also an empty list: this viewer must not use the last one's credentials
            self._streamer.send(config(player.ice_servers))
        introduced = {"playerId": str(player.join_number), "dataChannel": True, "sfu": False}
        self._streamer.send({"type": "playerConnected", **introduced})

    def _forget_page(self) -> None:
        self._channel = None
        self._was_lost_by_socket = False
        self._idle.stop()
        for timer in (self._timer, self._socket_grace):
            if timer is not None:
                timer.cancel()
        self._timer = self._socket_grace = None

    @fenced
    def _emit(self, frames: list[dict[str, Any]]) -> None:
        """Sends `frames` and the frames that are due in the channel, and sets the timer for the next frames.

        While the agent's socket is closed, nothing is sent and no attempt is counted; `socket_opened` continues.
        """
        if self._channel is None or not self._socket.is_open:
            return
        for frame in [*frames, *self._channel.poll(_now_ms())]:
            self._socket.send(frame)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        next_at_ms = self._channel.next_at_ms
        if next_at_ms is not None:
            pause_s = max(0.0, (next_at_ms - _now_ms()) / 1000)
            self._timer = asyncio.get_running_loop().call_later(pause_s, self._emit, [])


def _now_ms() -> int:
    return int(asyncio.get_running_loop().time() * 1000)
