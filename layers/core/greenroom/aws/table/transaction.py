"""TransactWriteItems. Conflicts and throttles are retried; failed conditions are raised as Refused."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from greenroom.aws.clients import dynamodb
from greenroom.aws.table.conflicts import despite_conflicts
from greenroom.aws.table.values import plain

_REFUSED = "ConditionalCheckFailed"


class Refused(Exception):
    """Conditions failed. `codes` and `rows` follow the items; the code `"None"` (a string) is no failure."""

    def __init__(self, codes: tuple[str, ...], rows: tuple[Mapping[str, Any], ...]) -> None:
        super().__init__(", ".join(codes))
        self.codes, self.rows = codes, rows

    def failed(self, index: int) -> bool:
        """Whether the condition of the item at this index failed."""
        return self.codes[index] == _REFUSED


def transact(items: Sequence[Mapping[str, Any]]) -> None:
    """Writes all items or none. Raises: Refused; StoreBusy if a conflict lasts.

    Each of our attempts has a new request token. It makes botocore's own retries safe, whose reply may be lost.
    """

    def attempt() -> None:
        try:
            dynamodb().transact_write_items(TransactItems=items, ClientRequestToken=uuid.uuid4().hex)  # type: ignore[arg-type]
        except ClientError as error:
            _raise_if_refused(error)
            raise

    despite_conflicts(attempt)


def _raise_if_refused(error: ClientError) -> None:
    """Raises Refused if a condition failed, whatever else cancelled the transaction."""
    reasons: list[Any] = list(error.response.get("CancellationReasons", []))
    codes = tuple(str(reason.get("Code", "None")) for reason in reasons)
    if _REFUSED in codes:
        raise Refused(codes, tuple(plain(reason.get("Item") or {}) for reason in reasons)) from error
