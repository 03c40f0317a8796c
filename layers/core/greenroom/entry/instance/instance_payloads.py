"""What launch_instance and handle_interruption send to their steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from greenroom.domain.instance.instance import NoticeKind
from greenroom.domain.times import Time


@dataclass(frozen=True, slots=True)
class PrepareLaunchPayload:
    """PrepareLaunch."""

    pool_id: str
    launch_id: str


@dataclass(frozen=True, slots=True)
class AwaitRegistrationPayload:
    """RecordAndAwaitRegistration. `attempts`: what EC2 was asked and what it answered, for `fleet_answer`."""

    pool_id: str
    launch_id: str
    attempts: tuple[Mapping[str, Any], ...]
    task_token: str


@dataclass(frozen=True, slots=True)
class AbandonLaunchPayload:
    """AbandonLaunch. `error`: why the launch is undone; `fault`: what EC2 said of a call that it refused whole."""

    pool_id: str
    launch_id: str
    error: str
    fault: str | None
    attempts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class EvacuateInstancePayload:
    """EvacuateInstance: the notice. `ends_at`: when EC2 takes the instance, None where it does not say."""

    instance_id: str
    kind: NoticeKind
    noticed_at: Time
    ends_at: Time | None
