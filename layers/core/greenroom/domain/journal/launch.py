"""Journal entries about a pool's launches: what EC2 was asked for, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.instance.refusal import RefusalKind
from greenroom.domain.journal.pool import PoolEntry


@dataclass(frozen=True, slots=True)
class AttemptRefusal:
    """Why EC2 launched no instance of an offering (instance type × zone × market).

    `offering` is None when EC2's answer named no offering.
    """

    offering: str | None
    code: str
    kind: RefusalKind


@dataclass(frozen=True, slots=True)
class Attempt:
    """One CreateFleet call of a launch: the offerings (instance type × zone) that it named, and what EC2 returned."""

    market: str
    offerings: tuple[str, ...]
    instance_ids: tuple[str, ...]
    refusals: tuple[AttemptRefusal, ...]


@dataclass(frozen=True, slots=True)
class InstanceLaunched(PoolEntry):
    """Records that EC2 launched instances for a pool.

    `market`: Spot or on-demand, as the last of the `attempts` (CreateFleet calls) asked for.
    """

    launch_id: str
    instance_ids: tuple[str, ...]
    market: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class LaunchFailed(PoolEntry):
    """Records that a launch failed and was undone.

    `rest_s`: for how many seconds the pool launches no further instance. `fault`: EC2's message when it refused a whole
    CreateFleet call.
    """

    launch_id: str
    reason: str
    rest_s: float
    attempts: tuple[Attempt, ...]
    fault: str | None


@dataclass(frozen=True, slots=True)
class OfferingInvalid(PoolEntry):
    """Records that EC2 can never launch an offering (instance type × zone × market) as requested.

    Somebody must change the pool, the image or the stack.
    """

    offering: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class AccountLimitReached(PoolEntry):
    """Records that a quota of the AWS account refuses more launches on a market (Spot or on-demand).

    `code` is EC2's error code.
    """

    market: str
    code: str
