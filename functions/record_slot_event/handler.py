"""POST /agent/slot-events: what an agent saw at one of its slots."""

from __future__ import annotations

from typing import Any

from greenroom.domain.slot.slot import Slot
from greenroom.entry.compose import AwsPorts, configured_handler
from greenroom.entry.http import answer, body_of, instance_of_caller, respond
from greenroom.entry.routes import work_of
from greenroom.entry.settings import Settings
from greenroom.usecases.session.record_slot_event import SlotEvent, SlotFact, record_slot_event

LARGEST = 2**53 - 1


def handle(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    """The HTTP answer; problems included."""
    return respond(lambda: work_of(ROUTES, event)(event, ports, settings))


def _record(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    instance_id, body = instance_of_caller(event, settings.instance_role_arn), body_of(event)
    fact = SlotFact(
        instance_id=instance_id,
        boot_nonce=body.identifier("bootNonce"),
        slot_id=body.identifier("slotId"),
        epoch=body.whole("epoch", least=0, most=LARGEST),
        event=SlotEvent(body.one_of("event", tuple(SlotEvent))),
        session_id=body.identifier("sessionId") if "sessionId" in body else None,
        join_number=body.whole("joinNumber", least=0, most=LARGEST) if "joinNumber" in body else None,
    )
    return answer(200, {"slot": _view(record_slot_event(fact, ports), ports)})


def _view(slot: Slot, ports: AwsPorts) -> dict[str, Any]:
    join_number = ports.sessions.get(slot.session_id).join_number if slot.session_id else 0
    view = {"slotId": slot.slot_id, "state": slot.state.value, "epoch": slot.epoch, "sessionId": slot.session_id}
    return {**view, "joinNumber": join_number}


ROUTES = {"POST /agent/slot-events": _record}
handler = configured_handler(handle)
