"""`.greenroom/local.json`."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from greenroom_lab.local_file import LocalPlatform, NoLocalPlatform, read_local_platform

PLATFORM = LocalPlatform(
    *("http://127.0.0.1:1", "http://127.0.0.1:1/api", "ws://127.0.0.1:1/socket", "http://127.0.0.1:2", "us-east-1"),
    *(
        "http://127.0.0.1:2",
        "pool",
        "client",
        "demo",
        "secret",
        "operator",
        "secret",
        "greenroom",
        "http://127.0.0.1:3",
        "turn:127.0.0.1:4",
    ),
    process_id=os.getpid(),
)


def test_what_was_written_is_read_and_is_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "local.json"
    PLATFORM.write(path)
    assert read_local_platform(path) == PLATFORM
    assert path.stat().st_mode & 0o077 == 0
    promised = {"webUrl", "apiUrl", "socketUrl", "awsEndpointUrl", "region", "loginUrl", "userPoolId", "clientId"}
    assert promised | {"demoUser", "demoPassword"} <= json.loads(path.read_text()).keys()


def test_a_platform_whose_process_has_gone_does_not_run(tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    replace(PLATFORM, process_id=gone.pid).write(tmp_path / "local.json")
    with pytest.raises(NoLocalPlatform, match="make run"):
        read_local_platform(tmp_path / "local.json")


@pytest.mark.parametrize("text", ["", "{}", "[1]"])
def test_a_file_that_says_nothing_is_no_platform(tmp_path: Path, text: str) -> None:
    (tmp_path / "local.json").write_text(text)
    with pytest.raises(NoLocalPlatform):
        read_local_platform(tmp_path / "local.json")
