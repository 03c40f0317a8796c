"""Places to run contracts in. Each has ports and a way to put an instance with a slot there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import boto3
import botocore.client
import pytest
from greenroom.aws import clients
from greenroom.aws.instance.instance_rows import instance_row
from greenroom.aws.line.line import DynamoLine
from greenroom.aws.pool.pools import DynamoPools
from greenroom.aws.session.claims import DynamoClaims
from greenroom.aws.session.session_rows import viewer_key
from greenroom.aws.session.sessions import DynamoSessions
from greenroom.aws.slot.slot_rows import free_row, slot_row
from greenroom.aws.slot.slots import DynamoSlots
from greenroom.aws.socket.connections import DynamoConnections
from greenroom.aws.socket.tickets import DynamoTickets
from greenroom.aws.table.values import item
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom_lab.memory.ports import FakePorts
from moto import mock_aws

from tests.builders import a_slot, an_instance
from tests.contracts.conflicts import conflicts
from tests.fakes.stage import add_slot
from tests.fakes.store import change_instance, is_free, miscount_viewer, put

REGION = "us-east-1"
KINDS: Mapping[str, int] = {"memory": 0, "moto": 0, "moto in conflicts": 3}
"""Where every contract runs -> which of its writes meets a running transaction; 0: none does."""
_ONE_AT_A_TIME = threading.RLock()


class House(Protocol):
    """What a contract test sees."""

    sessions: Any
    line: Any
    claims: Any
    slots: Any
    pools: Any
    tickets: Any
    connections: Any

    def add_slot(self, instance_id: str, state: SlotState) -> Slot: ...
    def put_slot(self, slot: Slot) -> None: ...
    def set_instance(self, instance_id: str, state: InstanceState) -> None: ...
    def is_free_entry(self, slot: Slot) -> bool: ...


class MemoryHouse(FakePorts):
    """The fakes."""

    def add_slot(self, instance_id: str, state: SlotState) -> Slot:
        return add_slot(self, instance_id, state)

    def put_slot(self, slot: Slot) -> None:
        """The row as it is, whatever stood there, with a free entry if it is free."""
        put(self, slot)

    def set_instance(self, instance_id: str, state: InstanceState) -> None:
        change_instance(self, instance_id, state=state)

    def is_free_entry(self, slot: Slot) -> bool:
        return is_free(self, slot)

    def miscount(self, viewer_id: str, *session_ids: str) -> None:
        """The viewer's counter names these, whatever the rows say: half of a transaction, out of a backup."""
        miscount_viewer(self, viewer_id, *session_ids)


class DynamoHouse:
    """The real adapters on some DynamoDB. What the house itself writes goes through a client of its own."""

    def __init__(self, sessions_table: str, fleet_table: str) -> None:
        self.database = boto3.client("dynamodb", region_name=REGION)
        self.sessions_table, self.fleet_table = sessions_table, fleet_table
        self.sessions = DynamoSessions(sessions_table)
        self.line = DynamoLine(sessions_table)
        self.claims = DynamoClaims(sessions_table, fleet_table)
        self.slots = DynamoSlots(fleet_table)
        self.pools = DynamoPools(fleet_table)
        self.tickets = DynamoTickets(sessions_table)
        self.connections = DynamoConnections(sessions_table)

    @classmethod
    @contextmanager
    def on_moto(cls, conflict_every: int = 0) -> Iterator[DynamoHouse]:
        """Moto in this process, its calls one at a time: its transactions are not atomic under threads.

        `conflict_every`: which of the adapters' writes finds its item in a running transaction; 0: none.
        """
        with pytest.MonkeyPatch.context() as patch, mock_aws(), ExitStack() as faults:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                patch.setenv(name, "testing")
            patch.setenv("AWS_DEFAULT_REGION", REGION)
            patch.delenv("AWS_ENDPOINT_URL", raising=False)
            original = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

            def serialised(self: Any, name: str, arguments: Any) -> Any:
                with _ONE_AT_A_TIME:
                    return original(self, name, arguments)

            patch.setattr(botocore.client.BaseClient, "_make_api_call", serialised)
            clients.dynamodb.cache_clear()
            create_tables("sessions", "fleet")
            if conflict_every:
                faults.enter_context(conflicts(conflict_every))
            yield cls("sessions", "fleet")
        clients.dynamodb.cache_clear()

    def add_slot(self, instance_id: str, state: SlotState) -> Slot:
        slot = a_slot(an_instance(instance_id), state=state)
        self.put_slot(slot)
        self.set_instance(instance_id, InstanceState.READY)
        return slot

    def put_slot(self, slot: Slot) -> None:
        """The row as it is, whatever stood there, with a free entry if it is free."""
        self.put(slot_row(slot, 1_767_225_600.0))
        entry = free_row(slot)
        if slot.state is SlotState.FREE:
            self.put(entry)
        else:
            key = item({"pk": entry["pk"], "sk": entry["sk"]})
            self.database.delete_item(TableName=self.fleet_table, Key=key)

    def set_instance(self, instance_id: str, state: InstanceState) -> None:
        self.put(instance_row(an_instance(instance_id, state)))

    def is_free_entry(self, slot: Slot) -> bool:
        row = free_row(slot)
        key = item({"pk": row["pk"], "sk": row["sk"]})
        return "Item" in self.database.get_item(TableName=self.fleet_table, Key=key)

    def before_next_transaction(self, happen: Callable[[], object]) -> None:
        """Something that comes between what the next transaction was decided on and the transaction itself."""
        events = clients.dynamodb().meta.events
        name = "before-call.dynamodb.TransactWriteItems"

        def once(**_: Any) -> None:
            events.unregister(name, once)
            happen()

        events.register(name, once)

    def uncount(self, viewer_id: str) -> None:
        """As a recount that found nothing."""
        key = item({"pk": viewer_key(viewer_id), "sk": "COUNTER"})
        self.database.delete_item(TableName=self.sessions_table, Key=key)

    def miscount(self, viewer_id: str, *session_ids: str) -> None:
        """The viewer's counter names these, whatever the rows say: half of a transaction, out of a backup."""
        named = {"live": len(session_ids)} | ({"sessionIds": set(session_ids)} if session_ids else {})
        row = {"pk": viewer_key(viewer_id), "sk": "COUNTER", **named}
        self.database.put_item(TableName=self.sessions_table, Item=item(row))

    def put(self, row: dict[str, Any]) -> None:
        self.database.put_item(TableName=self.fleet_table, Item=item(row))


def create_tables(sessions: str, fleet: str) -> None:
    """The two tables, keyed and indexed as in template.yaml."""
    database = boto3.client("dynamodb", region_name=REGION)
    _create(database, sessions, {"byViewer": ("viewerId", "requestedAt"), "live": ("liveShard", "deadlineAt")})
    _create(database, fleet, {"byPool": ("poolKey", "pk")})


def _create(database: Any, table: str, indexes: dict[str, tuple[str, str]]) -> None:
    names = {"pk", "sk"} | {name for keys in indexes.values() for name in keys}
    database.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_keys("pk", "sk"),
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "N" if name.endswith("At") else "S"} for name in sorted(names)
        ],
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": _keys(*keys), "Projection": {"ProjectionType": "ALL"}}
            for name, keys in indexes.items()
        ],
    )


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
