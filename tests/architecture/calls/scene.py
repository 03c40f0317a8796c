"""A pool for recorded calls: ten slots, an agent on the socket, a reaper at work. Written by the real adapters."""

from __future__ import annotations

import itertools
from typing import Any

from greenroom.domain.instance.instance import Instance, InstanceState
from greenroom.domain.pool.pool import Application, ApplicationKind, Pool, PoolPolicy
from greenroom.domain.slot.slot import Slot, SlotState, shard_of, slot_id_of
from greenroom.domain.socket.connection import Connection, PeerKind
from greenroom.usecases.pool.configure import configure_pool

INSTANCE, NONCE = "i-0000000000000001a", "0" * 32
AGENT = "agent"
APPLICATION = Application(
    application_id="demo", name="Demo", kind=ApplicationKind.NULL, command=(), slots_per_instance=2, pool_id="demo"
)


def set_scene(ports: Any, slots: int, maximum: int = 10, target_idle: int = 0) -> None:
    """An application, its pool, and one Ready instance whose `slots` are free; the buffer stays whole at a claim."""
    now = ports.now()
    ports.catalog.save_application(APPLICATION)
    configure_pool(Pool("demo", "demo", PoolPolicy(0, target_idle, maximum)), "operator", ports)
    ports.reaper.take("reaper", now, now + 600)
    ports.fleet.add(_instance(slots, now))
    ports.connections.store(Connection(AGENT, PeerKind.AGENT, now + 3600, instance_id=INSTANCE, boot_nonce=NONCE))
    for number in range(1, slots + 1):
        slot = _slot(number, maximum)
        ports.fleet.add_slots([slot], now)
        ports.claims.publish(slot, now)
        ports.capacity.add_free("demo", 1)


def _instance(slots: int, now: float) -> Instance:
    return Instance(
        instance_id=INSTANCE,
        pool_id="demo",
        application_id="demo",
        launch_id="lch-1",
        state=InstanceState.READY,
        instance_type="g5.xlarge",
        zone="us-east-1a",
        market="spot",
        slot_count=slots,
        launched_at=now,
        ready_at=now,
        boot_nonce=NONCE,
    )


def _slot(number: int, maximum: int) -> Slot:
    return Slot(
        slot_id=slot_id_of(INSTANCE, number),
        number=number,
        instance_id=INSTANCE,
        pool_id="demo",
        application_id="demo",
        state=SlotState.RESETTING,
        epoch=0,
        instance_type="g5.xlarge",
        zone="us-east-1a",
        market="spot",
        shard=shard_of(INSTANCE, maximum),
    )


_tokens = itertools.count(1)


def play(viewer: str = "ada") -> dict[str, Any]:
    """The body and the caller of POST /sessions, a new press each time."""
    return {"body": {"applicationId": "demo", "clientToken": f"t{next(_tokens)}"}, "viewer": viewer}
