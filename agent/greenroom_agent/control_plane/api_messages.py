"""The answers and frames that the control plane sends to the agent, parsed into dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from greenroom_agent.control_plane.idle_limits import UNLIMITED, IdleLimits


class MalformedAnswer(ValueError):
    """Raised for an answer or a frame of the control plane in which a promised field is missing or invalid."""


class SlotState(StrEnum):
    """The states of a slot (the place for one session on an instance), as the control plane names them."""

    FREE = "Free"
    RESERVED = "Reserved"
    STREAMING = "Streaming"
    RESETTING = "Resetting"
    RETIRED = "Retired"


@dataclass(frozen=True, slots=True)
class SlotTruth:
    """A slot as the control plane knows it. `epoch` is the slot's fencing number, raised at each claim.

    `state` is None when the message names no state.
    """

    slot_id: str
    epoch: int
    state: SlotState | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """A request to send the video to a browser page, which has opened its session.

    `epoch`: the slot's fencing number when the session claimed the slot; `join_number`: the page's number, counted for
    each session from 1. `idle`: how long the viewer may give no input. `ice_servers`: STUN and TURN servers with
    credentials for this page only, which expire (never log them). None: use the servers of the registration.
    """

    slot_id: str
    session_id: str
    epoch: int
    join_number: int
    idle: IdleLimits = UNLIMITED
    ice_servers: tuple[Mapping[str, Any], ...] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RegisteredSlot:
    """A slot (the place for one session) of this instance. `number` counts the slots of the instance from 1.

    `epoch` is the slot's fencing number, raised at each claim.
    """

    slot_id: str
    number: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Application:
    """The application that every slot of this instance runs. `kind`: unreal, demo or null."""

    kind: str
    command: tuple[str, ...]
    slots_per_instance: int
    start_timeout_s: float


@dataclass(frozen=True, slots=True)
class Registration:
    """The control plane's answer to `register`: what this instance must run, and how often it must report.

    `heartbeat_s`: the period of heartbeats. `lease_s`: how long after an accepted heartbeat the slots may keep
    streaming. Both are in seconds.
    """

    instance_id: str
    heartbeat_s: float
    lease_s: float
    application: Application
    slots: tuple[RegisteredSlot, ...]
    ice_servers: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class HeartbeatAnswer:
    """The control plane's answer to a heartbeat: the renewed lease, and every slot as the control plane knows it.

    `lease_s`: how many seconds the slots may keep streaming without another accepted heartbeat.
    """

    lease_s: float
    instance_state: str
    slots: tuple[SlotTruth, ...]


@dataclass(frozen=True, slots=True)
class SocketTicket:
    """A ticket (single-use secret) that admits the agent to the Viewer socket. It expires after one minute."""

    ticket: str
    socket_url: str


def parse_slot_truth(body: Mapping[str, Any]) -> SlotTruth:
    """Parses the state of one slot, which several answers and frames of the control plane contain.

    Raises: MalformedAnswer.
    """
    state = body.get("state")
    try:
        known = None if state is None else SlotState(state)
    except ValueError as error:
        raise MalformedAnswer(f"unknown slot state {state!r}") from error
    return SlotTruth(_text(body, "slotId"), _whole(body, "epoch"), known, _optional_text(body, "sessionId"))


def parse_welcome(body: Mapping[str, Any]) -> tuple[SlotTruth, ...]:
    """Parses the `welcome` frame of the Viewer socket: the states of all slots. Raises: MalformedAnswer."""
    return tuple(parse_slot_truth(slot) for slot in _objects(body, "slots"))


def parse_join(body: Mapping[str, Any]) -> Join:
    """Parses a `join` frame: a browser page wants the video of its session. Raises: MalformedAnswer."""
    limits = IdleLimits(*(_whole(body, name) if name in body else 0 for name in ("idleWarn_s", "idleEnd_s")))
    servers = tuple(_objects(body, "iceServers")) if "iceServers" in body else None
    whose = _text(body, "slotId"), _text(body, "sessionId")
    return Join(*whose, _whole(body, "epoch"), _whole(body, "joinNumber"), limits, servers)


def parse_registration(body: Mapping[str, Any]) -> Registration:
    """Parses the control plane's answer to `register`. Raises: MalformedAnswer."""
    return Registration(
        instance_id=_text(body, "instanceId"),
        heartbeat_s=_seconds(body, "heartbeat_s"),
        lease_s=_seconds(body, "lease_s"),
        application=_application(_object(body, "application")),
        slots=tuple(
            RegisteredSlot(_text(slot, "slotId"), _whole(slot, "number"), _whole(slot, "epoch"))
            for slot in _objects(body, "slots")
        ),
        ice_servers=tuple(_objects(body, "iceServers")),
    )


def parse_heartbeat_answer(body: Mapping[str, Any]) -> HeartbeatAnswer:
    """Parses the control plane's answer to `heartbeat`. Raises: MalformedAnswer."""
    slots = tuple(parse_slot_truth(slot) for slot in _objects(body, "slots"))
    return HeartbeatAnswer(_seconds(body, "lease_s"), str(body.get("instanceState", "")), slots)


def parse_socket_ticket(body: Mapping[str, Any]) -> SocketTicket:
    """Parses the control plane's answer to `socket-ticket`. Raises: MalformedAnswer."""
    return SocketTicket(_text(body, "ticket"), _text(body, "socketUrl"))


def _application(body: Mapping[str, Any]) -> Application:
    command = body.get("command") or []
    if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
        raise MalformedAnswer("command is a list of words")
    counted = _whole(body, "slotsPerInstance"), _seconds(body, "startTimeout_s")
    return Application(_text(body, "kind"), tuple(command), *counted)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedAnswer(f"{name} is missing")
    return value


def _optional_text(body: Mapping[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else _text(body, name)


def _whole(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    if type(value) is not int or value < 0:
        raise MalformedAnswer(f"{name} is a whole number")
    return value


def _seconds(body: Mapping[str, Any], name: str) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise MalformedAnswer(f"{name} is a number of seconds")
    return float(value)


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise MalformedAnswer(f"{name} is an object")
    return value


def _objects(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise MalformedAnswer(f"{name} is a list of objects")
    return value
