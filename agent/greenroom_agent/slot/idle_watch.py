"""Decides when a viewer without input is warned, and when the session ends. No I/O and no clock.

Only input counts, never the load of the application: a still scene that somebody is looking at causes no load either.
"""

from enum import StrEnum

from greenroom_agent.control_plane.idle_limits import IdleLimits

LEAST_REPEAT_S = 15.0
"""An end is told again, for the first word may have been lost, after another countdown but not more often than this."""


class IdleSign(StrEnum):
    """A result of the idle watch: warn, take the warning back, or end the session."""

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
        """When `poll` is due next."""
        return self._input_at_s + self._limits.warn_s if self._ends_at_s is None else self._ends_at_s

    def ends_in_s(self, now_s: float) -> float:
        """The seconds left in the countdown; its full length while none runs."""
        return self._limits.end_s if self._ends_at_s is None else max(0.0, self._ends_at_s - now_s)

    def heard(self, idle_s: float, now_s: float) -> IdleSign | None:
        """Records that the viewer's last input was `idle_s` seconds ago. Repeats the warning if that is too long ago.

        A page that gets the warning but has seen input since does not show the warning. It reports that input instead.
        """
        self._input_at_s = max(self._input_at_s, now_s - idle_s)
        if self._ends_at_s is None:
            return None
        if now_s - self._input_at_s >= self._limits.warn_s:
            return IdleSign.WARN
        self._ends_at_s = None
        return IdleSign.WITHDRAW

    def poll(self, now_s: float, *, can_hear: bool) -> IdleSign | None:
        """The results that are due now. The countdown starts again if the viewer could not be warned or heard."""
        if not can_hear:
            self._ends_at_s = None
            return None
        if now_s < self.next_at_s:
            return None
        is_warned = self._ends_at_s is not None
        repeat_s = max(LEAST_REPEAT_S, self._limits.end_s) if is_warned else self._limits.end_s
        self._ends_at_s = now_s + repeat_s
        return IdleSign.END if is_warned else IdleSign.WARN
