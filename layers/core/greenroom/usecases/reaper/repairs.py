"""Runs the repairs of one pass of the reaper, and keeps the errors of those that fail until the pass is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from greenroom.domain.errors import PassIncomplete

Attempt = Callable[[str, Callable[[], None]], None]
"""The type of a function that runs one repair. Its arguments are the name of what is repaired, and the repair itself.

The function keeps an error until the end of the pass (one run of the reaper), so that one bad row does not stop the
other repairs.
"""


@dataclass(slots=True)
class Repairs:
    """Runs repairs one after the other. Errors are kept, so that a failed repair does not stop the other repairs."""

    failures: list[Exception]

    def attempt(self, what: str, repair: Callable[[], None]) -> None:
        """Runs one repair. If the repair fails, its error is kept, with a note of `what` was to be repaired."""
        try:
            repair()
        except Exception as failure:  # the error is kept, and raised after the pass
            failure.add_note(what)
            self.failures.append(failure)

    def finish(self) -> None:
        """Raises PassIncomplete if any of the repairs has failed."""
        if self.failures:
            whole = ExceptionGroup("repairs that failed", self.failures)
            raise PassIncomplete(f"{len(self.failures)} repairs failed, first: {self.failures[0]!r}") from whole
