"""Repeats a write that DynamoDB refused because another transaction was running on its item.

DynamoDB refuses such a write, single or transaction, at once and writes nothing. botocore does not retry it.
Source: Amazon DynamoDB developer guide, transaction conflict handling.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from greenroom.domain.errors import StoreBusy

ATTEMPTS = 8
LONGEST_PAUSE_S = 0.2
_PASSING = frozenset({"TransactionConflictException", "TransactionInProgressException"})
_PASSING_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})

R = TypeVar("R")


def despite_conflicts(write: Callable[[], R]) -> R:
    """Calls `write` up to ATTEMPTS times, with full jitter between, and returns its answer.

    Raises: StoreBusy if the conflict lasts; any other error of `write`, at once.
    """
    for attempt in range(ATTEMPTS):
        try:
            return write()
        except ClientError as error:
            if not _is_passing(error):
                raise
            if attempt == ATTEMPTS - 1:
                raise StoreBusy(f"{error.operation_name}: {error.response['Error']['Code']}") from error
        time.sleep(random.uniform(0, min(LONGEST_PAUSE_S, 0.01 * 2**attempt)))
    raise AssertionError("the last attempt answers or raises")


def _is_passing(error: ClientError) -> bool:
    reasons = {str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])}
    return error.response["Error"]["Code"] in _PASSING or bool(_PASSING_REASONS & reasons)
