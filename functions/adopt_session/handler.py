"""session_lifecycle.AdoptAndAwaitConnection: this execution drives the session and waits for its viewer."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.entry.payload import payload_of
from greenroom.entry.session.session_payloads import AdoptSessionPayload
from greenroom.usecases.session.await_facts import adopt_session


def handle(event: dict[str, Any], ports: AwsPorts) -> None:
    """The token is answered later, or at once. Raises: SessionAlreadyAdopted, NoFreeSlot (both are caught)."""
    step = payload_of(AdoptSessionPayload, event)
    adopt_session(step.session_id, step.execution_arn, step.task_token, ports)


handler = lambda_handler(handle)
