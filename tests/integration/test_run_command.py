"""`make run` as a process: it says what it does, and whatever happens it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from greenroom_cli.toolchain.paths import ROOT
from greenroom_lab.platform.turn_server import COTURN
from greenroom_lab.platform.web_origin import reserve_port
from greenroom_lab.processes import processes_of

TURN = ["--turn"] if COTURN else []


class Run:
    """One `make run`, with its temporary files where the test can look for strays."""

    def __init__(
        self, folder: Path, web_port: int, aws_port: int, *options: str, path: str = os.environ["PATH"]
    ) -> None:
        self.folder = folder
        self.local_file = folder / "local.json"
        self.output = folder / "output"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        arguments = [
            f"--port={web_port}",
            f"--aws-port={aws_port}",
            "--boot-delay=0.5",
            f"--local-file={self.local_file}",
            *options,
        ]
        ours = {"PYTHONPATH": "lab:layers/core:layers/viewer:agent:cli", "TMPDIR": str(self.temporary)}
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "greenroom_lab.platform.run", *arguments],
                cwd=ROOT,
                env={**os.environ, "PATH": path, **ours},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def until_says(self, text: str, timeout_s: float) -> None:
        ends = time.monotonic() + timeout_s
        while text not in self.output.read_text():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < ends, self.output.read_text()
            time.sleep(0.05)

    def leftovers(self) -> list[object]:
        """Processes that still have our temporary folder, and files in it."""
        return [*processes_of(self.temporary), *self.temporary.iterdir()]


@pytest.fixture
def free_ports() -> tuple[int, int]:
    with reserve_port(0) as first, reserve_port(0) as second:
        return first.getsockname()[1], second.getsockname()[1]


@pytest.mark.parametrize("taken", ["page", "aws"])
def test_a_taken_port_is_one_clear_line_and_leaves_nothing(
    tmp_path: Path, taken: str, free_ports: tuple[int, int]
) -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        web, aws = (port, free_ports[1]) if taken == "page" else (free_ports[0], port)
        run = Run(tmp_path, web, aws)
        assert run.process.wait(timeout=120) == 1
    complaints = [line for line in run.output.read_text().splitlines() if line.startswith("greenroom:")]
    assert len(complaints) == 1, run.output.read_text()
    assert str(port) in complaints[0]
    assert "Traceback" not in run.output.read_text()
    assert run.leftovers() == []


def test_a_missing_coturn_is_one_line_that_says_what_helps(tmp_path: Path, free_ports: tuple[int, int]) -> None:
    run = Run(tmp_path, *free_ports, "--turn", path="/nowhere")
    assert run.process.wait(timeout=60) == 1
    (complaint,) = [line for line in run.output.read_text().splitlines() if line.startswith("greenroom:")]
    assert "make turn" in complaint
    assert "Traceback" not in run.output.read_text()
    assert run.leftovers() == []


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(tmp_path: Path, sign: signal.Signals, free_ports: tuple[int, int]) -> None:
    run = Run(tmp_path, *free_ports, *TURN)
    run.until_says("Ctrl-C stops everything", 120)
    local = json.loads(run.local_file.read_text())
    assert bool(local["turnUrl"]) == bool(TURN)
    assert local["webUrl"] == f"http://127.0.0.1:{free_ports[0]}"
    assert local["demoPassword"] in run.output.read_text()
    assert len(processes_of(run.temporary)) > 1
    run.process.send_signal(sign)
    assert run.process.wait(timeout=30) == 0
    assert run.leftovers() == []
    assert not run.local_file.exists()


@pytest.mark.slow
def test_a_failed_deployment_says_so_and_leaves_nothing(tmp_path: Path, free_ports: tuple[int, int]) -> None:
    """The embedded AWS dies in the middle of it."""
    run = Run(tmp_path, *free_ports)
    run.until_says("sam deploy ...", 120)
    time.sleep(1)
    for pid in processes_of(run.temporary):
        if b"greenroom_lab.engine" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    assert run.process.wait(timeout=60) == 1
    assert "greenroom: sam deploy failed" in run.output.read_text()
    assert "Traceback" not in run.output.read_text()
    assert run.leftovers() == []
