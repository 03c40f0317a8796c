"""shellcheck on every script of the repository."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.judge.findings import Finding, Opinion
from tests.judge.scripts import Script, scripts
from tests.judge.tools import tool


def give_opinion() -> Opinion:
    found = scripts()
    files = len({script.file for script in found})
    return Opinion(f"{len(found)} scripts of {files} files", tuple(findings(found)))


def findings(judged: Iterable[Script]) -> list[Finding]:
    """In the order of the scripts."""
    found: list[Finding] = []
    with tempfile.TemporaryDirectory() as folder:
        written = {Path(folder) / str(number): script for number, script in enumerate(judged)}
        for path, script in written.items():
            path.write_text(script.text)
        for shell in sorted({script.shell for script in written.values()}):
            found += _said(shell, {path: script for path, script in written.items() if script.shell == shell})
    return found


def _said(shell: str, written: dict[Path, Script]) -> list[Finding]:
    done = tool("shellcheck", f"--shell={shell}", "--format=json1", "--norc", *map(str, written))
    if done.returncode not in (0, 1):
        raise RuntimeError(f"shellcheck: {done.stderr or done.stdout}")
    found = []
    for comment in json.loads(done.stdout)["comments"]:
        script = written[Path(comment["file"])]
        rule = f"SC{comment['code']}"
        found.append(Finding(script.file, comment["line"], rule, f"{script.file}:{script.name}", comment["message"]))
    return found
