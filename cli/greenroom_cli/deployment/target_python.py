"""The Python that compiles what is deployed: the runtime's own minor version, where this computer has it already."""

from __future__ import annotations

import subprocess
import sys

from greenroom_cli.toolchain import paths


def python_of(runtime: str) -> str | None:
    """Where the Python of `runtime` (python3.13) is: this one, one on PATH or one that uv keeps; nothing is fetched."""
    if runtime == f"python3.{sys.version_info.minor}":
        return sys.executable
    uv, version = paths.venv("uv") / "bin" / "uv", runtime.removeprefix("python")
    found = subprocess.run(
        [str(uv), "python", "find", "--system", "--no-project", "--no-python-downloads", version],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return found.stdout.strip() or None
