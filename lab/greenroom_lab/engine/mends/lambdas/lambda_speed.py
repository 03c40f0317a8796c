"""Gap: a silent function costs 50 ms a call, and every process unpacks and compiles its code and layers anew.

- After an invocation ministack waits up to 50 ms for a first log line. The process now says on stderr when it is done.
- Code and layers are unpacked once per content, so that compiled modules are shared by all processes and functions.
- No process imports botocore for ministack's loop detection (0.2 s of a cold start).
"""

from __future__ import annotations

import hashlib
import io
import os
import queue
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from greenroom_lab.engine.mends.patching import replace_once, rewrite

DONE = "\x1egreenroom: invocation done"
LONGEST_DRAIN_S = 0.25
_unpack_lock = threading.Lock()


def apply() -> None:
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    script = replace_once(
        script,
        "        _real_stdout.flush()\n\nrun()",
        f"        sys.stderr.write({DONE + chr(10)!r})\n"
        "        sys.stderr.flush()\n        _real_stdout.flush()\n\nrun()",
        "worker script",
    )
    script = replace_once(script, "    _ms_install_invoke_depth()\n", "", "worker script")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script
    lambda_runtime.Worker._drain_stderr_bounded = drain_until_done
    lambda_runtime._greenroom_unpacked = unpacked
    rewrite(
        lambda_runtime,
        "_spawn",
        ('    code_dir = os.path.join(self._tmpdir, "code")\n    os.makedirs(code_dir)\n', ""),
        ('    with open(os.path.join(self._tmpdir, "code.zip"), "wb") as f:\n        f.write(self.code_zip)\n', ""),
        (
            '    with zipfile.ZipFile(os.path.join(self._tmpdir, "code.zip")) as zf:\n'
            "        zf.extractall(code_dir)\n",
            "    code_dir = _greenroom_unpacked(self.code_zip)\n",
        ),
        (
            '                layer_dir = os.path.join(self._tmpdir, f"layer_{len(layers_dirs)}")\n'
            "                os.makedirs(layer_dir)\n",
            "                layer_dir = _greenroom_unpacked(layer_data)\n",
        ),
        ("                        lzf.extractall(layer_dir)\n", ""),
        owner=lambda_runtime.Worker,
    )


def unpacked(content: bytes) -> str:
    """The directory that holds this zip file's content, made at its first use and shared from then on."""
    place = Path(tempfile.gettempdir()) / "greenroom-code" / hashlib.sha256(content).hexdigest()[:32]
    with _unpack_lock:
        if not place.exists():
            unfinished = place.with_suffix(".part")
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.extractall(unfinished)
            os.rename(unfinished, place)
    return str(place)


def drain_until_done(worker: Any) -> str:
    """The invocation's log lines, up to its closing mark."""
    lines: list[str] = []
    ends = time.monotonic() + LONGEST_DRAIN_S
    while (left := ends - time.monotonic()) > 0:
        try:
            line = worker._stderr_queue.get(timeout=left)
        except queue.Empty:
            break
        if line == DONE:
            break
        lines.append(line)
    return "\n".join(lines)
