"""How long the agent may assume that the control plane still counts on this instance."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lease:
    """The lease of this instance, in seconds of a monotonic clock.

    When it has expired, the control plane may have moved the viewers elsewhere. It counts from when an accepted
    heartbeat was *sent*. The control plane counts from when it received it, so the agent's lease always ends first.
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
        """Whether the lease has expired, so that the agent must stop its streams."""
        return self.remaining_s(now_s) <= 0
