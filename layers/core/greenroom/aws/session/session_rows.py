"""Session rows, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.session.eta_rows import eta_of, eta_row, eta_shown_of, eta_shown_row
from greenroom.domain.line.line import order_of
from greenroom.domain.session.session import (
    LIVE_STATES,
    STANDARD_TIER,
    Moving,
    Session,
    SessionLimits,
    SessionState,
    SlotAssignment,
    StatusReason,
    epoch_of,
)
from greenroom.domain.socket.relay import RelayPolicy
from greenroom.domain.times import epoch_seconds, iso

LIVE_SHARDS = 4
"""The index of live sessions is spread over this many partitions."""


def session_key(session_id: str) -> str:
    return f"SESSION#{session_id}"


def viewer_key(viewer_id: str) -> str:
    return f"VIEWER#{viewer_id}"


def line_key(pool_id: str) -> str:
    return f"LINE#{pool_id}"


def place_key(order_at: float, session_id: str) -> str:
    """Sorts by order in line, then by id."""
    return f"{iso(order_at)}#{session_id}"


def place_key_of(session: Session) -> str:
    """Of its place in line, whether it has one or not."""
    return place_key(order_of(session), session.session_id)


def live_shard(session_id: str) -> str:
    return str(sum(session_id.encode()) % LIVE_SHARDS)


def session_row(session: Session) -> dict[str, Any]:
    """The whole item of a session."""
    return {
        "pk": session_key(session.session_id),
        "sk": "META",
        "sessionId": session.session_id,
        "viewerId": session.viewer_id,
        "tenantId": session.tenant_id,
        "applicationId": session.application_id,
        "poolId": session.pool_id,
        "clientToken": session.client_token,
        "state": session.state.value,
        "statusReason": session.status_reason.value if session.status_reason else None,
        "version": session.version,
        "requestedAt": iso(session.requested_at),
        "transitions": {str(state): iso(at) for state, at in session.transitions.items()},
        "deadlineAt": session.deadline_at,
        "adoptBy": session.adopt_by,
        "leaseUntil": session.lease_until,
        "endsBy": session.ends_by,
        "limits": limits_row(session.limits),
        "relay": session.relay.value,
        "joinNumber": session.join_number,
        "viewerConnectionId": session.viewer_connection_id,
        "executionArn": session.execution_arn,
        "awaits": session.awaits,
        "taskToken": session.task_token,
        "liveShard": live_shard(session.session_id) if session.state in (*LIVE_STATES, SessionState.ENDING) else None,
        "counted": True,
        "quotaShards": dict(session.quota_shards) or None,
        **_place_of(session),
    }


def _place_of(session: Session) -> dict[str, Any]:
    """Which slot it holds, whether it is on its way to another one, and where it stands in line."""
    held = assignment_row(session.assignment) if session.assignment else {}
    moving = {"migrations": session.migrations, "moving": moving_row(session.moving)}
    ordered = iso(session.order_at) if session.order_at is not None else None
    line = {"tier": session.tier, "orderAt": ordered, "pageGoneAt": session.page_gone_at}
    line["notBefore"] = session.not_before
    told = {"eta": eta_row(session.eta), "etaShown": eta_shown_row(session.eta_shown)}
    return {"epoch": epoch_of(session), **held, **moving, **line, **told}


def _waiting_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the session: where it stands in line, and what its viewer was told of it."""
    return {
        "tier": row.get("tier", STANDARD_TIER),
        "order_at": epoch_seconds(row["orderAt"]) if "orderAt" in row else None,
        "page_gone_at": row.get("pageGoneAt"),
        "not_before": row.get("notBefore"),
        "eta": eta_of(row.get("eta")),
        "eta_shown": eta_shown_of(row.get("etaShown")),
    }


def assignment_row(held: SlotAssignment) -> dict[str, Any]:
    return {
        "slotId": held.slot_id,
        "slotNumber": held.number,
        "instanceId": held.instance_id,
        "instanceType": held.instance_type,
        "zone": held.zone,
        "market": held.market,
    }


def moving_row(moving: Moving | None) -> dict[str, Any] | None:
    if moving is None:
        return None
    return {"since": moving.since, "pictureUntil": moving.picture_until, "reason": moving.reason.value}


def _moving_of(row: Mapping[str, Any] | None) -> Moving | None:
    return Moving(row["since"], row.get("pictureUntil"), StatusReason(row["reason"])) if row else None


def limits_row(limits: SessionLimits) -> dict[str, int]:
    return {
        "connectionTimeout_s": limits.connection_timeout_s,
        "reconnectWindow_s": limits.reconnect_window_s,
        "maximumSession_s": limits.maximum_session_s,
        "placementTimeout_s": limits.placement_timeout_s,
        "resetTimeout_s": limits.reset_timeout_s,
        "idleWarn_s": limits.idle_warn_s,
        "idleEnd_s": limits.idle_end_s,
    }


def limits_of(row: Mapping[str, Any]) -> SessionLimits:
    standard = SessionLimits()
    return SessionLimits(
        connection_timeout_s=row.get("connectionTimeout_s", standard.connection_timeout_s),
        reconnect_window_s=row.get("reconnectWindow_s", standard.reconnect_window_s),
        maximum_session_s=row.get("maximumSession_s", standard.maximum_session_s),
        placement_timeout_s=row.get("placementTimeout_s", standard.placement_timeout_s),
        reset_timeout_s=row.get("resetTimeout_s", standard.reset_timeout_s),
        idle_warn_s=row.get("idleWarn_s", standard.idle_warn_s),
        idle_end_s=row.get("idleEnd_s", standard.idle_end_s),
    )


def session_of(row: Mapping[str, Any]) -> Session:
    """The inverse; an item from the index lacks what a SessionView does not show."""
    reason = row.get("statusReason")
    return Session(
        session_id=row["sessionId"],
        viewer_id=row["viewerId"],
        tenant_id=row.get("tenantId", ""),
        application_id=row["applicationId"],
        pool_id=row["poolId"],
        client_token=row.get("clientToken", ""),
        state=SessionState(row["state"]),
        requested_at=epoch_seconds(row["requestedAt"]),
        deadline_at=row["deadlineAt"],
        limits=limits_of(row.get("limits", {})),
        relay=RelayPolicy(row.get("relay", RelayPolicy.ALL)),
        version=row["version"],
        status_reason=StatusReason(reason) if reason else None,
        assignment=_assignment_of(row),
        join_number=row.get("joinNumber", 0),
        viewer_connection_id=row.get("viewerConnectionId"),
        execution_arn=row.get("executionArn"),
        awaits=row.get("awaits"),
        task_token=row.get("taskToken"),
        transitions={state: epoch_seconds(at) for state, at in row.get("transitions", {}).items()},
        adopt_by=row.get("adoptBy"),
        lease_until=row.get("leaseUntil"),
        ends_by=row.get("endsBy"),
        migrations=row.get("migrations", 0),
        moving=_moving_of(row.get("moving")),
        quota_shards=row.get("quotaShards", {}),
        **_waiting_of(row),
    )


def _assignment_of(row: Mapping[str, Any]) -> SlotAssignment | None:
    if "slotId" not in row:
        return None
    return SlotAssignment(
        slot_id=row["slotId"],
        instance_id=row["instanceId"],
        number=row.get("slotNumber", 0),
        epoch=row["epoch"],
        instance_type=row["instanceType"],
        zone=row["zone"],
        market=row["market"],
    )
