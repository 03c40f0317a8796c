"""What launch_instance and handle_interruption send to their steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.domain.instance.instance import NoticeKind
from greenroom.domain.times import Time


@dataclass(frozen=True, slots=True)
class PrepareLaunchPayload:
    """The input of PrepareLaunch."""

    pool_id: str
    launch_id: str


@dataclass(frozen=True, slots=True)
class AwaitRegistrationPayload:
    """The input of RecordAndAwaitRegistration. `attempts`: each request to EC2 with its answer, for `fleet_answer`."""

    pool_id: str
    launch_id: str
    attempts: tuple[Mapping[str, Any], ...]
    task_token: str


@dataclass(frozen=True, slots=True)
class AbandonLaunchPayload:
    """The input of AbandonLaunch. `error`: why the launch is undone. `fault`: EC2's error for a refused call."""

    pool_id: str
    launch_id: str
    error: str
    fault: str | None
    attempts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class EvacuateInstancePayload:
    """The input of EvacuateInstance: the notice. `ends_at`: when EC2 ends the instance; None if it does not say."""

    instance_id: str
    kind: NoticeKind
    noticed_at: Time
    ends_at: Time | None
