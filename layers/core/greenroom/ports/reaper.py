"""Ports for what the reaper remembers from pass to pass."""

from __future__ import annotations

from typing import Protocol


class ReaperLease(Protocol):
    """The row that says whether a reaper is at work."""

    def is_held(self, now: float) -> bool: ...

    def take(self, owner: str, now: float, until: float) -> bool:
        """Takes or renews the lease. Returns False while another owner has it."""

    def give_up(self, owner: str) -> None:
        """Gives the lease up, if it is the owner's."""

    def last_recorded(self, what: str, now: float) -> float | None:
        """When a pass last recorded `what`; None if none did in a day. It is recorded now."""


class Orphans(Protocol):
    """Instances that EC2 has although no row explains them."""

    def first_seen(self, instance_id: str, now: float) -> float:
        """When a pass first saw the instance without an explanation; `now` if this is the first time."""


# -- roles


class HasReaper(Protocol):
    @property
    def reaper(self) -> ReaperLease: ...


class HasOrphans(Protocol):
    @property
    def orphans(self) -> Orphans: ...
