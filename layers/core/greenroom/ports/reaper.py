"""Ports for what the reaper (the repair job, which runs in passes) remembers from one pass to the next."""

from __future__ import annotations

from typing import Protocol


class ReaperLease(Protocol):
    """The row that says whether a reaper is running: only the owner of its lease is."""

    def is_held(self, now: float) -> bool: ...

    def take(self, owner: str, now: float, until: float) -> bool:
        """Takes or renews the lease until `until`. Returns False while another owner has the lease."""

    def give_up(self, owner: str) -> None:
        """Gives the lease up, if `owner` has it."""

    def last_recorded(self, what: str, now: float) -> float | None:
        """When a pass last recorded `what`, within the last day; None if none did. Records `what` for `now`."""


class Orphans(Protocol):
    """Orphans: instances that EC2 runs for this stack although no row of Greenroom accounts for them."""

    def first_seen(self, instance_id: str, now: float) -> float:
        """When a pass first saw the instance as an orphan; `now` if no pass has seen it before."""


# -- roles


class HasReaper(Protocol):
    @property
    def reaper(self) -> ReaperLease: ...


class HasOrphans(Protocol):
    @property
    def orphans(self) -> Orphans: ...
