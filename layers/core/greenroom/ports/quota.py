"""Ports for quotas: what operators allowed, what was used, and what the AWS account has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.quota.quota import AccountQuota, KillSwitch, Quota, Scope


class QuotaSettings(Protocol):
    """The limits that operators set, and the kill switch (which stops all new sessions).

    Reads are consistent, so that the kill switch works from the next request for a session on.
    """

    def of_tenant(self, tenant_id: str) -> Quota:
        """The tenant's quota; if no operator set limits for the tenant, a quota without limits."""

    def tenant_ids(self) -> Sequence[str]:
        """The ids of the tenants for which an operator set limits."""

    def of_account(self) -> AccountQuota: ...

    def save_tenant(self, tenant_id: str, quota: Quota) -> None: ...

    def save_account(self, quota: Quota) -> None:
        """Saves the limits of the whole AWS account. The kill switch is not changed."""

    def throw(self, kill_switch: KillSwitch) -> bool:
        """Throws the kill switch, which stops all new sessions.

        Returns True if the kill switch was not thrown before. If it was thrown already, the first reason is kept, and
        False is returned.
        """

    def clear(self) -> bool:
        """Clears the kill switch, so that new sessions can start again. Returns whether the kill switch was thrown."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a tenant or the account uses: its sessions that have not ended, and the day's sessions and GPU time."""

    live: int
    sessions: int
    gpu_seconds: int


@dataclass(frozen=True, slots=True)
class ShardCount:
    """One row (shard) of the count of a tenant's or the account's sessions that have not ended.

    The count is spread over several rows. `live`: the sessions counted in this row.
    """

    shard: int
    live: int
    changed_at: float
    doubt: int | None  # by how many an earlier recount found it too high (below 0: too low); None: it agreed


@dataclass(frozen=True, slots=True)
class CountedSession:
    """A session that has not ended, as a recount of quota units reads it from an index.

    `quota_shards`: by scope (tenant, account, viewer's day), the row of the counter from which the session took a unit.
    """

    session_id: str
    viewer_id: str
    tenant_id: str
    quota_shards: Mapping[str, int]


class QuotaCounters(Protocol):
    """The counts of used quota units, to read and correct them.

    Only the Claims port takes units and gives them back.
    """

    def gpu_seconds(self, scope: Scope, name: str, day: str) -> int:
        """How many GPU seconds of the day were used by sessions that have ended.

        `name`: the name of the viewer's, tenant's or account's counter.
        """

    def used(self, name: str, day: str) -> Used:
        """What a tenant or the account uses: the sum over all rows (shards) of its counts."""

    def live_shards(self, name: str) -> Sequence[ShardCount]:
        """The rows (shards) of a counter of sessions that have not ended. Rows that were never used are left out."""

    def doubt(self, name: str, seen: ShardCount, surplus: int | None) -> None:
        """Stores how many units too many a recount found in a row (shard) of the counter; below 0: too few.

        None: the recount found the row to be right. The row is corrected only if the next recount finds the same
        difference. Nothing is stored if the row changed since it was read as `seen`.
        """

    def correct(self, name: str, seen: ShardCount, surplus: int) -> bool:
        """Subtracts the surplus from a row (shard) of the counter. Returns whether it did.

        False, and nothing is changed, if the row changed since it was read as `seen`.
        """

    def live_of_viewer(self, viewer_id: str) -> frozenset[str]:
        """The ids of the sessions which have not ended, according to the viewer's counter."""

    def correct_viewer(self, viewer_id: str, session_id: str) -> bool:
        """Makes a viewer's counter agree with the row of a session.

        A session that has not ended is added to the counter; a session that has ended is removed. Returns whether the
        counter was changed.
        """

    def list_counted(self) -> Iterable[CountedSession]:
        """Lists all sessions that have not ended. The list comes from an index, so it may be outdated."""


@dataclass(frozen=True, slots=True)
class Image:
    """The Amazon machine image from which instances are launched.

    `state` is EC2's own word for the image's state, or `missing` if EC2 does not know the image.
    """

    image_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet in which instances are launched."""

    subnet_id: str
    zone: str
    free_addresses: int


class AccountFacts(Protocol):
    """Facts about the AWS account: what it has, and what its quotas allow. Reading changes nothing.

    Each method raises FactUnavailable when AWS does not answer.
    """

    def image(self) -> Image: ...

    def subnets(self) -> Sequence[Subnet]: ...

    def offered(self, instance_types: Sequence[str]) -> frozenset[tuple[str, str]]:
        """The (instance type, zone) pairs that the Region offers in principle, whether or not there is capacity now."""

    def vcpu_quota(self, market: str) -> float:
        """How many vCPUs of G and VT instances the account may run on the market `spot` or `on-demand`."""

    def running(self) -> Mapping[tuple[str, str], int]:
        """How many G and VT instances run or start in the whole account, by (instance type, market)."""


# -- roles


class HasAccount(Protocol):
    @property
    def account(self) -> AccountFacts: ...


class HasQuotas(Protocol):
    @property
    def quotas(self) -> QuotaSettings: ...


class HasQuotaCounters(Protocol):
    @property
    def quota_counters(self) -> QuotaCounters: ...
