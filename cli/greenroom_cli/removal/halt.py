"""The pools are halted by the deployed function that operators' calls reach too: rows and Journal are its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from greenroom_cli.aws.account import Account

FUNCTION = "operate_pool"
BY = "greenroom destroy"
REASON = "the stack is being deleted"
TRIES = 3
"""A function that is throttled for longer is done without: what follows does not depend on it."""


@dataclass(frozen=True, slots=True)
class Halted:
    """`pools`: the ids of those that launch nothing more; None when nobody could halt them, and `why`."""

    pools: tuple[str, ...] | None
    why: str = ""


def payload() -> dict[str, str]:
    """What the function is invoked with; entry/pool/halt_call.py reads it."""
    return {"command": "haltEveryPool", "reason": REASON, "by": BY}


def halt_pools(account: Account, stack_name: str) -> Halted:
    """Never raises for what is missing: on a stack that is half gone the rest is still to be ended."""
    try:
        answer = account.client("lambda", tries=TRIES).invoke(
            FunctionName=f"{stack_name}-{FUNCTION}", Payload=json.dumps(payload()).encode()
        )
        return _halted(answer)
    except (BotoCoreError, ClientError) as error:
        return Halted(None, str(error))


def _halted(answer: Any) -> Halted:
    """A function that failed answers with its error, and one of an older stack with something else."""
    text = answer["Payload"].read().decode(errors="replace")
    try:
        parsed = json.loads(text)
        if "FunctionError" in answer:
            return Halted(None, str(parsed["errorMessage"]))
        return Halted(tuple(map(str, parsed["halted"])))
    except (ValueError, KeyError, TypeError):
        return Halted(None, f"{FUNCTION} answered {text[:200]}")
