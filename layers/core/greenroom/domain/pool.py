"""What operators configure: applications and pools with their capacity policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from greenroom.domain.session import SessionLimits


class ApplicationKind(StrEnum):
    """Which streamer the agent starts."""

    UNREAL = "unreal"  # a command line that gets -PixelStreamingURL
    DEMO = "demo"  # Greenroom's own scene, for machines without a GPU
    NULL = "null"  # no picture; sessions without media, for load and drills


@dataclass(frozen=True, slots=True)
class Application:
    """What is streamed.

    `command` may hold {streamerUrl}, {slotNumber}, {mediaPortFirst}, {mediaPortLast}, {workDir}.
    """

    application_id: str
    name: str
    kind: ApplicationKind
    command: tuple[str, ...]
    slots_per_instance: int
    pool_id: str
    limits: SessionLimits = field(default_factory=SessionLimits)
    sessions_per_viewer: int = 1


@dataclass(frozen=True, slots=True)
class PoolPolicy:
    """How much capacity a pool keeps, counted in slots."""

    always_on: int  # floor: never fewer slots than this
    target_idle: int  # buffer of free slots held beside those in use
    maximum: int  # ceiling: never more slots than this


@dataclass(frozen=True, slots=True)
class Pool:
    """The instances of one application in one location."""

    pool_id: str
    application_id: str
    policy: PoolPolicy
    instance_types: tuple[str, ...] = ("g5.xlarge",)
    markets: tuple[str, ...] = ("spot", "on-demand")
