"""cfn-lint and sam validate accept the template, as written and as SAM expands it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from greenroom_cli.deployment.content_stamp import is_current, write_stamp
from greenroom_cli.toolchain import paths

from tests.architecture.reading import ROOT

EXPAND = """
import json, sys
from samcli.lib.translate.sam_template_validator import SamTemplateValidator  # noqa: F401
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform
managed = {name: f"arn:aws:iam::aws:policy/{path}" for name, path in {
    "AWSLambdaBasicExecutionRole": "service-role/AWSLambdaBasicExecutionRole",
    "AWSXRayDaemonWriteAccess": "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess": "AWSXrayWriteOnlyAccess"}.items()}
class Loader:
    def load(self): return managed
template = yaml_parse(open(sys.argv[1]).read())
for resource in template["Resources"].values():
    properties = resource.get("Properties", {})
    for key in ("CodeUri", "ContentUri", "DefinitionUri"):
        if key in properties: properties[key] = "s3://artifacts/" + str(properties[key]).strip("/")
print(json.dumps(transform(template, {}, Loader())))
"""


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}
    command = [str(paths.venv("sam") / "bin" / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)


@pytest.fixture(scope="module")
def expanded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as CloudFormation sees it after the SAM transform."""
    done = tool("python", "-c", EXPAND, str(ROOT / "template.yaml"))
    assert done.returncode == 0, done.stderr
    path = tmp_path_factory.mktemp("expanded") / "template.json"
    path.write_text(done.stdout)
    return path


def accepts(name: str, *arguments: str) -> bool:
    """Six seconds, so only when the template, the settings of sam, the tools or this file changed since it was yes."""
    stamp = paths.GENERATED / f"{name}-accepts.stamp"
    inputs = (ROOT / "template.yaml", ROOT / "samconfig.toml", paths.lock_file("sam"), Path(__file__))
    if not is_current(stamp, inputs, sys.version):
        done = tool(name, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        write_stamp(stamp, inputs, sys.version)
    return True


def test_sam_and_cfn_lint_accept_the_template() -> None:
    assert accepts("sam", "validate", "--lint", "--template-file", str(ROOT / "template.yaml"))


def test_cfn_lint_accepts_what_sam_makes_of_it(expanded: Path) -> None:
    assert accepts("cfn-lint", str(expanded))


def test_each_function_gets_one_role_of_its_own_and_of_awss_policies_logs_and_traces_only(expanded: Path) -> None:
    resources: dict[str, Any] = json.loads(expanded.read_text())["Resources"]
    functions = {name: each for name, each in resources.items() if each["Type"] == "AWS::Lambda::Function"}
    roles = [each["Properties"]["Role"]["Fn::GetAtt"][0] for each in functions.values()]
    assert len(set(roles)) == len(roles) == len(functions)
    for name in roles:
        managed = resources[name]["Properties"]["ManagedPolicyArns"]
        of_aws = {arn.rpartition("/")[2] for arn in managed if isinstance(arn, str)}
        assert of_aws <= {"AWSLambdaBasicExecutionRole", "AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess"}, name
        ours = {arn["Ref"] for arn in managed if isinstance(arn, dict)}
        assert {resources[each]["Type"] for each in ours} <= {"AWS::IAM::ManagedPolicy"}, name
        (trust,) = resources[name]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}, name


def test_agent_routes_are_signed_in_the_document_api_gateway_gets(expanded: Path) -> None:
    resources: dict[str, Any] = json.loads(expanded.read_text())["Resources"]
    body = resources["HttpApi"]["Properties"]["Body"]
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            (scheme,) = operation["security"]
            assert list(scheme) == (["AWS_IAM"] if path.startswith("/agent/") else ["Viewer"]), (method, path)


def test_the_template_leaves_room_under_cloudformations_limits(expanded: Path) -> None:
    """500 resources, and 1 MB by S3. Source: CloudFormation quotas."""
    assert len(json.loads(expanded.read_text())["Resources"]) < 300
    assert expanded.stat().st_size < 600_000
