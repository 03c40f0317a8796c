"""Ports for quotas: what operators allowed, what was used, and what the AWS account has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from greenroom.domain.quota.quota import AccountQuota, KillSwitch, Quota, Scope


class QuotaSettings(Protocol):
    """The limits that operators set. Reads are consistent, so that the kill switch works from the next launch on."""

    def of_tenant(self, tenant_id: str) -> Quota:
        """The tenant's quota; a quota without limits where no operator set any."""

    def tenant_ids(self) -> Sequence[str]:
        """The ids of the tenants for which an operator set limits."""

    def of_account(self) -> AccountQuota: ...

    def save_tenant(self, tenant_id: str, quota: Quota) -> None: ...

    def save_account(self, quota: Quota) -> None:
        """Saves the account's quota. The kill switch is not changed."""

    def throw(self, kill_switch: KillSwitch) -> bool:
        """Throws the kill switch, which stops all new sessions.

        Returns whether it was not thrown before. If it was, the first reason is kept.
        """

    def clear(self) -> bool:
        """Clears the kill switch. Returns whether it was thrown."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a tenant or the account uses: its sessions that have not ended, and its sessions and GPU time of the day."""

    live: int
    sessions: int
    gpu_seconds: int


@dataclass(frozen=True, slots=True)
class ShardCount:
    """One shard (row) of a counter of live sessions, which is spread over several rows."""

    shard: int
    live: int
    changed_at: float
    doubt: int | None  # by how many an earlier recount found it too high (below 0: too low); None: it agreed


@dataclass(frozen=True, slots=True)
class CountedSession:
    """A session that has not ended, as the index shows it."""

    session_id: str
    viewer_id: str
    tenant_id: str
    quota_shards: Mapping[str, int]


class QuotaCounters(Protocol):
    """The counters of what was used. Only the Claims port takes units and gives them back."""

    def gpu_seconds(self, scope: Scope, name: str, day: str) -> int:
        """The GPU time of the day that was used by sessions which have ended."""

    def used(self, name: str, day: str) -> Used:
        """What a tenant or the account uses: the sum over all shards of its counter."""

    def live_shards(self, name: str) -> Sequence[ShardCount]:
        """The shards (rows) of the counter of live sessions, as far as they were ever used."""

    def doubt(self, name: str, seen: ShardCount, surplus: int | None) -> None:
        """Stores by how many units a recount found the shard too high (None: the recount agreed with it).

        Nothing is stored if the shard changed since it was `seen`.
        """

    def correct(self, name: str, seen: ShardCount, surplus: int) -> bool:
        """Subtracts the surplus from the shard. Returns False, and does nothing, if it changed since it was `seen`."""

    def live_of_viewer(self, viewer_id: str) -> frozenset[str]:
        """The ids of the sessions that the viewer's counter names as not ended."""

    def correct_viewer(self, viewer_id: str, session_id: str) -> bool:
        """Adds the session to the viewer's counter if the session's row says that it has not ended; else removes it.

        Returns whether that changed the counter.
        """

    def list_counted(self) -> Iterable[CountedSession]:
        """All sessions that have not ended. They come from an index, so the list may be outdated."""


@dataclass(frozen=True, slots=True)
class Image:
    """The Amazon machine image that instances are launched from.

    `state` is EC2's own word for its state, or `missing` if EC2 does not know the image.
    """

    image_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet to launch instances in."""

    subnet_id: str
    zone: str
    free_addresses: int


class AccountFacts(Protocol):
    """What the AWS account has and may use. Reading changes nothing.

    Each method raises FactUnavailable when AWS does not answer.
    """

    def image(self) -> Image: ...

    def subnets(self) -> Sequence[Subnet]: ...

    def offered(self, instance_types: Sequence[str]) -> frozenset[tuple[str, str]]:
        """The (instance type, zone) pairs that the Region offers in principle, whether or not there is capacity now."""

    def vcpu_quota(self, market: str) -> float:
        """How many vCPUs of G and VT instances the account may run on `spot` or `on-demand`."""

    def running(self) -> Mapping[tuple[str, str], int]:
        """How many G and VT instances the whole account has, by (instance type, market). Starting ones are included."""


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
