"""A launch that must wait: all slots of a pool of ten are in use, or nothing runs yet."""

from __future__ import annotations

from collections.abc import Mapping

from tests.architecture.calls.recorder import Call, all_ports, calling, recording
from tests.architecture.calls.scene import play, set_scene
from tests.functions.invocations import LAUNCH, body_of, viewer_event


def record_wait(slots: int) -> Mapping[str, list[Call]]:
    """The calls of a launch that is queued, and of its state machine's wait. `slots` of the pool are in use."""
    with recording() as recorder:
        set_scene(all_ports(), slots=slots)
        for number in range(slots):
            assert calling("request_session")(viewer_event(LAUNCH, **play(f"player{number}")))["statusCode"] == 201
        recorder.take()
        answer = calling("request_session")(viewer_event(LAUNCH, **play()))
        launched = recorder.take()
        view = body_of(answer)
        assert (answer["statusCode"], view["place"], bool(view["eta"])) == (202, 1, True), answer
        calling("await_session")({"sessionId": view["sessionId"], "awaits": "slot", "taskToken": "token-slot"})
        return {"launch": launched, "await slot": recorder.take()}
