"""Slot rows and free entries, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.domain.slot.slot import FreeSlot, Slot, SlotState, instance_of


def instance_key(instance_id: str) -> str:
    return f"INSTANCE#{instance_id}"


def slot_key(slot_id: str) -> tuple[str, str]:
    """`i-0abc.2` -> (`INSTANCE#i-0abc`, `SLOT#002`). Raises: ValueError for what is no slot id."""
    instance_id, number = instance_of(slot_id)
    return instance_key(instance_id), f"SLOT#{number:03d}"


def free_key(pool_id: str, application_id: str, shard: int) -> str:
    return f"FREE#{pool_id}#{application_id}#{shard:02d}"


def pool_key(pool_id: str) -> str:
    return f"POOL#{pool_id}"


def slot_row(slot: Slot, changed_at: str) -> dict[str, Any]:
    """The whole item of a slot; `poolKey` puts it into the pool's index."""
    pk, sk = slot_key(slot.slot_id)
    return {
        "pk": pk,
        "sk": sk,
        "slotId": slot.slot_id,
        "number": slot.number,
        "instanceId": slot.instance_id,
        "poolId": slot.pool_id,
        "poolKey": slot.pool_id,
        "applicationId": slot.application_id,
        "state": slot.state.value,
        "epoch": slot.epoch,
        "shard": slot.shard,
        "sessionId": slot.session_id,
        "viewerId": slot.viewer_id,
        "leaseUntil": slot.lease_until,
        "deadlineAt": slot.deadline_at,
        "takenAt": slot.taken_at,
        "instanceType": slot.instance_type,
        "zone": slot.zone,
        "market": slot.market,
        "changedAt": changed_at,
    }


def slot_of(row: Mapping[str, Any]) -> Slot:
    return Slot(
        slot_id=row["slotId"],
        number=row["number"],
        instance_id=row["instanceId"],
        pool_id=row["poolId"],
        application_id=row["applicationId"],
        state=SlotState(row["state"]),
        epoch=row["epoch"],
        instance_type=row["instanceType"],
        zone=row["zone"],
        market=row["market"],
        session_id=row.get("sessionId"),
        viewer_id=row.get("viewerId"),
        lease_until=row.get("leaseUntil"),
        deadline_at=row.get("deadlineAt"),
        taken_at=row.get("takenAt"),
        shard=row["shard"],
    )


def free_row(slot: Slot) -> dict[str, Any]:
    """What a claim needs to try this slot, no more."""
    return {
        "pk": free_key(slot.pool_id, slot.application_id, slot.shard),
        "sk": slot.slot_id,
        "slotId": slot.slot_id,
        "instanceId": slot.instance_id,
        "number": slot.number,
        "epoch": slot.epoch,
        "instanceType": slot.instance_type,
        "zone": slot.zone,
        "market": slot.market,
    }


def free_of(row: Mapping[str, Any], pool_id: str, application_id: str, shard: int) -> FreeSlot:
    return FreeSlot(
        slot_id=row["slotId"],
        instance_id=row["instanceId"],
        number=row["number"],
        pool_id=pool_id,
        application_id=application_id,
        shard=shard,
        epoch=row["epoch"],
        instance_type=row["instanceType"],
        zone=row["zone"],
        market=row["market"],
    )
