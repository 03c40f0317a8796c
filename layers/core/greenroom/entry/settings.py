"""Each function's settings: one frozen class per Lambda, its fields are the function's environment, name by name.

`sessions_table` is read from SESSIONS_TABLE. Tests hold every class equal to the environment in template.yaml.
This is the only module that reads the environment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _json_list(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text or "[]"))


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "tuple[str, ...]": _words,
    "tuple[Any, ...]": _json_list,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The base: builds itself from the environment, and fails at once when something is missing."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Raises: KeyError naming the missing variable; ValueError when one is malformed."""
        source = os.environ if environment is None else environment
        return cls(**{each.name: _PARSERS[str(each.type)](source[each.name.upper()]) for each in fields(cls)})


# -- viewer


@dataclass(frozen=True, slots=True)
class AuthorizeViewerSettings(Settings):
    """`jwks_url` is apart from the issuer, because the issuer is always the AWS address."""

    user_pool_issuer: str
    user_pool_client_ids: tuple[str, ...]
    jwks_url: str


@dataclass(frozen=True, slots=True)
class RequestSessionSettings(Settings):
    """POST /sessions."""

    sessions_table: str
    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
    socket_management_url: str


@dataclass(frozen=True, slots=True)
class ReadSessionsSettings(Settings):
    """GET /sessions and GET /sessions/{sessionId}."""

    sessions_table: str


@dataclass(frozen=True, slots=True)
class LeaveSessionSettings(Settings):
    """DELETE /sessions/{sessionId}."""

    sessions_table: str
    socket_management_url: str


@dataclass(frozen=True, slots=True)
class IssueTicketSettings(Settings):
    """POST /sessions/{sessionId}/ticket."""

    sessions_table: str


# -- agent


@dataclass(frozen=True, slots=True)
class RecordSlotEventSettings(Settings):
    """POST /agent/slot-events."""

    sessions_table: str
    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
    socket_management_url: str
    instance_role_arn: str


# -- Viewer socket


@dataclass(frozen=True, slots=True)
class AuthorizeConnectionSettings(Settings):
    """$connect, before it is accepted."""

    sessions_table: str


@dataclass(frozen=True, slots=True)
class OpenConnectionSettings(Settings):
    """$connect. Reads the fleet to compare an agent's boot."""

    sessions_table: str
    fleet_table: str
    socket_management_url: str


@dataclass(frozen=True, slots=True)
class CloseConnectionSettings(Settings):
    """$disconnect."""

    sessions_table: str
    socket_management_url: str


@dataclass(frozen=True, slots=True)
class RelayFrameSettings(Settings):
    """$default. Reads the fleet to tell an agent its slots; `ice_servers` is a JSON list of RTCIceServer.

    Without `turn_urls` there is no TURN server, and no secret of it.
    """

    sessions_table: str
    fleet_table: str
    socket_management_url: str
    ice_servers: tuple[Any, ...]
    turn_urls: tuple[str, ...]
    turn_secret_arn: str


# -- session_lifecycle


@dataclass(frozen=True, slots=True)
class AdoptSessionSettings(Settings):
    """AdoptAndAwaitConnection."""

    sessions_table: str
    fleet_table: str
    bus_name: str


@dataclass(frozen=True, slots=True)
class AwaitSlotSettings(Settings):
    """AwaitSlot."""

    sessions_table: str
    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
    socket_management_url: str


@dataclass(frozen=True, slots=True)
class AwaitEndSettings(Settings):
    """AwaitEnd."""

    sessions_table: str


@dataclass(frozen=True, slots=True)
class EndSessionSettings(Settings):
    """EndSession."""

    sessions_table: str
    socket_management_url: str


@dataclass(frozen=True, slots=True)
class ReleaseSlotSettings(Settings):
    """ReleaseSlot."""

    sessions_table: str
    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
    socket_management_url: str


# -- operator


@dataclass(frozen=True, slots=True)
class ConfigureApplicationSettings(Settings):
    """PUT and GET /applications/{applicationId}. Without `turn_urls` no application can insist on the relay."""

    catalog_table: str
    journal_table: str
    turn_urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigurePoolSettings(Settings):
    """PUT and PATCH /pools/{poolId}."""

    catalog_table: str
    journal_table: str
    bus_name: str


@dataclass(frozen=True, slots=True)
class ReadPoolsSettings(Settings):
    """GET /pools, /pools/{poolId}, its instances and the decisions about it."""

    catalog_table: str
    fleet_table: str
    sessions_table: str
    journal_table: str


@dataclass(frozen=True, slots=True)
class OperatePoolSettings(Settings):
    """POST /pools/{poolId}/halt and /resume."""

    catalog_table: str
    fleet_table: str
    sessions_table: str
    journal_table: str
    bus_name: str


@dataclass(frozen=True, slots=True)
class ConfigureQuotaSettings(Settings):
    """GET and PUT /tenants/{tenantId}/quota and /account/quota."""

    catalog_table: str
    sessions_table: str
    journal_table: str


@dataclass(frozen=True, slots=True)
class OperateAccountSettings(Settings):
    """POST and DELETE /account/kill-switch."""

    catalog_table: str
    journal_table: str


@dataclass(frozen=True, slots=True)
class DrainInstanceSettings(Settings):
    """POST and DELETE /instances/{instanceId}/drain."""

    fleet_table: str
    sessions_table: str
    journal_table: str
    bus_name: str
    socket_management_url: str


@dataclass(frozen=True, slots=True)
class ScheduleEventSettings(Settings):
    """POST /events, PATCH and DELETE /events/{eventId}."""

    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
    image_id: str
    subnet_ids: tuple[str, ...]
    schedule_group: str
    scheduler_role_arn: str
    schedule_dlq_arn: str
    prewarm_event_arn: str


@dataclass(frozen=True, slots=True)
class ReadEventsSettings(Settings):
    """GET /events and GET /events/{eventId}."""

    catalog_table: str


# -- agent: instances


@dataclass(frozen=True, slots=True)
class RegisterInstanceSettings(Settings):
    """POST /agent/register."""

    fleet_table: str
    catalog_table: str
    sessions_table: str
    journal_table: str
    bus_name: str
    stack_name: str
    socket_management_url: str
    ice_servers: tuple[Any, ...]
    heartbeat_s: int
    lease_s: int
    instance_role_arn: str


@dataclass(frozen=True, slots=True)
class RecordHeartbeatSettings(Settings):
    """POST /agent/heartbeat."""

    fleet_table: str
    sessions_table: str
    bus_name: str
    lease_s: int
    instance_role_arn: str


@dataclass(frozen=True, slots=True)
class IssueSocketTicketSettings(Settings):
    """POST /agent/socket-ticket."""

    fleet_table: str
    sessions_table: str
    socket_url: str
    instance_role_arn: str


# -- maintain_pool


@dataclass(frozen=True, slots=True)
class PlanPoolSettings(Settings):
    """PlanPool."""

    fleet_table: str
    catalog_table: str
    sessions_table: str
    journal_table: str


@dataclass(frozen=True, slots=True)
class StartInstancesSettings(Settings):
    """StartInstances."""

    fleet_table: str
    journal_table: str
    bus_name: str


@dataclass(frozen=True, slots=True)
class StopInstancesSettings(Settings):
    """StopInstances."""

    fleet_table: str


@dataclass(frozen=True, slots=True)
class RetireInstancesSettings(Settings):
    """RetireInstances."""

    fleet_table: str
    journal_table: str


# -- launch_instance


@dataclass(frozen=True, slots=True)
class PrepareLaunchSettings(Settings):
    """PrepareLaunch."""

    fleet_table: str
    catalog_table: str
    launch_template_id: str
    subnet_ids: tuple[str, ...]
    stack_name: str


@dataclass(frozen=True, slots=True)
class AwaitRegistrationSettings(Settings):
    """RecordAndAwaitRegistration."""

    fleet_table: str
    journal_table: str
    bus_name: str


@dataclass(frozen=True, slots=True)
class AbandonLaunchSettings(Settings):
    """AbandonLaunch."""

    fleet_table: str
    journal_table: str
    bus_name: str
    stack_name: str


# -- handle_interruption


@dataclass(frozen=True, slots=True)
class NoteInterruptionSettings(Settings):
    """EC2's events on the default bus."""

    fleet_table: str
    bus_name: str
    stack_name: str


@dataclass(frozen=True, slots=True)
class EvacuateInstanceSettings(Settings):
    """EvacuateInstance."""

    sessions_table: str
    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
    socket_management_url: str


# -- reconcile_fleet


@dataclass(frozen=True, slots=True)
class ReconcileFleetSettings(Settings):
    """RunPass."""

    sessions_table: str
    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
    stack_name: str
    socket_management_url: str
    lease_s: int


# -- prewarm_event


@dataclass(frozen=True, slots=True)
class AdvanceEventSettings(Settings):
    """TakeSteps."""

    sessions_table: str
    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
    image_id: str
    subnet_ids: tuple[str, ...]
    socket_management_url: str


@dataclass(frozen=True, slots=True)
class RestoreEventSettings(Settings):
    """GiveBack."""

    fleet_table: str
    catalog_table: str
    journal_table: str
    bus_name: str
