"""The AWS that a command acts on: an account by the caller's own environment, or an embedded one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PATIENT = 8
"""Tries of a call that is throttled or fails, within a minute: deployments have the time. Source: boto3, "Retries"."""
STACK_TAG = "greenroom:stack"
"""What every instance and volume carries; the value is the stack's name."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where a deployment goes."""

    environment: Mapping[str, str]
    """What the SDK reads: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, … Added to the caller's own; empty for real AWS."""
    region: str = "us-east-1"

    @property
    def is_embedded(self) -> bool:
        return "AWS_ENDPOINT_URL" in self.environment

    def client(self, service: str, tries: int = PATIENT) -> Any:
        """A boto3 client for this account."""
        given = self.environment
        session: Any = boto3.session.Session(
            aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=given.get("AWS_SESSION_TOKEN"),
            region_name=self.region,
        )
        config = Config(retries={"mode": "standard", "total_max_attempts": tries})
        return session.client(service, endpoint_url=given.get("AWS_ENDPOINT_URL"), config=config)


def artifact_bucket(account: Account) -> str:
    """The name of the bucket that `sam deploy` uploads to: private, ours, one per account and Region."""
    identity = account.client("sts").get_caller_identity()
    return f"greenroom-artifacts-{identity['Account']}-{account.region}"


def make_artifact_bucket(account: Account) -> str:
    """Its name; it may be there already."""
    name = artifact_bucket(account)
    home = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    where = {} if account.region == "us-east-1" else home  # AWS refuses that Region by name
    try:
        account.client("s3").create_bucket(Bucket=name, **where)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    return name
