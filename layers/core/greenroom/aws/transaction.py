"""TransactWriteItems: conflicts and throttles are tried again, failed conditions are answers."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from greenroom.aws.clients import dynamodb
from greenroom.aws.values import plain

ATTEMPTS = 8
LONGEST_PAUSE_S = 0.2
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
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
    """All or nothing. Raises: Refused; ClientError for anything else that lasts.

    The request token is new for each attempt of ours: it protects botocore's own retries, whose reply may be lost.
    """
    for attempt in range(ATTEMPTS):
        try:
            dynamodb().transact_write_items(TransactItems=items, ClientRequestToken=uuid.uuid4().hex)  # type: ignore[arg-type]
            return
        except ClientError as error:
            _raise_unless_passing(error, last=attempt == ATTEMPTS - 1)
        time.sleep(random.uniform(0, min(LONGEST_PAUSE_S, 0.01 * 2**attempt)))


def _raise_unless_passing(error: ClientError, last: bool) -> None:
    code = error.response["Error"]["Code"]
    reasons: list[Any] = list(error.response.get("CancellationReasons", []))
    codes = tuple(str(reason.get("Code", "None")) for reason in reasons)
    if _REFUSED in codes:
        raise Refused(codes, tuple(plain(reason.get("Item") or {}) for reason in reasons)) from error
    passing = code == "TransactionInProgressException" or bool(_PASSING.intersection(codes))
    if last or not passing:
        raise error
