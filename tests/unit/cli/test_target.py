"""Where a deployment goes is what the caller's environment says, and a first one is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from greenroom_cli.aws.account import Account
from greenroom_cli.aws.target import Target, TargetRefused, confirm_first, find_region, find_target
from moto import mock_aws

KEYS = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
CONFIG = """
[default]
region = sa-east-1
[profile studio]
region = eu-central-1
[profile bare]
output = json
"""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Temporary credentials in variables, and a configuration with profiles."""
    (tmp_path / "config").write_text(CONFIG)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**KEYS, "AWS_CONFIG_FILE": str(tmp_path / "config")}.items():
        monkeypatch.setenv(name, value)
    return dict(KEYS)


def test_temporary_credentials_keep_their_token() -> None:
    """Without it every call is refused, and the refusal names the key."""
    for service in ("cloudformation", "s3"):
        credentials = Account(KEYS).client(service)._request_signer._credentials
        assert (credentials.access_key, credentials.token) == ("ASIA", "token")


@pytest.mark.parametrize(
    ("desc", "given", "expected"),
    [
        ("the default profile's", {}, "sa-east-1"),
        ("the chosen profile's", {"AWS_PROFILE": "studio"}, "eu-central-1"),
        ("a variable before the profile", {"AWS_PROFILE": "studio", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ("AWS_REGION first", {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "eu-west-1"}, "us-west-2"),
        ("an embedded AWS", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_PROFILE": "studio"}, "us-east-1"),
    ],
)
def test_the_region_is_the_callers(
    desc: str, given: dict[str, str], expected: str, environment: dict[str, str]
) -> None:
    assert find_region({**environment, **given}) == expected, desc


@pytest.mark.parametrize(("profile", "told"), [("bare", "AWS_REGION"), ("unknown", "AWS_PROFILE")])
def test_without_a_region_nothing_is_deployed(profile: str, told: str, environment: dict[str, str]) -> None:
    with pytest.raises(TargetRefused, match=told):
        find_target({**environment, "AWS_PROFILE": profile})


@mock_aws
def test_account_and_region_are_told(environment: dict[str, str]) -> None:
    target = find_target({**environment, "AWS_PROFILE": "studio", "GREENROOM_STACK": "show"})
    assert target.place == "stack show, account 123456789012, Region eu-central-1"


class Person:
    """Answers what it is told to, and knows what it was asked."""

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, ""

    def __call__(self, question: str) -> str:
        self.asked = question
        return self.answer


def here() -> Target:
    return Target(Account({}, "eu-central-1"), "greenroom", "123456789012")


@mock_aws
@pytest.mark.parametrize("answer", ["y", "Yes "])
def test_a_first_deployment_is_asked_for(answer: str, environment: dict[str, str]) -> None:
    person = Person(answer)
    confirm_first(here(), {}, is_interactive=True, ask=person)
    assert "account 123456789012, Region eu-central-1" in person.asked


@mock_aws
@pytest.mark.parametrize("answer", ["", "n", "what"])
def test_anything_but_yes_is_a_no(answer: str, environment: dict[str, str]) -> None:
    with pytest.raises(TargetRefused, match="nothing was deployed"):
        confirm_first(here(), {}, is_interactive=True, ask=Person(answer))


@mock_aws
def test_where_nobody_can_be_asked_a_first_deployment_needs_the_variable(environment: dict[str, str]) -> None:
    person = Person("y")
    with pytest.raises(TargetRefused, match="GREENROOM_YES=1"):
        confirm_first(here(), {}, is_interactive=False, ask=person)
    confirm_first(here(), {"GREENROOM_YES": "1"}, is_interactive=False, ask=person)
    assert person.asked == ""


@mock_aws
def test_an_update_is_not_asked_for(environment: dict[str, str]) -> None:
    template = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    cloudformation: Any = boto3.client("cloudformation", region_name="eu-central-1")
    cloudformation.create_stack(StackName="greenroom", TemplateBody=template)
    person = Person("n")
    confirm_first(here(), {}, is_interactive=False, ask=person)
    assert person.asked == ""
