"""What a notice (word that an instance will be lost) does to the instance and its sessions, and which notice counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from greenroom.domain.instance.instance import (
    INSTANCE_TRANSITIONS,
    Instance,
    InstanceState,
    Notice,
    NoticeKind,
    changed,
)
from greenroom.domain.session.session import StatusReason

SPOT_WARNING_S = 120
"""The time from EC2's warning until EC2 ends a Spot instance. Source: EC2 user guide, Spot Instance interruption
notices.
"""
END_BEFORE_S = 10
"""Greenroom ends an interrupted instance this long before EC2 would, so that EC2 does not cut off a viewer who is still
on it.
"""

K, I = NoticeKind, InstanceState  # noqa: E741
_BY_STRENGTH = (K.REBALANCE, K.SILENCE, K.SPOT_INTERRUPTION, K.INSTANCE_GONE)
_TARGETS: Mapping[NoticeKind, InstanceState] = {
    K.REBALANCE: I.DRAINING,
    K.SILENCE: I.QUARANTINED,
    K.SPOT_INTERRUPTION: I.INTERRUPTED,
    K.INSTANCE_GONE: I.INTERRUPTED,
}
ON_ITS_WAY_OUT = frozenset({I.STOPPED, I.TERMINATING, I.TERMINATED})
"""States of an instance that Greenroom itself stopped or ended, so that a notice of its loss says nothing new."""
RETURNING_STATES = frozenset({I.DRAINING, I.STOPPED})
"""States of an instance that may take sessions again later. Until then, its unused slots are not published as free."""


def is_stronger(notice: Notice, before: Notice | None) -> bool:
    """Whether the new notice outranks the known one: a warning outranks advice to leave, an end outranks a warning."""
    return before is None or _BY_STRENGTH.index(notice.kind) > _BY_STRENGTH.index(before.kind)


def noticed(instance: Instance, notice: Notice) -> Instance:
    """The instance after this notice: the notice is stored, and the instance takes no new sessions.

    Unchanged when Greenroom has stopped or ended the instance itself. A notice that is no stronger than the known one
    is not stored. An instance that never registered has nothing to drain, so advice to leave it changes no state.
    """
    if instance.state in ON_ITS_WAY_OUT:
        return instance
    known = replace(instance, notice=notice) if is_stronger(notice, instance.notice) else instance
    to = _TARGETS[notice.kind]
    return changed(known, to, notice.kind.value) if to in INSTANCE_TRANSITIONS[instance.state] else known


def ends_at(notice: Notice) -> float | None:
    """When EC2 will end the instance; None when the time is unknown or the instance has ended already."""
    if notice.kind is not K.SPOT_INTERRUPTION:
        return None
    return notice.at + SPOT_WARNING_S if notice.ends_at is None else notice.ends_at


def shows_picture(instance: Instance, now: float) -> bool:
    """Whether viewers on the interrupted instance can keep their picture while Greenroom looks for another slot."""
    notice = instance.notice
    if notice is None or instance.state is not I.INTERRUPTED or (end := ends_at(notice)) is None:
        return False
    return now < end - END_BEFORE_S


def is_being_lost(instance: Instance) -> bool:
    """Whether the instance is being lost, which explains why an application on it stops."""
    if instance.state in (I.INTERRUPTED, I.QUARANTINED, I.TERMINATING, I.TERMINATED):
        return True
    return instance.notice is not None and instance.notice.kind is not K.REBALANCE


def reason_of(instance: Instance) -> StatusReason:
    """Why the instance's sessions lose their slots.

    Only a Spot instance that EC2 took back counts as a Spot interruption.
    """
    taken = instance.notice is not None and instance.notice.kind in (K.SPOT_INTERRUPTION, K.INSTANCE_GONE)
    return StatusReason.SPOT_INTERRUPTED if taken and instance.market == "spot" else StatusReason.INSTANCE_UNHEALTHY
