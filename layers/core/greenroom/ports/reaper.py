"""What the reaper remembers from pass to pass."""

from __future__ import annotations

from typing import Protocol


class ReaperLease(Protocol):
    """The row that says whether a reaper is at work."""

    def is_held(self, now: float) -> bool: ...

    def take(self, owner: str, now: float, until: float) -> bool:
        """Take or renew it; False while another owner holds it."""

    def give_up(self, owner: str) -> None:
        """Only one's own."""

    def last_noted(self, what: str, now: float) -> float | None:
        """When a pass last noted this, None if none did in a day; noted now."""


class Orphans(Protocol):
    """Instances that EC2 has and no row explains."""

    def first_seen(self, instance_id: str, now: float) -> float:
        """When a pass first saw it so; now, if this is the first."""


# -- roles


class HasReaper(Protocol):
    @property
    def reaper(self) -> ReaperLease: ...


class HasOrphans(Protocol):
    @property
    def orphans(self) -> Orphans: ...
