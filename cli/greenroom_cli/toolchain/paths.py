"""Where the generated tools live. Standard library only: the installer imports it too.

Outside of a checkout nothing here has a meaning, and the import raises NoProject.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from greenroom_cli.toolchain.project import find_project

ROOT = find_project(Path.cwd())
"""The checkout."""

GENERATED = ROOT / ".greenroom"
"""Everything that setup, build and run produce; ignored by git, safe to delete."""


def venv(name: str) -> Path:
    """The environment `name`: `uv` (installer), `dev`, `engine`, `sam` or `judge`."""
    return GENERATED / "venv" / name


def venv_python(name: str) -> Path:
    return venv(name) / "bin" / "python"


def lock_file(name: str) -> Path:
    """Each part keeps the locks of its own tools: `<part>/requirements/<name>.txt`."""
    (found,) = ROOT.glob(f"*/requirements/{name}.txt")
    return found


def lambda_runtime() -> str:
    """The runtime to build for the embedded AWS: it runs every handler on its own Python, whatever its stack says."""
    engine = next((venv("engine") / "lib").glob("python3.*"), None)
    return engine.name if engine else f"python3.{sys.version_info.minor}"


def sam_environment(base: dict[str, str] | None = None) -> dict[str, str]:
    """The process environment for `sam`.

    The Makefiles that `sam build` calls need a `python3` with pip: the installer's environment is the one that has it.
    """
    environment = dict(os.environ if base is None else base)
    tools = [str(venv("uv") / "bin"), str(venv("sam") / "bin")]
    environment["PATH"] = os.pathsep.join([*tools, environment.get("PATH", os.defpath)])
    environment.pop("PYTHONPATH", None)  # ours; the tools have their own packages
    environment.update(SAM_CLI_TELEMETRY="0", SAM_CLI_POLL_DELAY="0.5", PIP_DISABLE_PIP_VERSION_CHECK="1")
    return environment
