"""The lease of an instance: the time for which the control plane leaves the instance's sessions to its agent."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lease:
    """The lease of this instance, in seconds of a monotonic clock.

    After its end, the control plane may have moved the viewers elsewhere. The agent counts from when it *sent* the
    last accepted heartbeat. The control plane counts from when it received that heartbeat, so it waits longer.
    """

    length_s: float
    renewed_at_s: float

    def renew(self, sent_at_s: float, length_s: float) -> None:
        """Records an accepted heartbeat that was sent at this time. A late answer to an older one changes nothing."""
        self.renewed_at_s = max(self.renewed_at_s, sent_at_s)
        self.length_s = length_s

    def remaining_s(self, now_s: float) -> float:
        """Seconds until the lease expires; negative after that."""
        return self.renewed_at_s + self.length_s - now_s

    def is_expired(self, now_s: float) -> bool:
        """Whether the lease has expired. If so, the agent must stop its streams."""
        return self.remaining_s(now_s) <= 0
