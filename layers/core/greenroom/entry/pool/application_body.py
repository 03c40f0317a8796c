"""Parses an application as operators write it."""

from __future__ import annotations

from greenroom.domain.errors import InvalidField
from greenroom.domain.pool.pool import LONGEST_START_S, START_TIMEOUT_S, Admission, Application, ApplicationKind
from greenroom.domain.pool.unreal_command import fixed_option
from greenroom.domain.session.session import SessionLimits
from greenroom.domain.socket.relay import RelayPolicy
from greenroom.entry.http import Body
from greenroom.entry.pool.catalog_views import limits_of

DAYS = ("sessionsPerViewerDay", "gpuMinutesPerViewerDay")
"""What one viewer may use of the application in a day (UTC). null or absent: no limit."""
MOST_A_DAY = 1_000_000
FIELDS = (
    *("name", "kind", "command", "slotsPerInstance", "poolId", "limits", "sessionsPerViewer", "admission", "relay"),
    "startTimeout_s",
    *DAYS,
)
MOST_SLOTS = 32
"""The most slots of an instance: as many as one transaction can drain, and more than a GPU can stream."""


def application_of(application_id: str, body: Body) -> Application:
    """Raises: InvalidField."""
    body.only("applicationId", *FIELDS)
    kind = ApplicationKind(body.one_of("kind", tuple(ApplicationKind)))
    return Application(
        application_id=application_id,
        name=body.text("name", longest=128),
        kind=kind,
        command=_command(body, kind),
        slots_per_instance=body.whole("slotsPerInstance", least=1, most=MOST_SLOTS),
        pool_id=body.identifier("poolId"),
        limits=limits_of(body.part("limits"), SessionLimits()),
        sessions_per_viewer=body.whole("sessionsPerViewer", least=1, most=100, default=1),
        sessions_per_viewer_day=_limit(body, DAYS[0]),
        gpu_minutes_per_viewer_day=_limit(body, DAYS[1]),
        admission=Admission(body.one_of("admission", tuple(Admission)) if "admission" in body else Admission.OPEN),
        relay=RelayPolicy(body.one_of("relay", tuple(RelayPolicy)) if "relay" in body else RelayPolicy.ALL),
        start_timeout_s=body.whole("startTimeout_s", least=1, most=LONGEST_START_S, default=START_TIMEOUT_S),
    )


def _command(body: Body, kind: ApplicationKind) -> tuple[str, ...]:
    command = body.texts("command") if "command" in body else ()
    if kind is not ApplicationKind.UNREAL:
        return command
    if not command:
        raise InvalidField("command", "must name the program to start")
    if (fixed := fixed_option(command)) is not None:
        option, placeholder = fixed
        raise InvalidField("command", f"{option} differs from slot to slot: write {placeholder} there, or leave it out")
    return command


def _limit(body: Body, name: str) -> int | None:
    return body.whole(name, least=0, most=MOST_A_DAY) if name in body else None
