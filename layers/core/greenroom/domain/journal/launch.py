"""The Journal of a pool's launches: what EC2 was asked for, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.instance.refusal import RefusalKind
from greenroom.domain.journal.pool import PoolEntry


@dataclass(frozen=True, slots=True)
class AttemptRefusal:
    """Why EC2 gave nothing; `offering` is None when it named none."""

    offering: str | None
    code: str
    kind: RefusalKind


@dataclass(frozen=True, slots=True)
class Attempt:
    """One CreateFleet call: which offerings it named, which instances came."""

    market: str
    offerings: tuple[str, ...]
    instance_ids: tuple[str, ...]
    refusals: tuple[AttemptRefusal, ...]


@dataclass(frozen=True, slots=True)
class InstanceLaunched(PoolEntry):
    """EC2 gave instances, on the market of the last attempt."""

    launch_id: str
    instance_ids: tuple[str, ...]
    market: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class LaunchFailed(PoolEntry):
    """A launch was undone. `rest_s`: how long none follows; `fault`: what EC2 said when it refused a whole call."""

    launch_id: str
    reason: str
    rest_s: float
    attempts: tuple[Attempt, ...]
    fault: str | None


@dataclass(frozen=True, slots=True)
class OfferingInvalid(PoolEntry):
    """The offering can never work as it is asked for: somebody must change the pool, the image or the stack."""

    offering: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class AccountLimitReached(PoolEntry):
    """A quota of the account refused launches on this market."""

    market: str
    code: str
