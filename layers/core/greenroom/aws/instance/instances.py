"""Instance rows in DynamoDB, as far as sessions and slots need them."""

from __future__ import annotations

from greenroom.aws.instance.instance_rows import instance_of
from greenroom.aws.slot.slot_rows import instance_key
from greenroom.aws.table.rows import RowChanged, change, read
from greenroom.aws.table.write import Write
from greenroom.domain.errors import InstanceHasEnded, NotFound, StaleBoot
from greenroom.domain.instance.instance import Instance, InstanceState


class DynamoInstances:
    """ports.Instances."""

    def __init__(self, table: str) -> None:
        self._table = table

    def get(self, instance_id: str) -> Instance:
        row = read(self._table, instance_key(instance_id), "META")
        if not row:
            raise NotFound(instance_id)
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
                raise NotFound(instance_id) from changed
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
                raise NotFound(instance_id) from changed
            if changed.row.get("bootNonce") != boot_nonce:
                raise StaleBoot(instance_id) from changed
            raise InstanceHasEnded(instance_id) from changed
