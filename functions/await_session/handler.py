"""session_lifecycle.AwaitSlot and AwaitEnd: the session waits in line, or is played; reconnects stay inside."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.payload import payload_of
from greenroom.entry.session.session_payloads import Awaited, AwaitSessionPayload
from greenroom.usecases.session.await_facts import await_end, await_slot


def handle(event: dict[str, Any], ports: AwsPorts) -> None:
    """The token is answered when the slot or the end has come, and when the session ended or moves before that."""
    step = payload_of(AwaitSessionPayload, event)
    wait = {Awaited.SLOT: await_slot, Awaited.END: await_end}[step.awaits]
    wait(step.session_id, step.task_token, ports)


handler = lambda_handler(handle)
