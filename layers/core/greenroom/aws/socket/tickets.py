"""Socket tickets in DynamoDB: used up by one conditional write."""

from __future__ import annotations

from greenroom.aws.table.rows import RowChanged, change, store
from greenroom.aws.table.write import Write
from greenroom.domain.errors import TicketRefused
from greenroom.domain.socket.connection import PeerKind, Ticket


class DynamoTickets:
    """ports.Tickets."""

    def __init__(self, table: str) -> None:
        self._table = table

    def store(self, ticket_hash: str, ticket: Ticket) -> None:
        row = {
            "pk": f"TICKET#{ticket_hash}",
            "sk": "META",
            "kind": ticket.kind.value,
            "expiresAt": int(ticket.expires_at),  # TTL wants whole seconds; a ticket dies a little early
            "sessionId": ticket.session_id,
            "epoch": ticket.epoch,
            "resumeJoin": ticket.resume_join,
            "viewerId": ticket.viewer_id,
            "instanceId": ticket.instance_id,
            "bootNonce": ticket.boot_nonce,
        }
        store(self._table, row)

    def redeem(self, ticket_hash: str, now: float) -> Ticket:
        pk = f"TICKET#{ticket_hash}"
        write = Write(self._table, pk, "META").when_exists().when("attribute_not_exists(usedAt)")
        write.when(f"{write.name('expiresAt')} > {write.value(now)}").set("usedAt", now)
        try:
            row = change(write, self._table, pk, "META")
        except RowChanged as changed:
            raise TicketRefused("unknown, used or too old") from changed
        return Ticket(
            kind=PeerKind(row["kind"]),
            expires_at=row["expiresAt"],
            session_id=row.get("sessionId"),
            epoch=row.get("epoch"),
            resume_join=row.get("resumeJoin"),
            viewer_id=row.get("viewerId"),
            instance_id=row.get("instanceId"),
            boot_nonce=row.get("bootNonce"),
        )
