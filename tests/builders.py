"""The nouns of Greenroom for tests: one pure function each; a test names the facts it is about, the rest is usual.

`facts` are fields of the dataclass. Nothing is stored here: `tests.fakes.store.put` places these values in memory.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from greenroom.domain.event.scheduled_event import ScheduledEvent
from greenroom.domain.instance.instance import Instance, InstanceState
from greenroom.domain.instance.launch import Launch, LaunchState
from greenroom.domain.line.line import order_of
from greenroom.domain.pool.pool import Application, ApplicationKind, Pool, PoolPolicy
from greenroom.domain.session.session import Session, SessionState, SlotAssignment
from greenroom.domain.slot.slot import Slot, SlotState, shard_of, slot_id_of
from greenroom.domain.socket.connection import Connection, PeerKind
from greenroom.ports.line import LineTicket

NOW = 1_800_000_000.0
"""When the clock of the ports in memory stands still."""
NONCE = "0" * 32
"""Of the boot that an instance's agent registered with."""
MAXIMUM = 100
"""Slots of a pool: enough for two partitions of free entries."""


def an_application(application_id: str = "demo", **facts: Any) -> Application:
    """Without a picture, one slot an instance, in the pool `demo`."""
    whole = Application(
        application_id=application_id,
        name="Demo",
        kind=ApplicationKind.NULL,
        command=(),
        slots_per_instance=1,
        pool_id="demo",
    )
    return replace(whole, **facts)


def a_policy(**facts: Any) -> PoolPolicy:
    """Keeps nothing ready, and grows to MAXIMUM slots."""
    return replace(PoolPolicy(always_on=0, target_idle=0, maximum=MAXIMUM), **facts)


def a_pool(pool_id: str = "demo", **facts: Any) -> Pool:
    """Of the application `demo`, with `a_policy()`."""
    return replace(Pool(pool_id, "demo", a_policy()), **facts)


def an_instance(instance_id: str = "i-00000001", state: InstanceState = InstanceState.READY, **facts: Any) -> Instance:
    """A Spot instance with one slot, whose agent registered with NONCE."""
    whole = Instance(
        instance_id=instance_id,
        pool_id="demo",
        application_id="demo",
        launch_id="lch-1",
        state=state,
        instance_type="g5.xlarge",
        zone="us-east-1a",
        market="spot",
        slot_count=1,
        launched_at=NOW,
        boot_nonce=NONCE,
    )
    return replace(whole, **facts)


def a_slot(instance: Instance | None = None, number: int = 1, state: SlotState = SlotState.FREE, **facts: Any) -> Slot:
    """Of this instance (by default `an_instance()`), which nobody held yet."""
    of = instance or an_instance()
    whole = Slot(
        slot_id=slot_id_of(of.instance_id, number),
        number=number,
        instance_id=of.instance_id,
        pool_id=of.pool_id,
        application_id=of.application_id,
        state=state,
        epoch=0,
        instance_type=of.instance_type,
        zone=of.zone,
        market=of.market,
        shard=shard_of(of.instance_id, MAXIMUM),
    )
    return replace(whole, **facts)


def an_assignment(slot: Slot, **facts: Any) -> SlotAssignment:
    """Of this slot at its epoch, as a session row holds it."""
    whole = SlotAssignment(
        slot_id=slot.slot_id,
        instance_id=slot.instance_id,
        number=slot.number,
        epoch=slot.epoch,
        instance_type=slot.instance_type,
        zone=slot.zone,
        market=slot.market,
    )
    return replace(whole, **facts)


def a_session(session_id: str = "ses-1", state: SessionState = SessionState.QUEUED, **facts: Any) -> Session:
    """Ada's, asked for at NOW and in `state` since then."""
    at = facts.get("requested_at", NOW)
    whole = Session(
        session_id=session_id,
        viewer_id="ada",
        tenant_id="acme",
        application_id="demo",
        pool_id="demo",
        client_token=f"token-{session_id}",
        state=state,
        requested_at=at,
        deadline_at=at + 1200,
        transitions=dict.fromkeys((SessionState.REQUESTED, state), at),
    )
    return replace(whole, **facts)


def a_place(session: Session) -> LineTicket:
    """In line, where this session stands."""
    return LineTicket(
        session.pool_id, session.session_id, order_of(session), session.not_before, session.application_id
    )


def a_launch(launch_id: str = "lch-1", state: LaunchState = LaunchState.INTENDED, **facts: Any) -> Launch:
    """Of an instance with one slot."""
    whole = Launch(
        pool_id="demo",
        launch_id=launch_id,
        application_id="demo",
        slots=1,
        state=state,
        deadline_at=NOW + 120,
        reason="because",
    )
    return replace(whole, **facts)


def an_event(event_id: str = "evt-1", **facts: Any) -> ScheduledEvent:
    """In two hours, an hour long, for thirty viewers; warmed 20 minutes ahead."""
    whole = ScheduledEvent(
        event_id=event_id,
        pool_id="demo",
        name="Premiere",
        start=NOW + 7200,
        end=NOW + 10800,
        time_zone="UTC",
        expected_sessions=30,
        lead_s=1200,
        planned_at=NOW,
    )
    return replace(whole, **facts)


def a_connection(connection_id: str = "page-1", kind: PeerKind = PeerKind.PAGE, **facts: Any) -> Connection:
    """On the Viewer socket for an hour from NOW."""
    return replace(Connection(connection_id, kind, expires_at=NOW + 3600), **facts)
