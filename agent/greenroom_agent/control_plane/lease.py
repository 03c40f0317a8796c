"""The lease of an instance: the time for which the control plane leaves the instance's sessions to its agent."""

from dataclasses import dataclass


@dataclass(slots=True)
class Lease:
    """The lease of this instance, in seconds of a monotonic clock. Each accepted heartbeat renews the lease.

    After the lease has expired, the control plane may have moved the viewers to other instances. The agent counts from
    when it *sent* the last accepted heartbeat. The control plane counts from when it received that heartbeat, so the
    lease expires earlier for the agent than for the control plane.
    """

    length_s: float
    renewed_at_s: float

    def renew(self, sent_at_s: float, length_s: float) -> None:
        """Records that a heartbeat, sent at `sent_at_s`, was accepted: the lease lasts `length_s` from then.

        A late answer to an earlier heartbeat does not set the lease back.
        """
        self.renewed_at_s = max(self.renewed_at_s, sent_at_s)
        self.length_s = length_s

    def remaining_s(self, now_s: float) -> float:
        """Returns the seconds until the lease expires; the number is negative after that."""
        return self.renewed_at_s + self.length_s - now_s

    def is_expired(self, now_s: float) -> bool:
        """Whether the lease has expired. If so, the agent must stop its streams."""
        return self.remaining_s(now_s) <= 0
