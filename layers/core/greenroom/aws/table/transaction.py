"""TransactWriteItems: conflicts and throttles are tried again, failed conditions are answers."""

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
    """Conditions failed: `codes` in the order of the items (`"None"` is a string), `rows` as they stood where known."""

    def __init__(self, codes: tuple[str, ...], rows: tuple[Mapping[str, Any], ...]) -> None:
        super().__init__(", ".join(codes))
        self.codes, self.rows = codes, rows

    def failed(self, index: int) -> bool:
        """Whether this item's condition was one of them."""
        return self.codes[index] == _REFUSED


def transact(items: Sequence[Mapping[str, Any]]) -> None:
    """All or nothing. Raises: Refused; StoreBusy when a conflict lasts.

    The request token is new for each attempt of ours: it protects botocore's own retries, whose reply may be lost.
    """

    def attempt() -> None:
        try:
            dynamodb().transact_write_items(TransactItems=items, ClientRequestToken=uuid.uuid4().hex)  # type: ignore[arg-type]
        except ClientError as error:
            _raise_if_refused(error)
            raise

    despite_conflicts(attempt)


def _raise_if_refused(error: ClientError) -> None:
    """A failed condition decides, whatever else cancelled the transaction. Raises: Refused."""
    reasons: list[Any] = list(error.response.get("CancellationReasons", []))
    codes = tuple(str(reason.get("Code", "None")) for reason in reasons)
    if _REFUSED in codes:
        raise Refused(codes, tuple(plain(reason.get("Item") or {}) for reason in reasons)) from error
