"""What operators configure: applications, and pools (the instances that serve one application) with their capacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from greenroom.domain.session.session import STANDARD_TIER, SessionLimits
from greenroom.domain.slot.slot import SHARDS
from greenroom.domain.socket.relay import RelayPolicy
from greenroom.domain.times import Time

LINE_LIMIT, LONGEST_LINE = 1000, 5000
"""How many sessions may wait in a pool's line: the default, and the greatest number that an operator can set."""
START_TIMEOUT_S, LONGEST_START_S = 300, 3600
"""How many seconds an application may take from its start until its streamer (the process that sends the picture) is
connected: the default, and the greatest number that an operator can set.
"""


class ApplicationKind(StrEnum):
    """Which kind of streamer (the process that sends the picture) the agent starts for an application."""

    UNREAL = "unreal"  # an Unreal command line; it is given its slot's streamer endpoint and media ports
    DEMO = "demo"  # Greenroom's own scene, for instances without a GPU
    NULL = "null"  # no picture: sessions without media, for load tests and drills


class Admission(StrEnum):
    """When an application takes new sessions."""

    OPEN = "open"  # everybody, always
    AUTOMATIC = "automatic"  # only around its pool's scheduled events, from the opening of the pre-queue to the end
    CLOSED = "closed"  # nobody; sessions that run or wait continue


@dataclass(frozen=True, slots=True)
class Application:
    """An application: what viewers ask for, and how an agent (Greenroom's program on an instance) starts it.

    `command` may contain these placeholders, for which the agent puts in the slot's own values: {streamerUrl},
    {streamerHost}, {streamerPort}, {slotNumber}, {mediaPortFirst}, {mediaPortLast}, {workDir}.
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
    start_timeout_s: int = START_TIMEOUT_S  # the agent ends the process of a longer start, and starts it again


class Placement(StrEnum):
    """Which instance a session gets when several instances have a free slot. Source: Agones, scheduling strategies."""

    PACKED = "packed"  # the fullest instance, so that other instances become idle and can be ended
    DISTRIBUTED = "distributed"  # the emptiest instance, so that losing an instance affects the fewest viewers


@dataclass(frozen=True, slots=True)
class PoolPolicy:
    """How much capacity a pool keeps, as an operator configured it.

    Numbers are slots, unless the name of the number or its comment says instances.
    """

    always_on: int  # the least number of slots
    target_idle: int  # free slots kept in addition to the slots in use
    maximum: int  # the greatest number of slots
    warm_instances: int = 0  # size of the warm pool: stopped on-demand instances
    scale_in_after_s: int = 120  # how long a surplus must last before instances are ended (docs/decisions.md)
    scale_in_step: int = 10  # the most instances that one step of scale-in terminates
    spot_share: int = 100  # percent of the pool's slots that may be on Spot
    placement: Placement = Placement.PACKED


@dataclass(frozen=True, slots=True)
class Halt:
    """Why, when and by whom a pool was halted: it launches and starts no instance until an operator resumes it.

    The pool's running instances keep serving.
    """

    reason: str
    at: Time
    by: str  # the operator's id, or "greenroom" for the circuit breaker


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as an operator configured it: the application that it serves, its capacity policy, and its line."""

    pool_id: str
    application_id: str
    policy: PoolPolicy
    instance_types: tuple[str, ...] = ("g5.xlarge",)
    markets: tuple[str, ...] = ("spot", "on-demand")
    version: int = 0  # of the pool's row; 0: never stored
    line_limit: int = LINE_LIMIT  # how many sessions may wait; further requests are told when to try again
    tiers: Mapping[str, int] = field(default_factory=lambda: {STANDARD_TIER: 0})  # name -> head start in line, seconds
    shards: int = SHARDS  # partitions of its free-slot entries: as many as its highest maximum so far needs
