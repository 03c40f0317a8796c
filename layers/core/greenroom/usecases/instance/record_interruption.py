"""Handles EC2's events about instances: if an instance of this stack will be lost, its evacuation is started.

An evacuation moves the sessions of an instance to other instances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound
from greenroom.domain.events import InstanceNoticed
from greenroom.domain.instance.evacuation import SPOT_WARNING_S, ends_at, is_stronger
from greenroom.domain.instance.instance import InstanceState, Notice, NoticeKind
from greenroom.domain.times import iso
from greenroom.ports.instance import Ec2State

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.ports.instance import HasEc2, HasFleet
    from greenroom.ports.notify import HasBus
    from greenroom.ports.world import Clock

    class Ports(Clock, HasBus, HasEc2, HasFleet, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


STALE_AFTER_S = 60
"""How long after the announced end of an instance a Spot interruption warning still counts, seconds.

A warning that arrives later is ignored, because EC2 has evidently not ended the instance.
"""
_RUNS = frozenset({Ec2State.PENDING, Ec2State.RUNNING})
_SERVING = frozenset({InstanceState.LAUNCHING, InstanceState.BOOTING, InstanceState.READY, InstanceState.DRAINING})


def record_interruption(instance_id: str, kind: NoticeKind, at: float, ports: Ports) -> bool:
    """Announces the notice (word that an instance will be lost) on the bus, if it is news. Returns whether it was news.

    `kind`: what EC2 announces, such as a Spot interruption. `at`: the time of the announcement, according to EC2's
    event, epoch seconds.
    A notice is no news if this stack did not launch the instance, or has no row of it yet (the reaper, the repair that
    runs every 10 s, will see the instance); if Greenroom itself ends or stops the instance; if an equal or stronger
    notice is known; or if the notice is too old to be true.
    """
    try:
        instance = ports.fleet.get(instance_id)
    except NotFound:
        return False
    notice = Notice(kind, at, at + SPOT_WARNING_S if kind is NoticeKind.SPOT_INTERRUPTION else None)
    if not _is_news(instance, notice, ports):
        return False
    announce_notice(instance, notice, ports)
    return True


def announce_notice(instance: Instance, notice: Notice, ports: Ports) -> None:
    """Announces on the bus that an instance will be lost, which starts its evacuation.

    An evacuation moves the sessions of the instance to other instances. Announcing the notice twice is harmless: the
    second evacuation finds nothing to do.
    """
    end = ends_at(notice)
    ports.bus.send(
        InstanceNoticed(
            instance_id=instance.instance_id,
            pool_id=instance.pool_id,
            kind=notice.kind.value,
            noticed_at=iso(notice.at),
            ends_at=None if end is None else iso(end),
        )
    )


def _is_news(instance: Instance, notice: Notice, ports: Ports) -> bool:
    gone = notice.kind is NoticeKind.INSTANCE_GONE
    if instance.state not in (_SERVING | {InstanceState.INTERRUPTED} if gone else _SERVING):
        return False
    if notice.at < instance.launched_at or not is_stronger(notice, instance.notice):
        return False
    end = ends_at(notice)
    if end is not None and ports.now() > end + STALE_AFTER_S:
        return False
    return not (gone and _still_runs(instance.instance_id, ports))


def _still_runs(instance_id: str, ports: Ports) -> bool:
    """Whether EC2 says that the instance is running or starting.

    EC2's event `stopped` may arrive late, after an instance of the warm pool (stopped instances that start quickly) was
    started again.
    """
    found = ports.ec2.find(instance_id)
    return found is not None and found.state in _RUNS
