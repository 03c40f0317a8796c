"""Halt the pools, stop what works, end every instance, empty the buckets, delete the stack. Nothing is left to pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from greenroom_cli.aws.account import Account
from greenroom_cli.aws.stacks import Stack
from greenroom_cli.progress import Progress
from greenroom_cli.removal.halt import Halted, halt_pools
from greenroom_cli.removal.instances import end_instances
from greenroom_cli.removal.leftovers import empty_buckets, forget_artifacts, forget_logs
from greenroom_cli.removal.resources import Resource, resources_of
from greenroom_cli.removal.sources import stop_executions, stop_rules, stop_schedules
from greenroom_cli.removal.stack_deletion import remove_stack


@dataclass(frozen=True, slots=True)
class Removed:
    """What was there. `halted` is None where there was no stack."""

    halted: Halted | None
    executions: int
    instances: int


def destroy(account: Account, stack: Stack | None, stack_name: str, progress: Progress) -> Removed:
    """Doing it again, on a stack that is half gone, or on one that is not there (None), is harmless.

    Raises: DestroyFailed, InstancesRemain, BucketNotEmptied; ClientError, BotoCoreError when AWS does not say how
    things are.
    """
    halted, executions, resources = None, 0, tuple[Resource, ...]()
    if stack:
        resources = resources_of(account.client("cloudformation"), stack)
        halted = _halt(account, stack_name, progress)
        executions = _stop(account, resources, progress)
    with progress.step("ending the instances"):
        instances = end_instances(account, stack_name)
    progress.say(f"instances ended: {instances}")
    if stack:
        _delete(account, stack, stack_name, resources, progress)
    else:
        progress.say(f"there is no stack {stack_name} in {account.region}")
    with progress.step("looking for what is left"):
        instances += end_instances(account, stack_name)  # a launch that was under way while the stack went
        forget_logs(account, resources)
        forget_artifacts(account, stack_name)
    return Removed(halted, executions, instances)


def _halt(account: Account, stack_name: str, progress: Progress) -> Halted:
    with progress.step("halting the pools"):
        halted = halt_pools(account, stack_name)
    if halted.pools is None:
        progress.say(f"the pools could not be halted, and are ended all the same: {halted.why}")
    else:
        progress.say(f"pools halted: {', '.join(halted.pools) or 'none'}")
    return halted


def _stop(account: Account, resources: Sequence[Resource], progress: Progress) -> int:
    with progress.step("stopping rules, schedules and executions"):
        stop_rules(account, resources)
        stop_schedules(account, resources)
        executions = stop_executions(account, resources)
    progress.say(f"executions stopped: {executions}")
    return executions


def _delete(account: Account, stack: Stack, stack_name: str, resources: Sequence[Resource], progress: Progress) -> None:
    def clear() -> None:
        end_instances(account, stack_name)
        empty_buckets(account, resources)

    with progress.step("emptying the buckets"):
        empty_buckets(account, resources)
    with progress.step(f"deleting stack {stack_name}"):
        remove_stack(account.client("cloudformation"), stack, clear, progress.say)
