"""Where the time went between the click and the first frame."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

PHASES = ("token", "claim", "socket", "offer", "ICE", "first frame")


@dataclass(slots=True)
class Timeline:
    """Marks in order; a phase lasts from the mark before it. The click follows the token: the viewer is signed in."""

    marks: list[tuple[str, float]] = field(default_factory=list)
    started_at_s: float = field(default_factory=time.perf_counter)

    def mark(self, phase: str) -> None:
        """This phase is over now; the first mark of a phase counts."""
        if phase not in dict(self.marks):
            self.marks.append((phase, time.perf_counter()))

    def durations_ms(self) -> dict[str, float]:
        """Milliseconds of each phase, in order."""
        durations = {}
        before = self.started_at_s
        for phase, at in self.marks:
            durations[phase] = (at - before) * 1000
            before = at
        return durations

    def between_ms(self, first: str, last: str) -> float:
        """Raises: KeyError for a phase that was not reached."""
        marks = dict(self.marks)
        return (marks[last] - marks[first]) * 1000

    def table(self) -> str:
        """One line per phase, aligned; `total` counts from the click (the end of `token`) where there is one."""
        lines = [f"{phase:<12} {duration:8.0f} ms" for phase, duration in self.durations_ms().items()]
        if self.marks:
            first = self.marks[0][0]
            lines.append(f"{'since click':<12} {self.between_ms(first, self.marks[-1][0]):8.0f} ms")
        return "\n".join(lines)
