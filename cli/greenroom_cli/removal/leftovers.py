"""What holds a stack back, and what it would leave: bucket contents, log groups, uploads of `sam deploy`."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import ClientError

from greenroom_cli.aws.account import Account, artifact_bucket
from greenroom_cli.failures import CommandFailed
from greenroom_cli.removal.resources import Resource, names


class BucketNotEmptied(CommandFailed):
    """S3 kept an object."""


def empty_buckets(account: Account, resources: Sequence[Resource]) -> None:
    """Raises: BucketNotEmptied; ClientError, BotoCoreError."""
    for bucket in names(resources, "AWS::S3::Bucket"):
        empty_bucket(account, bucket)


def empty_bucket(account: Account, bucket: str) -> None:
    """All objects and versions. A bucket that is gone is empty. Raises: as `empty_buckets`."""
    s3 = account.client("s3")
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if objects:
                answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
                _refuse_kept(bucket, answer.get("Errors", []))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _refuse_kept(bucket: str, errors: Sequence[dict[str, str]]) -> None:
    """S3 answers 200 also where it deleted nothing."""
    if errors:
        first = errors[0]
        why = f"{first['Key']}: {first.get('Message', first['Code'])}"
        raise BucketNotEmptied(f"bucket {bucket} is not empty", why, "delete what it names, and run it again")


def forget_logs(account: Account, resources: Sequence[Resource]) -> None:
    """A function that ended after its log group was deleted has made it again: no resource of the stack any more."""
    functions = [f"/aws/lambda/{name}" for name in names(resources, "AWS::Lambda::Function")]
    logs = account.client("logs")
    for group in sorted({*functions, *names(resources, "AWS::Logs::LogGroup")}):
        try:
            logs.delete_log_group(logGroupName=group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise


def forget_artifacts(account: Account, stack_name: str) -> None:
    """What `sam deploy` uploaded for this stack; the bucket goes with its last stack, and may be gone."""
    bucket = artifact_bucket(account)
    s3 = account.client("s3")
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{stack_name}/"):
            for each in page.get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=each["Key"])
        if not s3.list_objects_v2(Bucket=bucket, MaxKeys=1).get("Contents"):
            s3.delete_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
