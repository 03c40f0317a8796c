"""Journal entries about a pool's launches: what EC2 was asked for, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.instance.refusal import RefusalKind
from greenroom.domain.journal.pool import PoolEntry


@dataclass(frozen=True, slots=True)
class AttemptRefusal:
    """Why EC2 launched no instance of an offering (type, zone, market).

    `offering` is None when EC2's answer named no offering.
    """

    offering: str | None
    code: str
    kind: RefusalKind


@dataclass(frozen=True, slots=True)
class Attempt:
    """One CreateFleet call: the offerings that it named, and the instances and refusals that EC2 returned."""

    market: str
    offerings: tuple[str, ...]
    instance_ids: tuple[str, ...]
    refusals: tuple[AttemptRefusal, ...]


@dataclass(frozen=True, slots=True)
class InstanceLaunched(PoolEntry):
    """EC2 launched instances. `market`: Spot or on-demand, as asked for in the last attempt."""

    launch_id: str
    instance_ids: tuple[str, ...]
    market: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class LaunchFailed(PoolEntry):
    """A launch failed and was undone.

    `rest_s`: how long the pool launches no further instances; `fault`: EC2's message when it refused a whole call.
    """

    launch_id: str
    reason: str
    rest_s: float
    attempts: tuple[Attempt, ...]
    fault: str | None


@dataclass(frozen=True, slots=True)
class OfferingInvalid(PoolEntry):
    """EC2 can never launch the offering as requested; somebody must change the pool, the image or the stack."""

    offering: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class AccountLimitReached(PoolEntry):
    """A quota of the AWS account does not allow more launches on this market (Spot or on-demand)."""

    market: str
    code: str
