"""Instance rows, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.slot.slot_rows import instance_key
from greenroom.domain.instance.instance import Instance, InstanceState, Notice, NoticeKind
from greenroom.domain.times import epoch_seconds, iso

KEPT_S = 7 * 24 * 3600
"""How long the rows of a terminated instance are kept; the Journal keeps its story."""


def instance_row(instance: Instance) -> dict[str, Any]:
    """The whole item. `poolKey` puts it into the pool's index until it is Terminated; None fields are left out."""
    terminated = instance.state is InstanceState.TERMINATED
    return {
        "pk": instance_key(instance.instance_id),
        "sk": "META",
        "instanceId": instance.instance_id,
        "poolId": instance.pool_id,
        "poolKey": None if terminated else instance.pool_id,
        "applicationId": instance.application_id,
        "launchId": instance.launch_id,
        "state": instance.state.value,
        "statusReason": instance.status_reason,
        "bootNonce": instance.boot_nonce,
        "pastNonces": list(instance.past_nonces) or None,
        "instanceType": instance.instance_type,
        "zone": instance.zone,
        "market": instance.market,
        "slotCount": instance.slot_count,
        "heartbeatAt": instance.heartbeat_at,
        "launchedAt": iso(instance.launched_at),
        "readyAt": iso(instance.ready_at) if instance.ready_at is not None else None,
        "deadlineAt": instance.deadline_at,
        "privateIp": instance.private_ip,
        "publicIp": instance.public_ip,
        "notice": _notice_row(instance.notice),
        "stoppedAt": instance.stopped_at,
        "restsUntil": instance.rests_until,
        "build": instance.build,
        "version": instance.version,
    }


def instance_of(row: Mapping[str, Any]) -> Instance:
    return Instance(
        instance_id=row["instanceId"],
        pool_id=row["poolId"],
        application_id=row["applicationId"],
        launch_id=row["launchId"],
        state=InstanceState(row["state"]),
        instance_type=row["instanceType"],
        zone=row["zone"],
        market=row["market"],
        slot_count=row["slotCount"],
        launched_at=epoch_seconds(row["launchedAt"]),
        boot_nonce=row.get("bootNonce"),
        heartbeat_at=row.get("heartbeatAt"),
        ready_at=epoch_seconds(row["readyAt"]) if "readyAt" in row else None,
        status_reason=row.get("statusReason"),
        version=row["version"],
        deadline_at=row.get("deadlineAt"),
        past_nonces=tuple(row.get("pastNonces", ())),
        private_ip=row.get("privateIp"),
        public_ip=row.get("publicIp"),
        notice=_notice_of(row.get("notice")),
        stopped_at=row.get("stoppedAt"),
        rests_until=row.get("restsUntil"),
        build=row.get("build"),
    )


def _notice_row(notice: Notice | None) -> dict[str, Any] | None:
    return {"kind": notice.kind.value, "at": notice.at, "endsAt": notice.ends_at} if notice else None


def _notice_of(row: Mapping[str, Any] | None) -> Notice | None:
    return Notice(NoticeKind(row["kind"]), row["at"], row.get("endsAt")) if row else None
