"""Is anybody there? Counts from the last input, says when to warn and when to end. No I/O and no clock.

Idling is the absence of input, never of load: a still scene with an eager viewer costs as little as an empty room.
"""

from enum import StrEnum

from greenroom_agent.control_plane.idle_limits import IdleLimits

LEAST_REPEAT_S = 15.0
"""An end is told again, for the first word may have been lost, after another countdown but not more often than this."""


class IdleSign(StrEnum):
    """What is to be said now."""

    WARN = "warn"  # to the page: the countdown begins
    WITHDRAW = "withdraw"  # to the page: somebody is there after all
    END = "end"  # to the control plane


class IdleWatch:
    """One viewer's picture, from when it came. Times are seconds of any monotonic clock."""

    def __init__(self, limits: IdleLimits, now_s: float) -> None:
        self._limits = limits
        self._input_at_s = now_s
        self._ends_at_s: float | None = None  # while warned

    @property
    def next_at_s(self) -> float:
        """When `poll` may have something to say."""
        return self._input_at_s + self._limits.warn_s if self._ends_at_s is None else self._ends_at_s

    def ends_in_s(self, now_s: float) -> float:
        """What is left of the countdown, or would be of one that begins now."""
        return self._limits.end_s if self._ends_at_s is None else max(0.0, self._ends_at_s - now_s)

    def heard(self, idle_s: float, now_s: float) -> IdleSign | None:
        """Somebody saw the last input, idle_s ago. An input that is too old for the warning has it said again.

        For the page that answers has not shown it: it had input that we had not heard of.
        """
        self._input_at_s = max(self._input_at_s, now_s - idle_s)
        if self._ends_at_s is None:
            return None
        if now_s - self._input_at_s >= self._limits.warn_s:
            return IdleSign.WARN
        self._ends_at_s = None
        return IdleSign.WITHDRAW

    def poll(self, now_s: float, *, can_hear: bool) -> IdleSign | None:
        """What is due. Who could not be heard, or not be warned, is not ended: the countdown begins anew."""
        if not can_hear:
            self._ends_at_s = None
            return None
        if now_s < self.next_at_s:
            return None
        is_warned = self._ends_at_s is not None
        repeat_s = max(LEAST_REPEAT_S, self._limits.end_s) if is_warned else self._limits.end_s
        self._ends_at_s = now_s + repeat_s
        return IdleSign.END if is_warned else IdleSign.WARN
