"""The command works on the checkout that it lies in; installed on its own, on the one around the current folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from greenroom_cli.toolchain.paths import ROOT
from greenroom_cli.toolchain.project import MARKS, NoProject, find_project


def checkout(folder: Path) -> Path:
    for mark in MARKS:
        (folder / mark).mkdir(parents=True)
    return folder


def test_the_checkout_that_holds_the_command_is_meant_wherever_it_is_called(tmp_path: Path) -> None:
    mine, other = checkout(tmp_path / "mine"), checkout(tmp_path / "other")
    assert find_project(other, mine / "cli" / "greenroom_cli") == mine


@pytest.mark.parametrize("here", [".", "functions/request_session"])
def test_an_installed_command_works_on_the_checkout_around_it(here: str, tmp_path: Path) -> None:
    project, installed = checkout(tmp_path / "project"), tmp_path / "site-packages" / "greenroom_cli"
    assert find_project((project / here).resolve(), installed) == project


def test_outside_of_a_checkout_it_says_what_is_missing_and_what_helps(tmp_path: Path) -> None:
    with pytest.raises(NoProject) as refused:
        find_project(tmp_path, tmp_path / "site-packages" / "greenroom_cli")
    assert refused.value.what == "no project is found"
    assert str(tmp_path) in refused.value.why
    assert "template.yaml" in refused.value.why
    assert "git clone" in refused.value.remedy
    assert refused.value.exit_code == 2


def test_the_tools_are_installed_by_a_python_that_has_nothing() -> None:
    """Without site-packages, and in a folder that is none of ours."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'cli')!r}); import greenroom_cli.toolchain.install as i; print(i)"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
