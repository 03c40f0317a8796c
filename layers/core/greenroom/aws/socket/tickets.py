"""Tickets for the Viewer socket, in DynamoDB. One conditional write uses a ticket up."""

from __future__ import annotations

from greenroom.aws.table.codec import decoded, encoded
from greenroom.aws.table.rows import RowChanged, change, store
from greenroom.aws.table.write import Write
from greenroom.domain.errors import TicketRefused
from greenroom.domain.socket.connection import Ticket


class DynamoTickets:
    """ports.Tickets."""

    def __init__(self, table: str) -> None:
        self._table = table

    def store(self, ticket_hash: str, ticket: Ticket) -> None:
        own = {"pk": f"TICKET#{ticket_hash}", "sk": "META"}
        expires_at = int(ticket.expires_at)  # TTL wants whole seconds; a ticket dies a little early
        store(self._table, {**own, **encoded(ticket), "expiresAt": expires_at})

    def redeem(self, ticket_hash: str, now: float) -> Ticket:
        pk = f"TICKET#{ticket_hash}"
        write = Write(self._table, pk, "META").when_exists().when("attribute_not_exists(usedAt)")
        write.when(f"{write.name('expiresAt')} > {write.value(now)}").set("usedAt", now)
        try:
            return decoded(Ticket, change(write, self._table, pk, "META"))
        except RowChanged as changed:
            raise TicketRefused("unknown, used or too old") from changed
