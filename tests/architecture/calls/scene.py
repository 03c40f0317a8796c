"""A pool for recorded calls: ten slots, an agent on the socket, a reaper at work. Written by the real adapters."""

from __future__ import annotations

import itertools
from typing import Any

from greenroom.domain.slot.slot import SlotState, shard_of
from greenroom.domain.socket.connection import PeerKind
from greenroom.usecases.pool.configure_catalog import configure_pool

from tests.builders import NONCE, a_connection, a_policy, a_pool, a_slot, an_application, an_instance

INSTANCE = "i-0000000000000001a"
AGENT = "agent"
APPLICATION = an_application(slots_per_instance=2)


def set_scene(ports: Any, slots: int, maximum: int = 10, target_idle: int = 0) -> None:
    """An application, its pool, and one Ready instance whose `slots` are free; the buffer stays whole at a claim."""
    now = ports.now()
    ports.catalog.save_application(APPLICATION)
    configure_pool(a_pool(policy=a_policy(target_idle=target_idle, maximum=maximum)), "operator", ports)
    ports.reaper.take("reaper", now, now + 600)
    instance = an_instance(INSTANCE, slot_count=slots, launched_at=now, ready_at=now)
    ports.fleet.add(instance)
    agent = {"instance_id": INSTANCE, "boot_nonce": NONCE, "expires_at": now + 3600}
    ports.connections.store(a_connection(AGENT, PeerKind.AGENT, **agent))
    for number in range(1, slots + 1):
        slot = a_slot(instance, number, SlotState.RESETTING, shard=shard_of(INSTANCE, maximum))
        ports.fleet.add_slots([slot], now)
        ports.claims.publish(slot, now)


_tokens = itertools.count(1)


def play(viewer: str = "ada") -> dict[str, Any]:
    """The body and the caller of POST /sessions, a new press each time."""
    return {"body": {"applicationId": "demo", "clientToken": f"t{next(_tokens)}"}, "viewer": viewer}
