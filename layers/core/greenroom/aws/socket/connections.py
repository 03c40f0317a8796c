"""Open connections in DynamoDB."""

from __future__ import annotations

from contextlib import suppress

from greenroom.aws.table.codec import decoded, encoded
from greenroom.aws.table.rows import RowChanged, change, discard, read, store
from greenroom.aws.table.values import item
from greenroom.aws.table.write import Write
from greenroom.domain.errors import NotFound
from greenroom.domain.socket.connection import AgentConnection, Connection, PeerKind


class DynamoConnections:
    """ports.Connections."""

    def __init__(self, table: str) -> None:
        self._table = table

    def store(self, connection: Connection) -> None:
        expires_at = {"expiresAt": int(connection.expires_at)}  # TTL wants whole seconds
        own = {"pk": _key(connection.connection_id), "sk": "META"}
        store(self._table, {**own, **encoded(connection), **expires_at})
        if connection.kind is PeerKind.AGENT and connection.instance_id is not None:
            reached_by = AgentConnection(connection.instance_id, connection.connection_id, connection.boot_nonce or "")
            pointer = {"pk": f"AGENT#{connection.instance_id}", "sk": "CONNECTION"}
            store(self._table, {**pointer, **encoded(reached_by), **expires_at})

    def get(self, connection_id: str) -> Connection:
        row = read(self._table, _key(connection_id), "META")
        if not row:
            raise NotFound("connection", connection_id)
        return decoded(Connection, row)

    def renew_epoch(self, connection_id: str, epoch: int) -> None:
        pk = _key(connection_id)
        with suppress(RowChanged):  # closed meanwhile
            change(Write(self._table, pk, "META").when_exists().set("epoch", epoch), self._table, pk, "META")

    def of_agent(self, instance_id: str) -> AgentConnection | None:
        row = read(self._table, f"AGENT#{instance_id}", "CONNECTION")
        return decoded(AgentConnection, row) if row else None

    def drop(self, connection_id: str) -> None:
        dropped = discard(self._table, _key(connection_id), "META", ReturnValues="ALL_OLD")
        instance_id = dropped.get("instanceId")
        if instance_id is None:
            return
        with suppress(RowChanged):  # the agent is back on another one
            discard(
                self._table,
                f"AGENT#{instance_id}",
                "CONNECTION",
                ConditionExpression="connectionId = :c",
                ExpressionAttributeValues=item({":c": connection_id}),
            )


def _key(connection_id: str) -> str:
    return f"CONNECTION#{connection_id}"
