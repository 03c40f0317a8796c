"""Start and stop the embedded AWS as a child process. Runs in the development environment; imports no ministack."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from greenroom_cli.toolchain import paths

START_WITHIN_S = 30.0
STOP_WITHIN_S = 5.0


class EngineFailed(Exception):
    """The embedded AWS could not be started; the message is one line for the reader."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key pair. The engine's own acts as the account's root user; everyone else is held to IAM."""

    access_key: str = "test"
    secret_key: str = "test"


@dataclass(frozen=True, slots=True)
class EngineSettings:
    port: int = 4566
    region: str = "us-east-1"
    xray_sink: str = ""
    """`host:port` of a UDP listener that gets the traces."""
    state_dir: Path | None = None
    """Kept over a clean restart; None keeps nothing."""
    lambda_workers: int = 0
    """Processes per function; 0 is the number of cores."""
    log_file: Path | None = None
    without: tuple[str, ...] = ()
    """Mends to leave out (to see a test fail)."""


class EmbeddedAws:
    """One engine: `start`, use `endpoint_url` with `credentials`, `stop`. Also a context manager."""

    def __init__(self, settings: EngineSettings | None = None) -> None:
        self.settings = settings or EngineSettings()
        self.credentials = Credentials()
        self._process: subprocess.Popen[bytes] | None = None
        self._temporary: Path | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What an AWS tool or SDK needs to reach this engine as the account's admin."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret_key,
            "AWS_DEFAULT_REGION": self.settings.region,
            "AWS_REGION": self.settings.region,
        }

    @property
    def boto(self) -> dict[str, Any]:
        """Arguments for `boto3.client(service, **engine.boto)`."""
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": self.settings.region,
            "aws_access_key_id": self.credentials.access_key,
            "aws_secret_access_key": self.credentials.secret_key,
        }

    def start(self) -> None:
        """Return when it answers. Raises: EngineFailed when the port is taken or it does not come up."""
        self._refuse_taken_port()
        python = paths.venv_python("engine")
        if not python.exists():
            raise EngineFailed("the embedded AWS is not installed: run `make setup`")
        self._temporary = Path(tempfile.mkdtemp(prefix="greenroom-engine-"))
        log = self.settings.log_file
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
        with open(log or os.devnull, "ab") as output:
            self._process = subprocess.Popen(
                [str(python), "-m", "greenroom_lab.engine", *self._arguments()],
                env=self._child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the engine and every function process, and empty its temporary directory. Harmless twice."""
        process, self._process = self._process, None
        if process:
            end_group(process)
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)
            self._temporary = None

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call one of the engine's own doors (doors.py), such as `PUT ec2`. Raises: urllib.error.HTTPError."""
        request = urllib.request.Request(
            f"{self.endpoint_url}/_greenroom/{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            parsed: dict[str, Any] = json.load(answer)
            return parsed

    def __enter__(self) -> EmbeddedAws:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.settings.port))
            except OSError as error:
                raise EngineFailed(f"port {self.settings.port} on 127.0.0.1 is taken: stop what uses it") from error

    def _arguments(self) -> list[str]:
        settings = self.settings
        arguments = ["--port", str(settings.port), "--region", settings.region, "--parent", str(os.getpid())]
        if settings.xray_sink:
            arguments += ["--xray-sink", settings.xray_sink]
        if settings.state_dir:
            arguments += ["--state", str(settings.state_dir)]
        if settings.lambda_workers:
            arguments += ["--lambda-workers", str(settings.lambda_workers)]
        if settings.without:
            arguments += ["--without", ",".join(settings.without)]
        return arguments

    def _child_environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(paths.ROOT / "lab"), "TMPDIR": str(self._temporary)}

    def _wait_until_ready(self) -> None:
        ends = time.monotonic() + START_WITHIN_S
        while time.monotonic() < ends:
            if not self.running():
                raise EngineFailed(f"the embedded AWS ended while starting: {self._last_words()}")
            try:
                self.control("GET", "ready")
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise EngineFailed(f"the embedded AWS did not answer within {START_WITHIN_S:.0f} s: {self._last_words()}")

    def _last_words(self) -> str:
        log = self.settings.log_file
        if not log or not log.exists():
            return "no log was kept"
        lines = log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"{log} is empty"


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole process group to end, then insist: functions run as its children."""
    for sign, patience_s in ((signal.SIGTERM, STOP_WITHIN_S), (signal.SIGKILL, STOP_WITHIN_S)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        if group_ended(process, patience_s):
            break
    process.wait(timeout=STOP_WITHIN_S)


def group_ended(process: subprocess.Popen[bytes], patience_s: float) -> bool:
    ends = time.monotonic() + patience_s
    while time.monotonic() < ends:
        process.poll()
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
