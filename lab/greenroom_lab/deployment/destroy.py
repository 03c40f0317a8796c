"""`make destroy`: halt the pools, end every instance, empty the buckets, delete the stack. Nothing is left to pay.

CreateFleet's instances are no resources of the stack: deleting the stack alone would leave them running for ever.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from greenroom_lab.deployment import sam
from greenroom_lab.deployment.deployment_target import TargetRefused, existing, find_target
from greenroom_lab.deployment.stacks import Stack, find_stack, is_passing
from greenroom_lab.ec2.ec2_cloud import STACK_TAG

INSTANCES_GONE_S = 600.0
STACK_GONE_S = 1800.0
POLL_S = 1.0
AMOUNTS = ("alwaysOn", "targetIdle", "maximum", "warmInstances")
"""What a pool's policy asks for."""
LIVING = ["pending", "running", "shutting-down", "stopping", "stopped"]


class DestroyFailed(Exception):
    """Something is still there; the message names it."""


def main() -> int:
    try:
        target = find_target(os.environ)
        print(f"greenroom: destroying {target.place}", flush=True)
        stack = existing(target)
        destroy(target.account, stack, target.stack_name, lambda text: print(f"greenroom: {text}", flush=True))
    except (DestroyFailed, TargetRefused) as error:
        print(f"greenroom: {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"greenroom: not finished: {error}; run make destroy again when that is mended", file=sys.stderr)
        return 1
    return 0


def destroy(account: sam.Account, stack: Stack | None, stack_name: str, say: Callable[[str], None]) -> None:
    """Doing it again, or on a stack that is not there (None), is harmless.

    Raises: DestroyFailed; ClientError, BotoCoreError when AWS does not tell how things are.
    """
    outputs = stack.outputs if stack else {}
    if outputs:
        say(f"halting {halt_pools(account, outputs)} pools")
        stopped = stop_machines(account, outputs)
        say(f"stopping {stopped} running executions")
    say(f"ending {end_instances(account, stack_name)} instances")
    for name in ("WebBucket", "BuildsBucket"):
        if outputs.get(name):
            empty_bucket(account, outputs[name])
    if stack:
        say(f"deleting stack {stack_name}")
        delete_stack(account.client("cloudformation"), stack, time.sleep)
    else:
        say(f"there is no stack {stack_name} in {account.region}")
    # A launch that was under way while the stack went may have started one more.
    end_instances(account, stack_name)
    forget_artifacts(account, stack_name)
    say("done: no instance, no bucket content, no stack")


def halt_pools(account: sam.Account, outputs: Mapping[str, str]) -> int:
    """Every pool's policy becomes zero in its own row, so that nothing launches while the rest goes."""
    table = account.client("dynamodb")
    pools = table.scan(
        TableName=outputs["CatalogTable"],
        FilterExpression="begins_with(pk, :pool) AND sk = :meta",
        ExpressionAttributeValues={":pool": {"S": "POOL#"}, ":meta": {"S": "META"}},
    )["Items"]
    for pool in pools:
        table.update_item(
            TableName=outputs["CatalogTable"],
            Key={"pk": pool["pk"], "sk": pool["sk"]},
            UpdateExpression="SET " + ", ".join(f"#policy.#{name} = :zero" for name in AMOUNTS),
            ExpressionAttributeNames={f"#{name}": name for name in ("policy", *AMOUNTS)},
            ExpressionAttributeValues={":zero": {"N": "0"}},
        )
    return len(pools)


def stop_machines(account: sam.Account, outputs: Mapping[str, str]) -> int:
    """Running executions would go on acting until they are stopped. The sources of new ones go first."""
    machines = account.client("stepfunctions")
    stopped = 0
    for name in (
        "ReconcileFleet",
        "HandleInterruption",
        "MaintainPool",
        "LaunchInstance",
        "PrewarmEvent",
        "SessionLifecycle",
    ):
        arn = outputs.get(f"{name}MachineArn")
        if not arn:
            continue
        running = machines.get_paginator("list_executions").paginate(stateMachineArn=arn, statusFilter="RUNNING")
        for execution in [each for page in running for each in page["executions"]]:
            machines.stop_execution(executionArn=execution["executionArn"], cause="make destroy")
            stopped += 1
    return stopped


def end_instances(account: sam.Account, stack_name: str) -> int:
    """Terminate everything tagged with this stack and wait until it is gone. Raises: DestroyFailed."""
    ec2 = account.client("ec2")
    living = _instances(ec2, stack_name)
    count = len(living)
    ends = time.monotonic() + INSTANCES_GONE_S
    while living:
        for instance_id in living:  # one by one: a single unknown id fails a whole call
            try:
                ec2.terminate_instances(InstanceIds=[instance_id])
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidInstanceID.NotFound":
                    raise
        if time.monotonic() > ends:
            raise DestroyFailed(f"instances still there: {', '.join(living)}")
        time.sleep(POLL_S)
        living = _instances(ec2, stack_name)
    return count


def empty_bucket(account: sam.Account, bucket: str) -> None:
    """All objects and versions. A bucket that is gone is empty."""
    s3 = account.client("s3")
    try:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        for page in pages:
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if objects:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def delete_stack(cloudformation: Any, stack: Stack, sleep: Callable[[float], None]) -> None:
    """By its id, which is known for 90 days beyond the end. An error is no end; what passes is asked again.

    Raises: DestroyFailed when it is still there afterwards; ClientError, BotoCoreError when that cannot be known.
    """
    cloudformation.delete_stack(StackName=stack.stack_id)
    ends = time.monotonic() + STACK_GONE_S
    while True:
        status = _status(cloudformation, stack.stack_id)
        if status == "DELETE_COMPLETE":
            return
        if status == "DELETE_FAILED" or time.monotonic() > ends:
            raise DestroyFailed(f"stack {stack.stack_id} is {status}: see its events")
        sleep(POLL_S)


def _status(cloudformation: Any, stack_id: str) -> str:
    try:
        found = find_stack(cloudformation, stack_id)
    except (BotoCoreError, ClientError) as error:
        if not is_passing(error):
            raise
        return f"not known ({error})"
    return found.status if found else "DELETE_COMPLETE"


def forget_artifacts(account: sam.Account, stack_name: str) -> None:
    """What `sam deploy` uploaded for this stack; the bucket goes with its last stack."""
    bucket = sam.artifact_bucket(account)
    s3 = account.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{stack_name}/"):
        for each in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=each["Key"])
    if not s3.list_objects_v2(Bucket=bucket, MaxKeys=1).get("Contents"):
        s3.delete_bucket(Bucket=bucket)


def _instances(ec2: Any, stack_name: str) -> list[str]:
    filters = [{"Name": f"tag:{STACK_TAG}", "Values": [stack_name]}, {"Name": "instance-state-name", "Values": LIVING}]
    pages = ec2.get_paginator("describe_instances").paginate(Filters=filters)
    return [it["InstanceId"] for page in pages for group in page["Reservations"] for it in group["Instances"]]


if __name__ == "__main__":
    sys.exit(main())
