"""`./greenroom` is what `make setup` leaves: it works from any folder and by a link, and says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from greenroom_cli.toolchain.command_file import write_command

MODULE = "import os, sys; print(os.getcwd(), sys.argv[1:], sep='|')"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout in a folder with an awkward name, whose command says where it runs and with what."""
    root = tmp_path / "it's a $HOME"
    package = root / "cli" / "greenroom_cli"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(MODULE)
    write_command(root, Path(sys.executable))
    return root


def call(command: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(command), *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_it_works_from_any_folder_and_hands_on_its_arguments(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "greenroom_cli.py").write_text("raise SystemExit('a module of the folder it is called in')")
    done = call(project / "greenroom", "deploy", "--stack", "a b", cwd=elsewhere)
    assert (done.stdout, done.stderr) == (f"{elsewhere}|['deploy', '--stack', 'a b']\n", "")


def test_it_works_by_a_link(project: Path, tmp_path: Path) -> None:
    link = tmp_path / "greenroom"
    link.symlink_to(project / "greenroom")
    assert call(link, cwd=tmp_path).returncode == 0


def test_without_its_environment_it_names_the_remedy(project: Path, tmp_path: Path) -> None:
    write_command(project, tmp_path / "venv" / "bin" / "python")
    done = call(project / "greenroom", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"greenroom: {tmp_path}/venv/bin/python is missing; run make setup in {project}\n"


def test_it_is_written_once(project: Path) -> None:
    command = project / "greenroom"
    os.utime(command, (1, 1))
    write_command(project, Path(sys.executable))
    assert command.stat().st_mtime == 1
