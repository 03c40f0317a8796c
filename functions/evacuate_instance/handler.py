"""handle_interruption.EvacuateInstance: one look at an instance that is being lost."""

from __future__ import annotations

from typing import Any

from greenroom.domain.instance.instance import Notice, NoticeKind
from greenroom.domain.times import epoch_seconds
from greenroom.entry.compose import AwsPorts, lambda_handler
from greenroom.usecases.instance.evacuate_instance import evacuate_instance


def handle(event: dict[str, Any], ports: AwsPorts) -> dict[str, Any]:
    """Whether the machine must look again. Raises: NotFound (no instance of ours), Conflict."""
    ends_at = epoch_seconds(event["endsAt"]) if event.get("endsAt") else None
    notice = Notice(NoticeKind(event["kind"]), epoch_seconds(event["noticedAt"]), ends_at)
    seen = evacuate_instance(event["instanceId"], notice, ports)
    return {"done": seen.done, "held": seen.held}


handler = lambda_handler(handle)
