"""Install the pinned tools into `.greenroom/venv`. A second run with the same locks does nothing.

Runs on the system's Python (3.11 or later) before anything is installed, so: standard library only.

    PYTHONPATH=cli python3 -m greenroom_cli.toolchain.install [--node] dev engine sam

With `dev` it also leaves the command `./greenroom`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from greenroom_cli.failures import CommandFailed
from greenroom_cli.toolchain import paths
from greenroom_cli.toolchain.command_file import write_command

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
NODE_REMEDY = "install it from nodejs.org"
STAMP = ".lock-sha256"


class ToolMissing(CommandFailed):
    """Something this computer must bring itself is absent or too old, or a tool could not be installed."""


Say = Callable[[str], None]
"""Where a line for the reader goes."""


def main(arguments: list[str]) -> int:
    """Install the environments named; with `--node`, also insist on Node and npm."""
    try:
        check_python()
        if "--node" in arguments:
            check_node()
        names = [argument for argument in arguments if not argument.startswith("--")]
        for name in ("uv", *names):
            ensure(name, _print)
        if "dev" in names:
            write_command(paths.ROOT, paths.venv_python("dev"))
    except ToolMissing as missing:
        print(f"greenroom: {missing}", file=sys.stderr)
        return missing.exit_code
    return 0


def _print(text: str) -> None:
    print(f"greenroom: {text}", flush=True)


def provide(name: str, say: Say) -> None:
    """For a command: as `ensure`, but what another Python of this computer installed by the same lock will do.

    Raises: ToolMissing.
    """
    for each in ("uv", name):
        if _installed(each) != fingerprint(each, _python_of(each)):
            check_python()
            ensure(each, say)


def check_python() -> None:
    """Raises: ToolMissing when this interpreter is too old or cannot make virtual environments."""
    if sys.version_info < OLDEST_PYTHON:
        found = f"{sys.executable} is {sys.version.split()[0]}"
        raise ToolMissing("Python 3.11 or later is needed", found, "put one on PATH, or name it: make PYTHON=...")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        raise ToolMissing(
            "Python's venv and pip are needed", str(error), "on Debian: apt install python3-venv"
        ) from error


def check_node() -> None:
    """Raises: ToolMissing when Node 20 or later, or npm, is not on PATH."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        raise ToolMissing(f"Node {OLDEST_NODE} or later with npm is needed", "it is not on PATH", NODE_REMEDY)
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = answer.lstrip("v").split(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        found = f"{node} is {answer or 'not answering'}"
        raise ToolMissing(f"Node {OLDEST_NODE} or later is needed", found, NODE_REMEDY)


def ensure(name: str, say: Say) -> None:
    """Make `.greenroom/venv/<name>` hold exactly its lock file. Raises: ToolMissing with the installer's last line."""
    wanted = fingerprint(name)
    if _installed(name) == wanted:
        return
    started = time.monotonic()
    say(f"installing the {name} tools ...")
    stamp = paths.venv(name) / STAMP
    stamp.unlink(missing_ok=True)
    create(name)
    fill(name)
    stamp.write_text(wanted)
    say(f"{name} tools ready ({time.monotonic() - started:.0f} s)")


def fingerprint(name: str, python: str = sys.version) -> str:
    """Changes when the lock, the interpreter or the place of the checkout does."""
    lock = paths.lock_file(name).read_bytes()
    return hashlib.sha256(b"\n".join([lock, python.encode(), str(paths.venv(name)).encode()])).hexdigest()


def _python_of(name: str) -> str:
    """What the environment's interpreter calls itself; empty without one."""
    python = paths.venv_python(name)
    if not python.exists():
        return ""
    command = [str(python), "-I", "-c", "import sys; sys.stdout.write(sys.version)"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _installed(name: str) -> str:
    """The fingerprint of what is there; empty when nothing is, or not all of it."""
    stamp = paths.venv(name) / STAMP
    return stamp.read_text() if stamp.is_file() else ""


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
        called = f"{Path(command[0]).name} {' '.join(command[1:4])} ..."
        raise ToolMissing(f"`{called}` failed", last, "its lines above say more; run it again when that is mended")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
