"""Each judge says no when its subject is broken, and names the place."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.reading import ROOT, state_machine_text
from tests.judge import aws_commands, shellcheck, skips, state_machines, template_judges
from tests.judge.__main__ import JUDGES
from tests.judge.api_calls import ApiCall, problems
from tests.judge.findings import Finding, Skip, after
from tests.judge.integrations import integrations
from tests.judge.scripts import Script, with_inner

LAUNCH = "statemachines/launch_instance.asl.yaml"


def launch_instance(old: str, new: str) -> list[tuple[str, str]]:
    """(rule, the line that is named) of everything wrong with the state machine when `old` is replaced once."""
    text = state_machine_text("launch_instance")
    assert old in text
    broken = text.replace(old, new, 1)
    _, found = state_machines.judged({LAUNCH: broken}, state_machines.substituted())
    return [(each.rule, broken.splitlines()[each.line - 1].strip()) for each in found]


@pytest.mark.parametrize(
    ("desc", "old", "new", "rule"),
    [
        ("a state that is not there", "Next: IsSpotWanted", "Next: IsSpotWantd", "MISSING_TRANSITION_TARGET"),
        ("a key that no state has", "Type: Choice", "Type: Choose", "SCHEMA_VALIDATION_FAILED"),
        ("an expression that does not parse", "states.input.spot != null", "states.input.spot != ", "JSONATA_SYNTAX"),
        ("no closing bracket", "launchId %}", "launchId }", "JSONATA_BRACKETS"),
        ("a variable that nobody sets", "$states.input.spot != null", "$state.input.spot != null", "JSONATA_VARIABLE"),
        ("a function that is not there", "$exists($states", "$exist($states", "JSONATA_VARIABLE"),
        ("eval, which Step Functions has not", "$exists($states", "$eval($states", "JSONATA_VARIABLE"),
        ("a field of nothing", "$states.input.spot != null", "input.spot != null", "JSONATA_FIELD"),
        ("a result before the call", '"{% $states.input.spot %}"', '"{% $states.result.spot %}"', "JSONATA_STATES"),
        (
            "an error without a Catch",
            "{% $states.result.Payload %}",
            "{% $states.errorOutput.Cause %}",
            "JSONATA_STATES",
        ),
        ("a context that is not there", "$states.context.Task.Token", "$states.context.Task.Tokn", "JSONATA_STATES"),
        ("a substitution that is not given", "${PrepareLaunchFunction}", "${PrepareFunction}", "SUBSTITUTION"),
    ],
)
def test_a_broken_state_machine_is_found_at_its_line(desc: str, old: str, new: str, rule: str) -> None:
    found = launch_instance(old, new)
    assert rule in {name for name, _ in found}, (desc, found)
    if rule.startswith("JSONATA"):
        assert all(new in line for name, line in found if name == rule), (desc, found)


def test_a_state_machine_as_it_is_has_no_findings() -> None:
    assert launch_instance("PrepareLaunch", "PrepareLaunch") == []


def changed(arguments: Mapping[str, Any] | None, path: list[Any], value: Any) -> Any:
    """A copy with another value at the end of the path."""
    if not path:
        return value
    assert arguments is not None
    copied: Any = list(arguments) if isinstance(arguments, list) else dict(arguments)
    at = copied[path[0]] if isinstance(copied, list) else copied.get(path[0])
    copied[path[0]] = changed(at, path[1:], value)
    return copied


def call(subject: str) -> ApiCall:
    (found,) = (each for each in integrations() if each.subject == subject)
    return found


CAPACITY = "TargetCapacitySpecification"
OVERRIDE = ["LaunchTemplateConfigs", 0, "Overrides", 0]


@pytest.mark.parametrize(
    ("desc", "subject", "path", "value", "said"),
    [
        ("as it is", "launch_instance.LaunchSpot", ["Type"], "instant", ""),
        ("no such parameter", "launch_instance.LaunchSpot", ["Kind"], "instant", "Unknown parameter"),
        ("another type", "launch_instance.LaunchSpot", [CAPACITY, "TotalTargetCapacity"], "1", "Invalid type"),
        ("not in the list", "launch_instance.LaunchSpot", [CAPACITY, "DefaultTargetCapacityType"], "Spot", "be spot"),
        ("required", "launch_instance.LaunchOnDemand", [CAPACITY], {}, "Missing required parameter"),
        ("deep inside", "launch_instance.LaunchOnDemand", [*OVERRIDE, "Subnet"], "subnet-a", "Unknown parameter"),
        ("as it is", "maintain_pool.StartLaunch", ["Name"], "{% $states.input.launchId %}", ""),
        ("small letters", "maintain_pool.StartLaunch", ["stateMachineArn"], "x", "Unknown parameter"),
        ("as it is", "launch_instance.PrepareLaunch", ["Payload"], {"any": "JSON"}, ""),
        ("no function", "launch_instance.PrepareLaunch", ["FunctionName"], None, "Invalid type"),
    ],
)  # fmt: skip
def test_an_integration_with_wrong_arguments_is_found(
    desc: str, subject: str, path: list[Any], value: Any, said: str
) -> None:
    whole = call(subject)
    found = list(problems(replace(whole, arguments=changed(whole.arguments, path, value))))
    assert said in " ".join(found), (desc, found)
    assert bool(found) == bool(said), (desc, found)


def test_an_integration_that_aws_has_not_is_found() -> None:
    whole = call("launch_instance.LaunchSpot")
    assert list(problems(replace(whole, operation="CreateFleets"))) == ["AWS has no such operation"]
    assert list(problems(replace(whole, service="ec3"))) == ["AWS has no such operation"]
    assert list(problems(replace(whole, arguments=None)))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("link=$(aws lambda get-layer-version-by-arn --region r --arn a --query Content.Location --output text)", ""),
        ("aws ec2 describe-instances --instance-ids i-1 i-2 | head", ""),
        ("aws lambda get-layer-version-by-arn", "--arn is required"),
        ("aws lambda get-layer-version-by-arn --arn a --layer b", "no option --layer"),
        ("aws lambda get-layer-version-by-arn --arn a --query Content.Loction", "the answer has no Loction"),
        ("aws lambda get-layer-version-by-arn --arn a --query 'Content..'", "--query: "),
        ("aws lambda get-layer-version-by-name --arn a", "no such command"),
        ("aws lamda get-layer-version-by-arn --arn a", "no such command"),
    ],
)
def test_a_wrong_call_of_the_command_line_is_found(command: str, said: str) -> None:
    (found,) = aws_commands.commands([Script("x", "x", "bash", f"# aws lambda nothing\n{command}\n")])
    assert found.line == 2
    assert said in " ".join(aws_commands.problems(found))
    assert bool(list(aws_commands.problems(found))) == bool(said)


def test_shellcheck_finds_what_it_knows_at_its_line() -> None:
    outer = Script("x", "x", "bash", "#!/bin/bash\ncat > /y <<'END'\n#!/bin/bash\nrm -rf $1/*\nEND\n")
    found = shellcheck.findings(with_inner(outer))
    assert {(each.line, each.rule) for each in found} == {(4, "SC2086"), (4, "SC2115")}


def test_checkov_finds_an_open_port_in_the_template_offline(tmp_path: Path) -> None:
    rule = "{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}"
    group = f"{{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: all, SecurityGroupIngress: [{rule}]}}}}"
    template = tmp_path / "template.yaml"
    template.write_text(f"Transform: AWS::Serverless-2016-10-31\nResources:\n  Open: {group}\n")
    found = {each.rule: each for each in template_judges.checkov(template).findings}
    assert (found["CKV_AWS_24"].line, found["CKV_AWS_24"].subject) == (3, "AWS::EC2::SecurityGroup.Open")


def test_cfn_lint_finds_a_word_that_cloudformation_does_not_know(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources:\n  Bus:\n    Type: AWS::Events::EventBus\n    Properties: {Nme: greenroom}\n")
    assert {(each.rule, each.line) for each in template_judges.cfn_lint(template).findings} >= {("E3002", 4)}


def test_a_judge_that_asks_somebody_else_is_stopped() -> None:
    code = (
        "import socket, sys; from tests.judge.checkov_report import refuse_network; sys.addaudithook(refuse_network); "
    )
    asked = "socket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run([sys.executable, "-c", code + asked], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Offline" in done.stderr


FOUND = Finding("template.yaml", 7, "CKV_AWS_18", "AWS::S3::Bucket.WebBucket", "Ensure that logs are kept")


def test_a_skip_covers_its_rule_and_its_subjects_only() -> None:
    others = replace(FOUND, rule="CKV_AWS_19"), replace(FOUND, subject="AWS::S3::Bucket.Other")
    verdict = after([Skip("CKV_AWS_18", "a page has none", "*.WebBucket")], [FOUND, *others], skips.FILE)
    assert (verdict.findings, verdict.skipped) == (others, 1)


def test_a_skip_that_matches_nothing_is_a_finding() -> None:
    verdict = after([Skip("CKV_AWS_18", "a page has none"), Skip("CKV_AWS_0", "gone")], [FOUND], skips.FILE)
    assert [(each.file, each.rule) for each in verdict.findings] == [("tests/judge/skips.py", "CKV_AWS_0")]


def test_every_skip_has_a_judge_and_a_reason_of_its_own() -> None:
    assert set(skips.SKIPS) <= {judge.name for judge in JUDGES}
    for listed in skips.SKIPS.values():
        assert len({(skip.rule, skip.subjects) for skip in listed}) == len(listed)
        assert all(len(skip.reason) > 20 for skip in listed)
