"""How long the agent may believe that its slots are still its own."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lease:
    """Times in seconds of a monotonic clock. Expired means: the control plane may have given our viewers away.

    It runs from the moment an accepted heartbeat was *sent*: the control plane counts from when it received it, later.
    """

    length_s: float
    renewed_at_s: float

    def renew(self, sent_at_s: float, length_s: float) -> None:
        """A heartbeat sent at this time was accepted; an older answer that arrives late never shortens the lease."""
        self.renewed_at_s = max(self.renewed_at_s, sent_at_s)
        self.length_s = length_s

    def remaining_s(self, now_s: float) -> float:
        """Seconds until the fence falls; negative when it has fallen."""
        return self.renewed_at_s + self.length_s - now_s

    def is_expired(self, now_s: float) -> bool:
        """Whether the agent must stop its streams."""
        return self.remaining_s(now_s) <= 0
