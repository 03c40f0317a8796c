"""The stack's end, as CloudFormation sees it: an error is no end, and a stack that stays is deleted once more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from greenroom_cli.aws.stacks import Stack, find_stack, is_passing
from greenroom_cli.failures import CommandFailed
from greenroom_cli.removal.resources import resources_of

STACK_GONE_S = 1800.0
POLL_S = 1.0
TRIES = 3
OLD_LOOKS = 5


class DestroyFailed(CommandFailed):
    """The stack is still there."""


def remove_stack(
    cloudformation: Any,
    stack: Stack,
    clear: Callable[[], None],
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Delete it; when something held it back, `clear` what does and try again, three times in all.

    Raises: as `delete_stack`, with what holds it back.
    """
    tries = 1
    while True:
        try:
            delete_stack(cloudformation, stack, sleep)
            return
        except DestroyFailed as failed:
            held = _held_back(cloudformation, stack)
            if tries == TRIES or not held:
                raise DestroyFailed(failed.what, held or failed.why, failed.remedy) from failed
        say(f"the stack was not deleted ({held}); trying again")
        clear()
        stack, tries = replace(stack, status="DELETE_FAILED"), tries + 1


def delete_stack(cloudformation: Any, stack: Stack, sleep: Callable[[float], None]) -> None:
    """By its id, which is known for 90 days beyond the end. An error is no end; what passes is asked again.

    A stack that failed before shows that for a moment longer: this is no answer yet.
    Raises: DestroyFailed when it is still there afterwards; ClientError, BotoCoreError when that cannot be known.
    """
    cloudformation.delete_stack(StackName=stack.stack_id)
    ends, old_looks = time.monotonic() + STACK_GONE_S, OLD_LOOKS if stack.status == "DELETE_FAILED" else 0
    while True:
        status = _status(cloudformation, stack.stack_id)
        if status == "DELETE_COMPLETE":
            return
        old_looks = old_looks - 1 if status == "DELETE_FAILED" else 0
        if (status == "DELETE_FAILED" and old_looks < 0) or time.monotonic() > ends:
            why = f"CloudFormation says {status}"
            raise DestroyFailed(f"stack {stack.stack_id} stays", why, "see its events, and run it again")
        sleep(POLL_S)


def _held_back(cloudformation: Any, stack: Stack) -> str:
    """`WebBucket: The bucket you tried to delete is not empty`; empty when no resource says."""
    failed = [each for each in resources_of(cloudformation, stack) if each.status == "DELETE_FAILED"]
    return "; ".join(f"{each.logical_id}: {each.reason}" if each.reason else each.logical_id for each in failed)


def _status(cloudformation: Any, stack_id: str) -> str:
    try:
        found = find_stack(cloudformation, stack_id)
    except (BotoCoreError, ClientError) as error:
        if not is_passing(error):
            raise
        return f"not known ({error})"
    return found.status if found else "DELETE_COMPLETE"
