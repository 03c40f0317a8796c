"""What a command says: lines and a progress line for people, or one JSON document for programs.

For people everything goes to stdout, and why it failed to stderr. With `--json` stdout holds the document alone, and
everything else goes to stderr.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from greenroom_cli.failures import CommandFailed


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command: `document` for programs, `text` for people."""

    document: Mapping[str, Any]
    text: str


class Output:
    """Of one command. A terminal has a line that runs with the time; a log has a line at begin and end."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self._stream = sys.stderr if is_json else sys.stdout

    @property
    def is_interactive(self) -> bool:
        """Whether a person can be asked: never with `--json`, whose stdout is for a program."""
        return not self.is_json and sys.stdin.isatty()

    def say(self, text: str) -> None:
        print(f"greenroom: {text}", file=self._stream, flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Work that takes a while: how long it takes is shown while it runs, and said when it is done."""
        began = time.monotonic()
        with self._running(text):
            yield
        self.say(f"{text}: done ({_elapsed(time.monotonic() - began)})")

    def finish(self, result: Result) -> None:
        print(json.dumps(result.document, indent=2) if self.is_json else result.text, flush=True)

    def fail(self, failed: CommandFailed) -> None:
        """What, why and what helps; with `--json` the document says it too."""
        if self.is_json:
            error = {"what": failed.what, "why": failed.why.strip(), "remedy": failed.remedy}
            print(json.dumps({"error": error}, indent=2), flush=True)
        why = f": {failed.why}" if failed.why else ""
        print(f"greenroom: {failed.what}{why}", file=sys.stderr)
        if failed.remedy:
            print(f"greenroom: what helps: {failed.remedy}", file=sys.stderr, flush=True)

    def _running(self, text: str) -> AbstractContextManager[Any]:
        if not self._stream.isatty():
            self.say(f"{text} ...")
            return nullcontext()
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        running = Progress(*columns, console=Console(file=self._stream), transient=True)
        running.add_task(text, total=None)
        return running


def _elapsed(seconds: float) -> str:
    """`4.2 s`, `3 min 05 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, remaining = divmod(round(seconds), 60)
    return f"{minutes} min {remaining:02d} s"
