"""Open connections in DynamoDB."""

from __future__ import annotations

from contextlib import suppress

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
        row = {
            "pk": f"CONNECTION#{connection.connection_id}",
            "sk": "META",
            "kind": connection.kind.value,
            "expiresAt": int(connection.expires_at),
            "sessionId": connection.session_id,
            "epoch": connection.epoch,
            "joinNumber": connection.join_number,
            "viewerId": connection.viewer_id,
            "instanceId": connection.instance_id,
            "bootNonce": connection.boot_nonce,
        }
        store(self._table, row)
        if connection.kind is PeerKind.AGENT and connection.instance_id is not None:
            pointer = {
                "pk": f"AGENT#{connection.instance_id}",
                "sk": "CONNECTION",
                "connectionId": connection.connection_id,
                "bootNonce": connection.boot_nonce,
                "expiresAt": int(connection.expires_at),
            }
            store(self._table, pointer)

    def get(self, connection_id: str) -> Connection:
        row = read(self._table, f"CONNECTION#{connection_id}", "META")
        if not row:
            raise NotFound(connection_id)
        return Connection(
            connection_id=connection_id,
            kind=PeerKind(row["kind"]),
            expires_at=row["expiresAt"],
            session_id=row.get("sessionId"),
            epoch=row.get("epoch"),
            join_number=row.get("joinNumber"),
            viewer_id=row.get("viewerId"),
            instance_id=row.get("instanceId"),
            boot_nonce=row.get("bootNonce"),
        )

    def renew_epoch(self, connection_id: str, epoch: int) -> None:
        pk = f"CONNECTION#{connection_id}"
        with suppress(RowChanged):  # closed meanwhile
            change(Write(self._table, pk, "META").when_exists().set("epoch", epoch), self._table, pk, "META")

    def of_agent(self, instance_id: str) -> AgentConnection | None:
        row = read(self._table, f"AGENT#{instance_id}", "CONNECTION")
        return AgentConnection(instance_id, row["connectionId"], row.get("bootNonce", "")) if row else None

    def drop(self, connection_id: str) -> None:
        dropped = discard(self._table, f"CONNECTION#{connection_id}", "META", ReturnValues="ALL_OLD")
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
