"""Ports for what the reaper (the repair job) remembers from one pass (run) to the next."""

from __future__ import annotations

from typing import Protocol


class ReaperLease(Protocol):
    """The lease that only one reaper (repair job) can have at a time, so that never two reapers run."""

    def is_held(self, now: float) -> bool: ...

    def take(self, owner: str, now: float, until: float) -> bool:
        """Takes the lease, or renews it, until `until`. Returns False while another owner has the lease."""

    def give_up(self, owner: str) -> None:
        """Ends the lease, if `owner` has it."""

    def last_recorded(self, what: str, now: float) -> float | None:
        """Returns when a pass of the reaper (a run of the repair job) last recorded `what`, and records `what` again.

        The new record has the time `now`. None when no pass recorded `what` within the last day.
        """


class Orphans(Protocol):
    """Orphans: instances that EC2 runs for this stack although Greenroom has no row of them."""

    def first_seen(self, instance_id: str, now: float) -> float:
        """When the reaper (the repair job) first saw the instance as an orphan (an instance without a row).

        If the reaper has not seen the orphan before, `now` is stored and returned.
        """


# -- roles


class HasReaper(Protocol):
    @property
    def reaper(self) -> ReaperLease: ...


class HasOrphans(Protocol):
    @property
    def orphans(self) -> Orphans: ...
