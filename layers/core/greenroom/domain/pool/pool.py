"""What operators configure: applications and pools with their capacity policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from greenroom.domain.session.session import STANDARD_TIER, SessionLimits
from greenroom.domain.slot.slot import SHARDS
from greenroom.domain.socket.relay import RelayPolicy
from greenroom.domain.times import Time

LINE_LIMIT, LONGEST_LINE = 1000, 5000
"""How many may wait: in a pool that does not say, and in any."""
START_TIMEOUT_S, LONGEST_START_S = 300, 3600
"""How long an application may take from its start until its streamer is there: one that does not say, and any."""


class ApplicationKind(StrEnum):
    """Which streamer the agent starts."""

    UNREAL = "unreal"  # a command line that gets the address of its slot's door and its media ports
    DEMO = "demo"  # Greenroom's own scene, for machines without a GPU
    NULL = "null"  # no picture; sessions without media, for load and drills


class Admission(StrEnum):
    """Who may ask for a session of an application."""

    OPEN = "open"  # everybody, always
    AUTOMATIC = "automatic"  # around the scheduled events of its pool: a pre-queue, then as open, until the end
    CLOSED = "closed"  # nobody; what runs or waits goes on


@dataclass(frozen=True, slots=True)
class Application:
    """What is streamed.

    `command` may hold {streamerUrl}, {streamerHost}, {streamerPort}, {slotNumber}, {mediaPortFirst}, {mediaPortLast},
    {workDir}.
    """

    application_id: str
    name: str
    kind: ApplicationKind
    command: tuple[str, ...]
    slots_per_instance: int
    pool_id: str
    limits: SessionLimits = field(default_factory=SessionLimits)
    sessions_per_viewer: int = 1
    sessions_per_viewer_day: int | None = None  # None: no limit
    gpu_minutes_per_viewer_day: int | None = None
    admission: Admission = Admission.OPEN
    relay: RelayPolicy = RelayPolicy.ALL
    start_timeout_s: int = START_TIMEOUT_S  # then the agent ends that start and begins another


class Placement(StrEnum):
    """Where a session goes when several instances have a free slot. Source: Agones, scheduling strategies."""

    PACKED = "packed"  # onto the fullest instance, so that others fall idle and can go
    DISTRIBUTED = "distributed"  # onto the emptiest one, so that the loss of one hurts fewest


@dataclass(frozen=True, slots=True)
class PoolPolicy:
    """How much capacity a pool keeps, counted in slots unless it says instances."""

    always_on: int  # floor: never fewer slots than this
    target_idle: int  # buffer of free slots held beside those in use
    maximum: int  # ceiling: never more slots than this
    warm_instances: int = 0  # the warm tier: stopped on-demand instances, ready to be started
    scale_in_after_s: int = 120  # how long a surplus must last before instances go: see docs/decisions.md
    scale_in_step: int = 10  # instances that one step of scale-in gives up at most
    spot_share: int = 100  # percent of the pool's slots that may be on Spot
    placement: Placement = Placement.PACKED


@dataclass(frozen=True, slots=True)
class Halt:
    """Why nothing is launched or started in a pool until somebody resumes it; what runs keeps serving."""

    reason: str
    at: Time
    by: str  # the operator's id, or "greenroom" for the circuit breaker


@dataclass(frozen=True, slots=True)
class Pool:
    """The instances of one application in one location."""

    pool_id: str
    application_id: str
    policy: PoolPolicy
    instance_types: tuple[str, ...] = ("g5.xlarge",)
    markets: tuple[str, ...] = ("spot", "on-demand")
    version: int = 0  # of its row; 0: it was never stored
    line_limit: int = LINE_LIMIT  # how many may wait; whoever comes then is told when to try again
    tiers: Mapping[str, int] = field(default_factory=lambda: {STANDARD_TIER: 0})  # name -> head start in line, seconds
    shards: int = SHARDS  # its free slots may lie in so many partitions: those of its highest maximum so far
