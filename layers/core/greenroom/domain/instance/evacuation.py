"""What a notice (word that an instance will be lost) changes for the instance and its sessions.

Of several notices about one instance, the strongest counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from greenroom.domain.instance.instance import (
    Instance,
    InstanceState,
    Notice,
    NoticeKind,
    changed_if_allowed,
)
from greenroom.domain.session.session import StatusReason

SPOT_WARNING_S = 120
"""Seconds from EC2's interruption warning until EC2 ends the Spot instance. Source: EC2 user guide, Spot Instance
interruption notices.
"""
END_BEFORE_S = 10
"""Greenroom ends an interrupted instance this many seconds before EC2 would. So EC2 never cuts off a viewer whose
picture still comes from the instance.
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
"""The states of an instance that Greenroom itself stopped or ended. A notice (word that an instance will be lost)
changes nothing for an instance in such a state.
"""
RETURNING_STATES = frozenset({I.DRAINING, I.STOPPED})
"""The states of an instance that takes no sessions now but may take some later. Until then, its unused slots are not
published as free.
"""


def is_stronger(notice: Notice, before: Notice | None) -> bool:
    """Whether a notice (word that an instance will be lost) outranks the notice `before`; yes if `before` is None.

    From weak to strong: EC2's advice to leave the instance, the agent's silence, EC2's warning of a Spot interruption,
    the instance's end.
    """
    return before is None or _BY_STRENGTH.index(notice.kind) > _BY_STRENGTH.index(before.kind)


def noticed(instance: Instance, notice: Notice) -> Instance:
    """Returns the instance as it is after a notice (word that it will be lost): it takes no new sessions.

    The instance is returned unchanged when Greenroom itself stopped or ended it. A notice that is no stronger than the
    instance's known notice is not stored. EC2's advice to leave an instance does not change the state of an instance
    whose agent has not registered, because that instance has no sessions yet.
    """
    if instance.state in ON_ITS_WAY_OUT:
        return instance
    known = replace(instance, notice=notice) if is_stronger(notice, instance.notice) else instance
    return changed_if_allowed(known, _TARGETS[notice.kind], notice.kind.value)


def ends_at(notice: Notice) -> float | None:
    """When EC2 will end the instance, according to the notice; None when the time is unknown or already past."""
    if notice.kind is not K.SPOT_INTERRUPTION:
        return None
    return notice.at + SPOT_WARNING_S if notice.ends_at is None else notice.ends_at


def shows_picture(instance: Instance, now: float) -> bool:
    """Whether an interrupted instance still streams to its viewers while Greenroom looks for slots elsewhere."""
    notice = instance.notice
    if notice is None or instance.state is not I.INTERRUPTED or (end := ends_at(notice)) is None:
        return False
    return now < end - END_BEFORE_S


def is_being_lost(instance: Instance) -> bool:
    """Whether the instance is being lost. If it is, that explains why an application on the instance stopped."""
    if instance.state in (I.INTERRUPTED, I.QUARANTINED, I.TERMINATING, I.TERMINATED):
        return True
    return instance.notice is not None and instance.notice.kind is not K.REBALANCE


def reason_of(instance: Instance) -> StatusReason:
    """Why the sessions of an instance that is being lost must leave their slots.

    The reason is a Spot interruption only if EC2 took back a Spot instance; in all other cases the instance is
    unhealthy.
    """
    taken = instance.notice is not None and instance.notice.kind in (K.SPOT_INTERRUPTION, K.INSTANCE_GONE)
    return StatusReason.SPOT_INTERRUPTED if taken and instance.market == "spot" else StatusReason.INSTANCE_UNHEALTHY
