"""The judges look at everything that they should: what nobody looks at is always in order."""

from __future__ import annotations

import re
import subprocess

from tests.architecture.reading import ROOT, STATE_MACHINES, resources, state_machine, state_machine_names, states
from tests.judge.aws_commands import commands
from tests.judge.integrations import built, integrations
from tests.judge.scripts import SHEBANG, Script, recipes, scripts
from tests.judge.state_machines import substituted

LAUNCHES = {"launch_instance.LaunchSpot", "launch_instance.LaunchOnDemand"}


def named(name: str) -> Script:
    (found,) = (script for script in scripts() if script.name == name)
    return found


def test_every_state_machine_is_judged() -> None:
    """The deployed ones and the files are the same, and each has its substitutions."""
    files = {f"statemachines/{name}.asl.yaml" for name in state_machine_names()}
    assert set(substituted()) == files == {f"statemachines/{path.name}" for path in STATE_MACHINES.iterdir()}
    assert len(files) == len(resources("AWS::Serverless::StateMachine")) >= 6


def test_every_task_is_judged_once() -> None:
    tasks = [
        f"{name}.{key}"
        for name in state_machine_names()
        for key, state in states(state_machine(name))
        if state["Type"] == "Task"
    ]
    assert sorted(call.subject for call in integrations()) == sorted(tasks)


def test_a_task_is_found_at_its_line() -> None:
    lines = {call.subject: (ROOT / call.file).read_text().splitlines()[call.line - 1] for call in integrations()}
    assert {
        subject: line for subject, line in lines.items() if "Arguments:" not in line and subject not in LAUNCHES
    } == {}


def test_a_launch_is_judged_as_the_code_builds_it() -> None:
    assert set(built()) == LAUNCHES
    given = {call.subject: call.arguments for call in integrations() if call.subject in LAUNCHES}
    assert {(each or {})["TargetCapacitySpecification"]["DefaultTargetCapacityType"] for each in given.values()} == {
        "spot",
        "on-demand",
    }


def test_every_script_of_the_repository_is_judged() -> None:
    """Tracked files that say by their first line that a shell runs them, and every Makefile."""
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    texts = {each: (ROOT / each).read_bytes() for each in tracked if (ROOT / each).is_file()}
    shells = {
        each
        for each, text in texts.items()
        if SHEBANG.match(text[:200].decode(errors="replace")) or each.endswith(".sh")
    }
    makefiles = {each for each in texts if each.rpartition("/")[2] == "Makefile"}
    judged = {script.file for script in scripts()}
    assert ".ci/run" in shells
    assert judged >= shells | makefiles | {"template.yaml"}


def test_the_instances_scripts_are_judged() -> None:
    """User data, and every script that it writes."""
    (user_data,) = (each["LaunchTemplateData"]["UserData"] for each in resources("AWS::EC2::LaunchTemplate").values())
    written = user_data["Fn::Base64"]["Fn::Sub"][0]
    inner = re.findall(r">\s*\S*/([\w.-]+) <<'?\w+'?\n#!", written)
    assert inner
    assert {script.name for script in scripts() if script.file == "template.yaml"} == {"UserData", *inner}
    assert "${" not in named("UserData").text.replace("${#", "")


def test_a_script_keeps_the_lines_of_its_file() -> None:
    for script in scripts():
        lines = (ROOT / script.file).read_text().splitlines()
        for number, line in enumerate(script.text.splitlines(), 1):
            as_written = line.strip() in lines[number - 1]
            filled_in = number == 1 or "$" in lines[number - 1] or "#!" in lines[number - 1]
            assert as_written or filled_in, (script.file, number)


def test_every_recipe_of_a_makefile_is_judged() -> None:
    for path in (ROOT / "Makefile", *(ROOT / "layers").glob("*/Makefile"), *(ROOT / "functions").glob("*/Makefile")):
        lines = path.read_text().splitlines()
        begun = [
            line for before, line in zip(["", *lines], lines, strict=False) if line[:1] == "\t" and before[-1:] != "\\"
        ]
        assert len(recipes(path.name, path.read_text())) == len(begun)


def test_every_call_of_the_command_line_is_judged() -> None:
    (call,) = commands(scripts())
    assert (call.file, call.service, call.operation) == ("template.yaml", "lambda", "get-layer-version-by-arn")
    assert "aws lambda get-layer-version-by-arn" in (ROOT / call.file).read_text().splitlines()[call.line - 1]
