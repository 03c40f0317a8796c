"""Where `greenroom deploy` and `destroy` act: which account, Region and stack, as the caller's environment names them.

Credentials: as the AWS CLI finds them (variables, AWS_PROFILE, the default profile). Region: AWS_REGION,
AWS_DEFAULT_REGION, else the profile's. Stack: GREENROOM_STACK, else `greenroom`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError

from greenroom_cli.aws.account import Account
from greenroom_cli.aws.stacks import Stack, find_stack
from greenroom_cli.failures import CallRefused

PASSED = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
EMBEDDED_REGION = "us-east-1"


class TargetRefused(CallRefused):
    """It is not clear, or not confirmed, where to act."""


@dataclass(frozen=True, slots=True)
class Target:
    """`account_id` is what the credentials say, not what anybody assumed."""

    account: Account
    stack_name: str
    account_id: str

    @property
    def document(self) -> dict[str, str]:
        """For programs."""
        return {"stack": self.stack_name, "account": self.account_id, "region": self.account.region}

    @property
    def place(self) -> str:
        return f"stack {self.stack_name}, account {self.account_id}, Region {self.account.region}"


def find_target(environment: Mapping[str, str]) -> Target:
    """Asks STS who the caller is. Raises: TargetRefused, ClientError, BotoCoreError."""
    passed = {name: environment[name] for name in PASSED if environment.get(name)}
    account = Account(passed, find_region(environment))
    identity = account.client("sts", tries=3).get_caller_identity()
    return Target(account, environment.get("GREENROOM_STACK") or "greenroom", identity["Account"])


def find_region(environment: Mapping[str, str]) -> str:
    """Never one that nobody chose, but for the embedded AWS. Raises: TargetRefused."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if region:
        return region
    if environment.get("AWS_ENDPOINT_URL"):
        return EMBEDDED_REGION
    try:
        region = boto3.session.Session(profile_name=environment.get("AWS_PROFILE")).region_name
    except BotoCoreError as error:
        raise TargetRefused("the Region is not known", str(error), "check AWS_PROFILE") from error
    if not region:
        raise TargetRefused(
            "no Region is set",
            "neither AWS_REGION nor AWS_DEFAULT_REGION is there, and the profile names none",
            "set AWS_REGION, or `region` in the profile (aws configure set region ...)",
        )
    return str(region)


def confirm_first(
    target: Target, environment: Mapping[str, str], *, is_interactive: bool, ask: Callable[[str], str]
) -> None:
    """Ask before a stack is made where there is none; an update or an embedded AWS is not asked for.

    Raises: TargetRefused on a no, and where nobody can be asked; ClientError, BotoCoreError.
    """
    if target.account.is_embedded or environment.get("GREENROOM_YES") == "1" or existing(target) is not None:
        return
    if not is_interactive:
        raise TargetRefused("a first deployment must be confirmed", target.place, "say --yes, or set GREENROOM_YES=1")
    if ask(f"greenroom: there is no such stack yet ({target.place}). Make it? [y/N] ").strip().lower() not in (
        "y",
        "yes",
    ):
        raise TargetRefused("nothing was deployed", "the answer was not yes", "run it again, and answer y")


def existing(target: Target) -> Stack | None:
    """The stack, unless it is gone. Raises: ClientError, BotoCoreError when that is not known."""
    stack = find_stack(target.account.client("cloudformation"), target.stack_name)
    return None if stack is None or stack.is_gone else stack
