"""The programs of the judges' own environment."""

from __future__ import annotations

import os
import subprocess

from greenroom_cli.toolchain import paths

from tests.judge.findings import ROOT


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a program of `.greenroom/venv/judge` says. It sees nothing of our own packages."""
    command = [str(paths.venv("judge") / "bin" / name), *arguments]
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    environment.update(AWS_DEFAULT_REGION="us-east-1", LOG_LEVEL="ERROR")
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
