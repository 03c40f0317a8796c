"""Install the pinned tools into `.greenroom/venv`. A second run with the same locks does nothing.

Runs on the system's Python (3.11 or later) before anything is installed, so: standard library only.

    PYTHONPATH=lab python3 -m greenroom_lab.toolchain [--node] dev engine sam
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from greenroom_lab import toolchain_paths as paths

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
STAMP = ".lock-sha256"


class ToolMissing(Exception):
    """Something this machine must bring itself is absent or too old; the message is one line for the reader."""


def main(arguments: list[str]) -> int:
    """Install the environments named; with `--node`, also insist on Node and npm."""
    try:
        check_python()
        if "--node" in arguments:
            check_node()
        for name in ("uv", *(argument for argument in arguments if not argument.startswith("--"))):
            ensure(name)
    except ToolMissing as missing:
        print(f"greenroom: {missing}", file=sys.stderr)
        return 1
    return 0


def check_python() -> None:
    """Raises: ToolMissing when this interpreter is too old or cannot make virtual environments."""
    if sys.version_info < OLDEST_PYTHON:
        raise ToolMissing(f"Python 3.11 or later is needed; {sys.executable} is {sys.version.split()[0]}")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        raise ToolMissing(f"Python's venv and pip are needed (on Debian: apt install python3-venv): {error}") from error


def check_node() -> None:
    """Raises: ToolMissing when Node 20 or later, or npm, is not on PATH."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        raise ToolMissing(f"Node {OLDEST_NODE} or later with npm is needed, and is not on PATH")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = answer.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise ToolMissing(f"Node {OLDEST_NODE} or later is needed; {node} is {answer or 'not answering'}")


def ensure(name: str) -> None:
    """Make `.greenroom/venv/<name>` hold exactly its lock file. Raises: ToolMissing with the installer's last line."""
    stamp = paths.venv(name) / STAMP
    wanted = fingerprint(name)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    print(f"greenroom: installing the {name} tools ...", flush=True)
    stamp.unlink(missing_ok=True)
    create(name)
    fill(name)
    stamp.write_text(wanted)
    print(f"greenroom: {name} tools ready ({time.monotonic() - started:.0f} s)", flush=True)


def fingerprint(name: str) -> str:
    """Changes when the lock, the interpreter or the place of the checkout does."""
    lock = paths.lock_file(name).read_bytes()
    return hashlib.sha256(b"\n".join([lock, sys.version.encode(), str(paths.venv(name)).encode()])).hexdigest()


def create(name: str) -> None:
    """An empty environment. Only the installer's own has pip: `sam build` uses that one."""
    place = paths.venv(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    if name == "uv":
        # -I keeps PYTHONPATH of the caller out of the new environment's pip.
        run([sys.executable, "-I", "-m", "venv", "--clear", str(place)])
    else:
        base = str(Path(sys.executable).resolve()) if sys.prefix == sys.base_prefix else sys.executable
        run([str(paths.venv("uv") / "bin" / "uv"), "venv", "--quiet", "--clear", "--python", base, str(place)])


def fill(name: str) -> None:
    lock = str(paths.lock_file(name))
    python = str(paths.venv_python(name))
    if name == "uv":
        run([python, "-I", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock])
        return
    uv = str(paths.venv("uv") / "bin" / "uv")
    run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", "--compile-bytecode", lock])


def run(command: list[str]) -> None:
    """Raises: ToolMissing with the last line the command wrote when it fails."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, check=False
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise ToolMissing(f"`{Path(command[0]).name} {' '.join(command[1:4])} ...` failed: {last}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
