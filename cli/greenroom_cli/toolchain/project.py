"""Which checkout of Greenroom a command works on. Standard library only."""

from __future__ import annotations

from pathlib import Path

from greenroom_cli.failures import CallRefused

MARKS = ("template.yaml", "statemachines", "cli/greenroom_cli")
"""What a checkout has at its root."""
_PACKAGE = Path(__file__).resolve().parents[1]


class NoProject(CallRefused):
    """The command was installed on its own, and is not run inside a checkout."""


def find_project(here: Path, package: Path = _PACKAGE) -> Path:
    """The checkout that `package` lies in; for an installed one, the nearest around the folder `here`.

    Raises: NoProject.
    """
    for folder in (package.parent.parent, here, *here.parents):
        if all((folder / mark).exists() for mark in MARKS):
            return folder
    raise NoProject(
        "no project is found",
        f"neither {here} nor a folder above it is a checkout of Greenroom (it has {', '.join(MARKS)})",
        "run it inside a checkout: cd greenroom, or git clone one first",
    )
