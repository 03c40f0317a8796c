"""`greenroom destroy`: nothing of the stack is left to pay."""

from __future__ import annotations

from collections.abc import Mapping

from greenroom_cli.aws.aws_failures import aws_failures
from greenroom_cli.aws.target import existing, find_target
from greenroom_cli.commands.output import Output, Result
from greenroom_cli.removal.destroy import destroy


def destroy_there(environment: Mapping[str, str], output: Output) -> Result:
    """`environment`: as target.py reads it. Raises: CommandFailed."""
    with aws_failures("run greenroom destroy again when that is mended"):
        target = find_target(environment)
        output.say(f"destroying {target.place}")
        removed = destroy(target.account, existing(target), target.stack_name, output)
    halted = removed.halted
    document: dict[str, object] = {
        **target.document,
        "poolsHalted": halted.pools if halted else [],
        "poolsNotHaltedBecause": halted.why if halted else "",
        "executionsStopped": removed.executions,
        "instancesEnded": removed.instances,
    }
    return Result(document, "greenroom: done: no instance, no bucket content, no stack")
