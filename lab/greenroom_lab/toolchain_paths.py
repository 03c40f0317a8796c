"""Where the generated tools live. Standard library only: the installer and the engine import it too."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

GENERATED = ROOT / ".greenroom"
"""Everything that setup, build and run produce; ignored by git, safe to delete."""

REQUIREMENTS = ROOT / "lab" / "requirements"


def venv(name: str) -> Path:
    """The environment `name`: `uv` (installer), `dev`, `engine` or `sam`."""
    return GENERATED / "venv" / name


def venv_python(name: str) -> Path:
    return venv(name) / "bin" / "python"


def lock_file(name: str) -> Path:
    return REQUIREMENTS / f"{name}.txt"


def lambda_runtime() -> str:
    """The runtime to build for the embedded AWS: it runs every handler on this very Python, whatever its stack says."""
    return f"python3.{sys.version_info.minor}"


def sam_environment(base: dict[str, str] | None = None) -> dict[str, str]:
    """The process environment for `sam`.

    The Makefiles that `sam build` calls need a `python3` with pip: the installer's environment is the one that has it.
    """
    environment = dict(os.environ if base is None else base)
    tools = [str(venv("uv") / "bin"), str(venv("sam") / "bin")]
    environment["PATH"] = os.pathsep.join([*tools, environment.get("PATH", os.defpath)])
    environment.update(SAM_CLI_TELEMETRY="0", SAM_CLI_POLL_DELAY="0.5", PIP_DISABLE_PIP_VERSION_CHECK="1")
    return environment
