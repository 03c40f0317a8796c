"""Ports for quotas: what operators allowed, what was used, and what the AWS account has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from greenroom.domain.quota.quota import AccountQuota, KillSwitch, Quota, Scope


class QuotaSettings(Protocol):
    """The limits that operators set. Reads are consistent, so that the kill switch works from the next launch on."""

    def of_tenant(self, tenant_id: str) -> Quota:
        """The tenant's quota; one without limits where nobody set any."""

    def tenant_ids(self) -> Sequence[str]:
        """The tenants for which somebody set limits."""

    def of_account(self) -> AccountQuota: ...

    def save_tenant(self, tenant_id: str, quota: Quota) -> None: ...

    def save_account(self, quota: Quota) -> None:
        """Saves the account's quota. The kill switch stays as it is."""

    def throw(self, kill_switch: KillSwitch) -> bool:
        """Throws the kill switch. Returns whether it was not thrown before; if it was, the first reason stays."""

    def clear(self) -> bool:
        """Clears the kill switch. Returns whether it was thrown."""


@dataclass(frozen=True, slots=True)
class Used:
    """How much one scope uses: its sessions that are not over, and its sessions and GPU time of the day so far."""

    live: int
    sessions: int
    gpu_seconds: int


@dataclass(frozen=True, slots=True)
class ShardCount:
    """One shard of a scope's counter of live sessions."""

    shard: int
    live: int
    changed_at: float
    doubt: int | None  # by how many an earlier recount found it too high (below 0: too low); None: it agreed


@dataclass(frozen=True, slots=True)
class CountedSession:
    """A session that is not over, as the index shows it."""

    session_id: str
    viewer_id: str
    tenant_id: str
    quota_shards: Mapping[str, int]


class QuotaCounters(Protocol):
    """The counters of what was used. Only the Claims port takes units and gives them back."""

    def gpu_seconds(self, scope: Scope, name: str, day: str) -> int:
        """GPU time of the day used by sessions that are over."""

    def used(self, name: str, day: str) -> Used:
        """The sum over all shards of a tenant or the account."""

    def live_shards(self, name: str) -> Sequence[ShardCount]:
        """All shards that were ever used."""

    def doubt(self, name: str, seen: ShardCount, surplus: int | None) -> None:
        """Stores by how many units a recount found the shard too high (None: it agreed).

        Nothing is stored if the shard changed since it was `seen`.
        """

    def correct(self, name: str, seen: ShardCount, surplus: int) -> bool:
        """Subtracts the surplus. Returns False, with nothing changed, if the shard changed since it was `seen`."""

    def live_of_viewer(self, viewer_id: str) -> frozenset[str]:
        """The ids of the sessions that the viewer's counter names."""

    def correct_viewer(self, viewer_id: str, session_id: str) -> bool:
        """Adds the session to the viewer's counter if its row says it is not over, else removes it.

        Returns whether that changed anything.
        """

    def list_counted(self) -> Iterable[CountedSession]:
        """All sessions that are not over. They come from an index, so the list may be outdated."""


@dataclass(frozen=True, slots=True)
class Image:
    """The Amazon machine image that instances are launched from.

    `state` is EC2's word, or `missing` if EC2 knows none.
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
    """What the AWS account has and may use; nothing is changed.

    Each method raises FactUnavailable when AWS does not answer it.
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
