"""POST /agent/heartbeat: leases renewed, and the truth about each slot as the answer."""

from __future__ import annotations

from typing import Any

from greenroom.domain.times import iso
from greenroom.entry.compose import AwsPorts, configured_handler
from greenroom.entry.http import answer, body_of, instance_of_caller, respond
from greenroom.entry.instance.ec2_event import notice_of
from greenroom.entry.routes import work_of
from greenroom.entry.settings import Settings
from greenroom.usecases.instance.record_heartbeat import Heard, record_heartbeat

LARGEST = 2**53 - 1


def handle(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports, settings))


def _record(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    instance_id, body = instance_of_caller(event, settings.instance_role_arn), body_of(event)
    known = {each.identifier("slotId"): each.whole("epoch", least=0, most=LARGEST) for each in body.parts("slots")}
    nonce, notice = body.identifier("bootNonce"), notice_of(body, ports.now())
    heard = record_heartbeat(instance_id, nonce, known, settings.lease_s, ports, notice)
    return answer(200, _view(heard, settings.lease_s))


def _view(heard: Heard, lease_s: int) -> dict[str, Any]:
    slots = [
        {
            "slotId": each.slot.slot_id,
            "state": each.slot.state.value,
            "epoch": each.slot.epoch,
            "sessionId": each.slot.session_id,
            "joinNumber": each.join_number,
        }
        for each in heard.slots
    ]
    state = heard.instance_state.value
    return {"acceptedAt": iso(heard.accepted_at), "lease_s": lease_s, "instanceState": state, "slots": slots}


ROUTES = {"POST /agent/heartbeat": _record}
handler = configured_handler(handle)
