"""Decides when a viewer without input is warned, and when the session ends. No I/O and no clock.

Only input counts, never the load of the application: a still scene that somebody is looking at causes no load either.
"""

from enum import StrEnum

from greenroom_agent.control_plane.idle_limits import IdleLimits

LEAST_REPEAT_S = 15.0
"""The shortest pause before the end of an idle session is reported again, because the first report may be lost. If the
countdown is longer than this, the pause is as long as the countdown.
"""


class IdleSign(StrEnum):
    """What the idle watch asks for: warn the viewer, take the warning back, or end the session."""

    WARN = "warn"  # to the page: the countdown begins
    WITHDRAW = "withdraw"  # to the page: the viewer is there after all
    END = "end"  # to the control plane


class IdleWatch:
    """Watches the input of one viewer, from the start of the video. Times are seconds of a monotonic clock."""

    def __init__(self, limits: IdleLimits, now_s: float) -> None:
        self._limits = limits
        self._input_at_s = now_s
        self._ends_at_s: float | None = None  # while warned

    @property
    def next_at_s(self) -> float:
        """The time at which `poll` must be called next."""
        return self._input_at_s + self._limits.warn_s if self._ends_at_s is None else self._ends_at_s

    def ends_in_s(self, now_s: float) -> float:
        """Returns the seconds that are left in the countdown; before a warning, the whole length of the countdown."""
        return self._limits.end_s if self._ends_at_s is None else max(0.0, self._ends_at_s - now_s)

    def heard(self, idle_s: float, now_s: float) -> IdleSign | None:
        """Records that the viewer's last input was `idle_s` seconds ago. Returns None before a warning.

        After a warning, returns WITHDRAW, which takes the warning back, or WARN, which repeats the warning because the
        last input is too long ago. A page that has seen input since does not show the warning; the page reports the
        input instead.
        """
        self._input_at_s = max(self._input_at_s, now_s - idle_s)
        if self._ends_at_s is None:
            return None
        if now_s - self._input_at_s >= self._limits.warn_s:
            return IdleSign.WARN
        self._ends_at_s = None
        return IdleSign.WITHDRAW

    def poll(self, now_s: float, *, can_hear: bool) -> IdleSign | None:
        """Returns what is to be done now: WARN the viewer, END the session after a full countdown, or None.

        `can_hear`: whether the viewer can be warned and heard now. If not, a countdown is cancelled; the next call with
        `can_hear` begins a new countdown.
        """
        if not can_hear:
            self._ends_at_s = None
            return None
        if now_s < self.next_at_s:
            return None
        is_warned = self._ends_at_s is not None
        repeat_s = max(LEAST_REPEAT_S, self._limits.end_s) if is_warned else self._limits.end_s
        self._ends_at_s = now_s + repeat_s
        return IdleSign.END if is_warned else IdleSign.WARN
