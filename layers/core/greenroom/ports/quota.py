"""What was allowed, what was used, and what the account may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from greenroom.domain.quota.quota import AccountQuota, KillSwitch, Quota, Scope


class QuotaSettings(Protocol):
    """What operators allowed. Reads are consistent: the kill switch works for the next launch."""

    def of_tenant(self, tenant_id: str) -> Quota:
        """No limits where nobody set any."""

    def tenant_ids(self) -> Sequence[str]:
        """Those that somebody set limits for."""

    def of_account(self) -> AccountQuota: ...

    def save_tenant(self, tenant_id: str, quota: Quota) -> None: ...

    def save_account(self, quota: Quota) -> None:
        """The kill switch stays as it is."""

    def throw(self, kill_switch: KillSwitch) -> bool:
        """Whether it was not thrown yet: the first reason stays."""

    def clear(self) -> bool:
        """Whether it was thrown."""


@dataclass(frozen=True, slots=True)
class Used:
    """Of one scope: sessions that are not over, and what a day has seen so far."""

    live: int
    sessions: int
    gpu_seconds: int


@dataclass(frozen=True, slots=True)
class ShardCount:
    """One shard of a scope's live sessions."""

    shard: int
    live: int
    changed_at: float
    doubt: int | None  # what an earlier recount found too many (or, below 0, too few)


@dataclass(frozen=True, slots=True)
class CountedSession:
    """A session that is not over, as the index shows it."""

    session_id: str
    viewer_id: str
    tenant_id: str
    quota_shards: Mapping[str, int]


class QuotaCounters(Protocol):
    """What was used. Units are taken and given back by ports.Claims alone."""

    def gpu_seconds(self, scope: Scope, name: str, day: str) -> int:
        """By sessions that are over."""

    def used(self, name: str, day: str) -> Used:
        """A sum over all shards of a tenant or the account."""

    def live_shards(self, name: str) -> Sequence[ShardCount]:
        """All shards that were ever used."""

    def doubt(self, name: str, seen: ShardCount, surplus: int | None) -> None:
        """Remember what a recount found (None: it agrees), unless the shard changed since it was seen."""

    def correct(self, name: str, seen: ShardCount, surplus: int) -> bool:
        """Take the surplus away; False: it changed since it was seen."""

    def live_of_viewer(self, viewer_id: str) -> frozenset[str]:
        """The sessions that a viewer's counter names."""

    def correct_viewer(self, viewer_id: str, session_id: str) -> bool:
        """Named if its row says it is not over, else not named; whether that changed anything."""

    def list_counted(self) -> Iterable[CountedSession]:
        """All sessions that are not over; from an index, so it may lag."""


@dataclass(frozen=True, slots=True)
class Image:
    """The machine image that instances are launched from; `state` is EC2's word, `missing` when it knows none."""

    image_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Subnet:
    """A place to launch in."""

    subnet_id: str
    zone: str
    free_addresses: int


class AccountFacts(Protocol):
    """What the account has and may; nothing is changed. Each raises FactUnavailable when it cannot be asked."""

    def image(self) -> Image: ...

    def subnets(self) -> Sequence[Subnet]: ...

    def offered(self, instance_types: Sequence[str]) -> frozenset[tuple[str, str]]:
        """(instance type, zone) pairs that the Region offers at all; says nothing of capacity now."""

    def vcpu_quota(self, market: str) -> float:
        """How many vCPUs of G and VT instances may run on `spot` or `on-demand`."""

    def running(self) -> Mapping[tuple[str, str], int]:
        """(instance type, market) -> G and VT instances of the whole account, those starting included."""


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
