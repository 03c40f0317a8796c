"""Decides when a viewer without input is warned, and when the session ends. No I/O and no clock.

Only input counts, never the load of the application: a still scene that somebody is looking at causes no load either.
"""

from enum import StrEnum

from greenroom_agent.control_plane.idle_limits import IdleLimits

LEAST_REPEAT_S = 15.0
"""An end is told again, for the first word may have been lost, after another countdown but not more often than this."""


class IdleSign(StrEnum):
    """What to tell the page or the control plane."""

    WARN = "warn"  # to the page: the countdown begins
    WITHDRAW = "withdraw"  # to the page: the viewer is there after all
    END = "end"  # to the control plane


class IdleWatch:
    """Watches one viewer from the first picture on. Times are seconds of a monotonic clock."""

    def __init__(self, limits: IdleLimits, now_s: float) -> None:
        self._limits = limits
        self._input_at_s = now_s
        self._ends_at_s: float | None = None  # while warned

    @property
    def next_at_s(self) -> float:
        """When `poll` is due next."""
        return self._input_at_s + self._limits.warn_s if self._ends_at_s is None else self._ends_at_s

    def ends_in_s(self, now_s: float) -> float:
        """The seconds left in the countdown; its full length while none runs."""
        return self._limits.end_s if self._ends_at_s is None else max(0.0, self._ends_at_s - now_s)

    def heard(self, idle_s: float, now_s: float) -> IdleSign | None:
        """The last input was `idle_s` seconds ago. When that is too long ago, the page is warned again.

        A page that reports input has not shown the warning, because it knew of input that the agent did not know of.
        """
        self._input_at_s = max(self._input_at_s, now_s - idle_s)
        if self._ends_at_s is None:
            return None
        if now_s - self._input_at_s >= self._limits.warn_s:
            return IdleSign.WARN
        self._ends_at_s = None
        return IdleSign.WITHDRAW

    def poll(self, now_s: float, *, can_hear: bool) -> IdleSign | None:
        """What is due now. A viewer who could not be warned, or whose input could not arrive, gets a new countdown."""
        if not can_hear:
            self._ends_at_s = None
            return None
        if now_s < self.next_at_s:
            return None
        is_warned = self._ends_at_s is not None
        repeat_s = max(LEAST_REPEAT_S, self._limits.end_s) if is_warned else self._limits.end_s
        self._ends_at_s = now_s + repeat_s
        return IdleSign.END if is_warned else IdleSign.WARN
