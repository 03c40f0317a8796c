"""The circuit breaker: instances that are launched and never get ready are counted, and a broken image halts its pool.

Only what EC2 gave counts: a refused launch costs nothing and says nothing of the image.
"""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.events import PoolHalted
from greenroom.domain.instance.instance import Instance, InstanceState
from greenroom.domain.instance.launch import START_MARGIN_S, boot_deadline_s
from greenroom.domain.journal import pool as journal
from greenroom.domain.pool.pool import Application, Halt
from greenroom.ports.notify import HasBus, HasJournal
from greenroom.ports.pool import HasPools
from greenroom.ports.world import Clock


class Ports(Clock, HasBus, HasJournal, HasPools, Protocol):
    """What is reached here, callees included."""


BOOT_FAILURES_TO_HALT = 3
"""In a row, with none ready between them. Each costs an instance for as long as a boot may take."""
BREAKER = "greenroom"
LOOK_AT = "look at the image (driver, application), the agent's log and the user data, mend it, then resume the pool"


def note_boot_failure(pool_id: str, instance_id: str, why: str, ports: Ports) -> None:
    """A launched instance will never be ready. `why`: neverRegistered or neverReady. Noting it twice counts once."""
    now, in_a_row = ports.now(), ports.pools.note_boot_failed(pool_id, instance_id)
    ports.journal.append(journal.BootFailed(pool_id, instance_id, why, in_a_row, BOOT_FAILURES_TO_HALT), now)
    if in_a_row < BOOT_FAILURES_TO_HALT:
        return
    reason = (
        f"{in_a_row} instances in a row were launched and never got ready (the last: {instance_id}, {why}): {LOOK_AT}"
    )
    if ports.pools.halt(pool_id, Halt(reason, now, BREAKER)):
        ports.journal.append(journal.PoolHalted(pool_id, reason, by=BREAKER), now)
        ports.bus.send(PoolHalted(pool_id=pool_id, reason=reason, by=BREAKER))


def note_boot_done(before: Instance, ports: Ports) -> None:
    """`before`: the instance as it stood before a slot of it got ready.

    Only its first boot is measured: later ones (a restart, the warm tier) install nothing and take less.
    """
    if before.state is InstanceState.BOOTING:
        is_first = before.ready_at is None
        ports.pools.note_boot(before.pool_id, ports.now() - before.launched_at if is_first else None)


def boot_timeout_s(pool_id: str, ports: Ports) -> float:
    """How long an instance of this pool may take to register."""
    return boot_deadline_s(ports.pools.read(pool_id).boot_times)


def ready_timeout_s(pool_id: str, application: Application, ports: Ports) -> float:
    """How long it may take from then until its slots are ready: as long again, or as its application may need.

    Boots that were seen say nothing of a new version that has its shaders to compile.
    """
    return max(boot_timeout_s(pool_id, ports), restart_timeout_s(application))


def restart_timeout_s(application: Application) -> float:
    """How long a slot whose application is started anew may take until it is ready."""
    return application.start_timeout_s + START_MARGIN_S
