"""What a command says where: plain lines without a terminal, and with --json one document and nothing beside it."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from greenroom_cli.commands.output import Output, Result
from greenroom_cli.failures import CallRefused, CommandFailed
from greenroom_cli.toolchain.paths import ROOT

from tests.architecture.reading import module_name, python_files

RESULT = Result({"stack": "greenroom"}, "all of it")
NOBODY = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GREENROOM_"))}


def command(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """As an operator without an account calls it; nothing of it reaches a network."""
    given = {**NOBODY, "PYTHONPATH": str(ROOT / "cli"), "AWS_EC2_METADATA_DISABLED": "true", **environment}
    return subprocess.run(
        [sys.executable, "-P", "-m", "greenroom_cli", *arguments],
        cwd=cwd,
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_terminal_work_has_a_plain_line_at_begin_and_end(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(is_json=False)
    with output.step("deploying it"):
        output.say("halfway")
    output.finish(RESULT)
    said = capsys.readouterr()
    begun, halfway, done, result = said.out.splitlines()
    assert (begun, halfway, result) == ("greenroom: deploying it ...", "greenroom: halfway", "all of it")
    assert done.startswith("greenroom: deploying it: done (0.")
    assert said.err == ""


def test_a_program_gets_one_document_and_nothing_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(is_json=True)
    with output.step("deploying it"):
        pass
    output.finish(RESULT)
    said = capsys.readouterr()
    assert json.loads(said.out) == {"stack": "greenroom"}
    assert "deploying it" in said.err
    assert not output.is_interactive


@pytest.mark.parametrize("is_json", [True, False])
def test_a_failure_says_what_why_and_what_helps(is_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    Output(is_json=is_json).fail(CommandFailed("the stack stays", "a bucket is not empty", "empty it"))
    said = capsys.readouterr()
    assert said.err == "greenroom: the stack stays: a bucket is not empty\ngreenroom: what helps: empty it\n"
    error = {"what": "the stack stays", "why": "a bucket is not empty", "remedy": "empty it"}
    assert (json.loads(said.out) if is_json else said.out) == ({"error": error} if is_json else "")


def raised(path: Path) -> Iterator[tuple[str, int]]:
    """Where a module raises one of our failures, and how many texts it gives the reader."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func)
            kind = getattr(importlib.import_module(module_name(path)), name, None)
            if isinstance(kind, type) and issubclass(kind, CommandFailed):
                yield f"{path.name}:{node.lineno}", len(node.exc.args) + len(node.exc.keywords)


def test_every_failure_has_a_reason_and_a_remedy() -> None:
    found = dict(each for path in python_files("cli") if path.name != "__main__.py" for each in raised(path))
    assert len(found) > 15
    assert [place for place, texts in found.items() if texts != 3] == []


def test_a_wrong_call_and_a_failure_have_different_codes() -> None:
    assert (CommandFailed("a").exit_code, CallRefused("a").exit_code) == (1, 2)


def test_a_wrong_parameter_is_refused_as_a_document_before_anything_is_built() -> None:
    done = command("deploy", "--json", "--parameters", "VolumeSise=8")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["what"] == "VolumeSise"


def test_parameters_and_stack_come_by_environment_too() -> None:
    done = command("deploy", GREENROOM_PARAMETERS="VolumeSise=8")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("greenroom: VolumeSise: the template has no such parameter\n")


@pytest.mark.parametrize("name", ["deploy", "destroy"])
def test_without_a_region_nothing_is_touched(name: str, tmp_path: Path) -> None:
    done = command(name, AWS_CONFIG_FILE=str(tmp_path / "none"), HOME=str(tmp_path))
    assert done.returncode == 2
    what, remedy = done.stderr.splitlines()
    assert what.startswith("greenroom: no Region is set: neither AWS_REGION")
    assert remedy.startswith("greenroom: what helps: set AWS_REGION")


def test_an_aws_that_cannot_be_reached_is_a_failure_with_a_remedy(tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    done = command("destroy", "--json", AWS_ENDPOINT_URL="http://127.0.0.1:9", **keys)
    assert done.returncode == 1
    error = json.loads(done.stdout)["error"]
    assert "127.0.0.1:9" in error["why"]
    assert "greenroom destroy" in error["remedy"]


def test_help_answers_with_every_command_and_loads_no_sdk(tmp_path: Path) -> None:
    done = command("--help", cwd=tmp_path)
    assert done.returncode == 0
    for name in ("build", "deploy", "destroy"):
        assert name in done.stdout
    sdk = "print([name for name in ('boto3', 'yaml', 'rich') if name in sys.modules])"
    code = f"import sys, greenroom_cli.commands.command_line; {sdk}"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={**NOBODY, "PYTHONPATH": str(ROOT / "cli")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"
