"""One hot session from the click to the free slot, and the AWS calls of each of its steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.architecture.calls.recorder import Call, Clock, Recorder, all_ports, calling, recording
from tests.architecture.calls.scene import AGENT, INSTANCE, play, set_scene
from tests.builders import NONCE
from tests.functions.invocations import (
    HEARTBEAT,
    LAUNCH,
    LEAVE,
    SLOT_EVENT,
    agent_event,
    body_of,
    socket_event,
    viewer_event,
)

PAGE = "page"
OFFER = {"kind": "frame", "sequence": 1, "part": 1, "parts": 1, "data": "v=0"}


def record_hot_session() -> Mapping[str, list[Call]]:
    """Step -> its calls, in the order of a session's life."""
    with recording() as recorder:
        ports = all_ports()
        set_scene(ports, slots=2, target_idle=1)
        return HotSession(recorder, ports).play()


class HotSession:
    """The steps know of each other what page, agent and state machine know."""

    def __init__(self, recorder: Recorder, ports: Any) -> None:
        self._recorder, self._ports = recorder, ports
        self._steps: dict[str, list[Call]] = {}
        self._launched: dict[str, Any] = {}
        self._slot: dict[str, Any] = {}

    def play(self) -> Mapping[str, list[Call]]:
        """Each step asserts that it did its work: a refusal would be cheap."""
        self._launch()
        self._adopt()
        self._join()
        self._connect()
        self._stay()
        self._leave()
        self._release()
        return self._steps

    def _launch(self) -> None:
        with self._step("launch"):
            answer = calling("request_session")(viewer_event(LAUNCH, **play()))
        assert answer["statusCode"] == 201, answer
        self._launched = body_of(answer)
        taken = self._ports.sessions.get(self._session_id).assignment
        self._slot = {"slotId": taken.slot_id, "epoch": taken.epoch}  # as the agent knows it

    def _adopt(self) -> None:
        adopted = {"sessionId": self._session_id, "executionArn": "arn:one", "taskToken": "token-connection"}
        with self._step("adopt"):
            calling("adopt_session")(adopted)

    def _join(self) -> None:
        admitted: dict[str, Any] = {}
        with self._step("join: authorize"):
            ticket = {"ticket": self._launched["ticket"]["ticket"]}
            admitted = calling("authorize_connection")({"queryStringParameters": ticket})
        assert "context" in admitted, admitted
        with self._step("join: open"):
            opened = calling("record_connection")(socket_event(PAGE, event_type="CONNECT", **admitted["context"]))
        assert opened == {"statusCode": 200}

    def _connect(self) -> None:
        with self._step("connect: hello"):
            self._frame(PAGE, {"kind": "hello"})
        with self._step("connect: offer of the agent"):
            self._frame(AGENT, {**OFFER, "sessionId": self._session_id, "joinNumber": 1})
        with self._step("connect: answer of the page"):
            self._frame(PAGE, OFFER)
        with self._step("connect: agent reports connected"):
            self._report("connected", joinNumber=1, sessionId=self._session_id)
        assert self._ports.sessions.get(self._session_id).state == "Connected"
        with self._step("connect: await the end"):
            calling("await_session")({"sessionId": self._session_id, "awaits": "end", "taskToken": "token-end"})

    def _stay(self) -> None:
        with self._step("frame: of the page"):
            self._frame(PAGE, {**OFFER, "sequence": 2})
        with self._step("frame: of the agent"):
            self._frame(AGENT, {**OFFER, "sequence": 2, "sessionId": self._session_id, "joinNumber": 1})
        with self._step("frame: ping"):
            self._frame(PAGE, {"kind": "ping"})
        Clock.now += 60
        with self._step("heartbeat"):
            heard = calling("record_heartbeat")(
                agent_event(HEARTBEAT, {"bootNonce": NONCE, "slots": [self._slot]}, INSTANCE)
            )
        assert heard["statusCode"] == 200, heard

    def _leave(self) -> None:
        with self._step("leave"):
            left = calling("leave_session")(viewer_event(LEAVE, None, sessionId=self._session_id))
        assert left["statusCode"] == 202, left

    def _release(self) -> None:
        with self._step("release"):
            released = calling("release_slot")({"sessionId": self._session_id})
        assert released["state"] == "Ended", released
        with self._step("release: agent reports ready"):
            answer = self._report("ready")
        assert body_of(answer)["slot"]["state"] == "Free"

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self._recorder.take()
        yield
        self._steps[name] = self._recorder.take()

    def _frame(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        calling("relay_frame")(socket_event(connection_id, json.loads(json.dumps(frame))))

    def _report(self, event: str, **more: Any) -> dict[str, Any]:
        fact = {"bootNonce": NONCE, **self._slot, "event": event, **more}
        answer: dict[str, Any] = calling("record_slot_event")(agent_event(SLOT_EVENT, fact, INSTANCE))
        assert answer["statusCode"] == 200, answer
        return answer

    @property
    def _session_id(self) -> str:
        return str(self._launched["sessionId"])
