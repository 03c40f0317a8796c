"""Slot rows, free entries, and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.table.codec import decoded, encoded
from greenroom.domain.shape import selected
from greenroom.domain.slot.slot import FreeSlot, Slot, instance_of
from greenroom.domain.tenant import THE_TENANT, owned


def instance_key(instance_id: str) -> str:
    return f"INSTANCE#{instance_id}"


def slot_key(slot_id: str) -> tuple[str, str]:
    """`i-0abc.2` -> (`INSTANCE#i-0abc`, `SLOT#002`). Raises: ValueError for what is no slot id."""
    instance_id, number = instance_of(slot_id)
    return instance_key(instance_id), f"SLOT#{number:03d}"


def free_key(pool_id: str, application_id: str, shard: int) -> str:
    return owned("FREE", f"{pool_id}#{application_id}#{shard:02d}")


def pool_key(pool_id: str) -> str:
    return owned("POOL", pool_id)


def pool_index_key(pool_id: str) -> str:
    """The `poolKey` of rows that a pool's index shows."""
    return f"{THE_TENANT}#{pool_id}"


def slot_row(slot: Slot, changed_at: float) -> dict[str, Any]:
    """The whole item of a slot; `poolKey` puts it into the pool's index."""
    pk, sk = slot_key(slot.slot_id)
    own = {"pk": pk, "sk": sk, "poolKey": pool_index_key(slot.pool_id), "changedAt": changed_at}
    return {**own, **encoded(slot)}


def slot_of(row: Mapping[str, Any]) -> Slot:
    return decoded(Slot, row)


def free_row(slot: Slot) -> dict[str, Any]:
    """The slot's free entry: only what a claim needs to try the slot."""
    pk = free_key(slot.pool_id, slot.application_id, slot.shard)
    return {"pk": pk, "sk": slot.slot_id, **encoded(selected(FreeSlot, slot))}


def free_of(row: Mapping[str, Any]) -> FreeSlot:
    return decoded(FreeSlot, row)
