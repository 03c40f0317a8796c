"""The command installed on its own, as `pipx install ./cli` does it: in an environment that has nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from greenroom_cli.toolchain import paths

UV = paths.venv("uv") / "bin" / "uv"
NOBODY = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GREENROOM_", "PYTHON"))}


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], cwd=cwd, env=NOBODY, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its packages are those of the lock, out of uv's cache; its wheel is built by the tools of `sam`'s environment."""
    folder = tmp_path_factory.mktemp("installed")
    source, python = folder / "cli", folder / "venv" / "bin" / "python"
    shutil.copytree(paths.ROOT / "cli", source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    steps = (
        ("venv", "--python", paths.venv_python("dev"), folder / "venv"),
        ("pip", "sync", "--python", python, "--require-hashes", source / "requirements" / "command.txt"),
        ("build", "--wheel", "--no-build-isolation", "--python", paths.venv_python("sam"), "-o", folder, source),
    )
    for step in steps:
        done = run(UV, *step, cwd=folder)
        assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    done = run(UV, "pip", "install", "--python", python, "--no-deps", wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert not list((folder / "venv").rglob("greenroom/domain")), "nothing that is deployed comes with it"
    return folder / "venv" / "bin" / "greenroom"


@pytest.mark.slow
def test_it_explains_itself(command: Path, tmp_path: Path) -> None:
    for arguments in (["--help"], ["build", "--help"], ["deploy", "--help"], ["destroy", "--help"]):
        done = run(command, *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Usage: greenroom")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["build", "deploy"])
def test_outside_of_a_checkout_it_says_plainly_what_is_missing(name: str, command: Path, tmp_path: Path) -> None:
    done = run(command, name, "--json", cwd=tmp_path)
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["what"] == "no project is found"
    assert str(tmp_path) in error["why"]
    assert "inside a checkout" in error["remedy"]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_inside_a_checkout_it_works_on_that_one(command: Path) -> None:
    """As far as a call goes that is refused before anything is built."""
    done = run(command, "deploy", "--parameters", "VolumeSise=8", cwd=paths.ROOT / "functions")
    assert done.returncode == 2
    assert done.stderr.startswith("greenroom: VolumeSise: the template has no such parameter")


@pytest.mark.slow
def test_what_needs_no_checkout_asks_for_none(command: Path, tmp_path: Path) -> None:
    done = run("env", f"HOME={tmp_path}", "AWS_EC2_METADATA_DISABLED=true", command, "destroy", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("greenroom: no Region is set")
