"""Instances with their slots in DynamoDB."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from greenroom.aws.clients import dynamodb
from greenroom.aws.instance.instance_rows import KEPT_S, instance_of, instance_row
from greenroom.aws.slot.slot_moves import count_moves, items_of, not_free, transact_or_lost
from greenroom.aws.slot.slot_rows import instance_key, pool_index_key, pool_key, slot_of, slot_row
from greenroom.aws.table.rows import RowChanged, change, query, read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.values import item, plain
from greenroom.aws.table.write import Write, put
from greenroom.domain.errors import Conflict, InstanceHasEnded, NotFound, StaleBoot
from greenroom.domain.instance.instance import Instance, InstanceState, changed
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import SlotMove, await_ready, retire_free, withdraw
from greenroom.ports.instance import Member


class DynamoFleet:
    """ports.Fleet."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, instance_id: str) -> Instance:
        row = read(self._table, instance_key(instance_id), "META")
        if not row:
            raise NotFound("instance", instance_id)
        return instance_of(row)

    def mark_ready(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        pk = instance_key(instance_id)
        write = Write(self._table, pk, "META").when_equal("bootNonce", boot_nonce)
        write.when_equal("state", InstanceState.BOOTING.value).set("state", InstanceState.READY.value)
        write.set_once("readyAt", now).count("version").remove("deadlineAt")
        try:
            return instance_of(change(write, self._table, pk, "META"))
        except RowChanged as changed:
            if not changed.row:
                raise NotFound("instance", instance_id) from changed
            if changed.row.get("bootNonce") != boot_nonce:
                raise StaleBoot(instance_id) from changed
            return instance_of(changed.row)

    def record_heartbeat(self, instance_id: str, boot_nonce: str, now: float) -> Instance:
        pk = instance_key(instance_id)
        write = Write(self._table, pk, "META").when_equal("bootNonce", boot_nonce).set("heartbeatAt", now)
        write.when(f"{write.name('state')} <> {write.value(InstanceState.TERMINATED.value)}")
        try:
            return instance_of(change(write, self._table, pk, "META"))
        except RowChanged as changed:
            if not changed.row:
                raise NotFound("instance", instance_id) from changed
            if changed.row.get("bootNonce") != boot_nonce:
                raise StaleBoot(instance_id) from changed
            raise InstanceHasEnded(instance_id) from changed

    def list_of_pool(self, pool_id: str, member_ids: Collection[str] | None = None) -> Sequence[Member]:
        shown = _index_of_pool(self._table, pool_id)
        if member_ids is None:
            member_ids = [row["instanceId"] for row in query(self._table, pool_key(pool_id), begins_with="MEMBER#")]
        missing = [self._member(each) for each in member_ids if each not in shown]
        return [*shown.values(), *(each for each in missing if each is not None)]

    def add(self, instance: Instance) -> Instance:
        entry = {"pk": pool_key(instance.pool_id), "sk": f"MEMBER#{instance.instance_id}"}
        facts = {"instanceId": instance.instance_id, "launchId": instance.launch_id}
        row = put(self._table, instance_row(instance), "attribute_not_exists(pk)")
        try:
            transact([row, put(self._table, {**entry, **facts})])
        except Refused:
            return instance_of(read(self._table, instance_key(instance.instance_id), "META"))
        return instance

    def save(self, instance: Instance, *, unless_heard: bool = False) -> Instance:
        after = _next(instance)
        items = [self._write(instance, after, unless_heard)]
        if after.state is InstanceState.TERMINATED:
            slots = query(self._table, instance_key(after.instance_id), begins_with="SLOT#")
            items.append(Write(self._table, pool_key(after.pool_id), f"MEMBER#{after.instance_id}").as_delete())
            items += [self._unlisted(after, row["sk"]) for row in slots]
        try:
            transact(items)
        except Refused as refused:
            raise Conflict("instance", instance.instance_id) from refused
        return after

    def add_slots(self, slots: Sequence[Slot], now: float) -> None:
        for slot in slots:
            with suppress(Refused):  # an earlier registration wrote it
                transact([put(self._table, slot_row(slot, now), "attribute_not_exists(pk)")])

    def drain_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        after = changed(instance, InstanceState.DRAINING, reason)
        return self._change(instance, after, [retire_free(each, now) for each in _used(slots)], slots)

    def stop_idle(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        after = changed(instance, InstanceState.STOPPED, reason)
        return self._change(instance, after, [withdraw(each, now) for each in _used(slots)], slots)

    def drain(self, instance: Instance, slots: Sequence[Slot], now: float, reason: str) -> Instance:
        after = changed(instance, InstanceState.DRAINING, reason)
        moves = [withdraw(each, now) for each in slots if each.state is SlotState.FREE]
        # The others may have been published since they were read: then an entry would outlive the drain.
        others = [not_free(self._table, each) for each in slots if each.state is not SlotState.FREE]
        return self._change(instance, after, moves, slots, others)

    def undrain(self, instance: Instance, slots: Sequence[Slot], now: float, deadline_at: float) -> Instance:
        after = replace(changed(instance, InstanceState.READY), status_reason=None)
        resetting = [each for each in slots if each.state is SlotState.RESETTING]
        return self._change(instance, after, [await_ready(each, now, deadline_at) for each in resetting], slots)

    # -- pieces

    def _change(
        self,
        before: Instance,
        to: Instance,
        moves: Sequence[SlotMove],
        slots: Sequence[Slot],
        others: Sequence[dict[str, Any]] = (),
    ) -> Instance:
        """Writes the instance and its slots in one transaction, then counts the free slots. Raises: SlotLost."""
        after, by_id = _next(to), {each.slot_id: each for each in slots}
        moved = [item for move in moves for item in items_of(self._table, by_id[move.slot_id], move)]
        items = [self._write(before, after, unless_heard=False), *moved, *others]
        transact_or_lost(after.instance_id, items, "instance")
        count_moves(self._table, after.pool_id, moves)
        return after

    def _member(self, instance_id: str) -> Member | None:
        rows = query(self._table, instance_key(instance_id))
        meta = next((row for row in rows if row["sk"] == "META"), None)
        if meta is None or meta["state"] == InstanceState.TERMINATED:
            return None
        return Member(instance_of(meta), tuple(slot_of(row) for row in rows if row["sk"] != "META"))

    def _write(self, before: Instance, after: Instance, unless_heard: bool) -> dict[str, Any]:
        """All but the heartbeat: agents write that beside the version, and an older one must not replace it."""
        write = Write(self._table, instance_key(before.instance_id), "META").when_equal("version", before.version)
        if unless_heard:
            write.when_equal("heartbeatAt", before.heartbeat_at)
            if before.heartbeat_at is None:
                write.when(f"attribute_not_exists({write.name('heartbeatAt')})")
        for name, value in instance_row(after).items():
            if name in ("pk", "sk", "heartbeatAt"):
                continue
            if value is None:
                write.remove(name)
            else:
                write.set(name, value)
        if after.state is InstanceState.LAUNCHING:
            write.remove("heartbeatAt")
        if after.state is InstanceState.TERMINATED:
            write.set("expiresAt", _expiry(after))
        return write.as_update()

    def _unlisted(self, instance: Instance, sk: str) -> dict[str, Any]:
        write = Write(self._table, instance_key(instance.instance_id), sk).remove("poolKey")
        return write.set("expiresAt", _expiry(instance)).as_update()


def _used(slots: Sequence[Slot]) -> list[Slot]:
    return [each for each in slots if each.state is not SlotState.RETIRED]


def _next(instance: Instance) -> Instance:
    return replace(instance, version=instance.version + 1)


def _expiry(instance: Instance) -> int:
    return int((instance.heartbeat_at or instance.launched_at) + KEPT_S)


def _index_of_pool(table: str, pool_id: str) -> dict[str, Member]:
    """The pool's members by instance id. Slots are left out while the index does not show their instance.

    It lags, so what is decided on it is decided again by a condition.
    """
    rows = _rows(table, pool_id)
    instances = [instance_of(row) for row in rows if row["sk"] == "META"]
    slots = sorted((slot_of(row) for row in rows if row["sk"] != "META"), key=lambda slot: slot.number)
    return {
        each.instance_id: Member(each, tuple(slot for slot in slots if slot.instance_id == each.instance_id))
        for each in instances
    }


def _rows(table: str, pool_id: str) -> list[dict[str, Any]]:
    arguments: dict[str, Any] = {
        "TableName": table,
        "IndexName": "byPool",
        "KeyConditionExpression": "poolKey = :p",
        "ExpressionAttributeValues": item({":p": pool_index_key(pool_id)}),
    }
    found: list[dict[str, Any]] = []
    while True:
        answer = dynamodb().query(**arguments)
        found += [plain(row) for row in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            return found
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
