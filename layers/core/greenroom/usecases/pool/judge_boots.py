"""The circuit breaker: halts a pool (stops its launches) when several launched instances in a row never became Ready.

Only instances that EC2 really launched count. A launch that EC2 refused costs nothing, and says nothing about the
image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.events import PoolHalted
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.instance.launch import START_MARGIN_S, boot_deadline_s
from greenroom.domain.journal import pool as journal
from greenroom.domain.pool.pool import Halt

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.domain.pool.pool import Application
    from greenroom.ports.notify import HasBus, HasJournal
    from greenroom.ports.pool import HasPools
    from greenroom.ports.world import Clock

    class Ports(Clock, HasBus, HasJournal, HasPools, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


BOOT_FAILURES_TO_HALT = 3
"""How many failed boots in a row, with no instance Ready in between, halt a pool (stop its launches).

Each failed boot costs an instance for the time of a boot.
"""
BREAKER = "greenroom"
"""The name under which the circuit breaker halts a pool; an operator's halt has the operator's id instead."""
LOOK_AT = "check the image (driver, application), the agent's log and the user data, then resume the pool"


def record_boot_failure(pool_id: str, instance_id: str, why: str, ports: Ports) -> None:
    """Records that a launched instance will never be Ready, and halts the pool after several such instances in a row.

    A halted pool launches nothing. BOOT_FAILURES_TO_HALT such instances, with no instance Ready in between, halt the
    pool. An instance counts only once. `why`: neverRegistered or neverReady.
    """
    now, in_a_row = ports.now(), ports.pools.record_boot_failed(pool_id, instance_id)
    ports.journal.append(journal.BootFailed(pool_id, instance_id, why, in_a_row, BOOT_FAILURES_TO_HALT), now)
    if in_a_row < BOOT_FAILURES_TO_HALT:
        return
    reason = (
        f"{in_a_row} instances in a row launched but never became Ready (the last: {instance_id}, {why}): {LOOK_AT}"
    )
    if ports.pools.halt(pool_id, Halt(reason, now, BREAKER)):
        ports.journal.append(journal.PoolHalted(pool_id, reason, by=BREAKER), now)
        ports.bus.send(PoolHalted(pool_id=pool_id, reason=reason, by=BREAKER))


def record_boot_done(before: Instance, ports: Ports) -> None:
    """Records that an instance became Ready, which resets the pool's count of failed boots.

    `before`: the instance as it was before its first slot was ready. The boot time is recorded only for the instance's
    first boot, because later boots (a restart, a start from the warm pool of stopped instances) install nothing and are
    faster.
    """
    if before.state is InstanceState.BOOTING:
        is_first = before.ready_at is None
        ports.pools.record_boot(before.pool_id, ports.now() - before.launched_at if is_first else None)


def boot_timeout_s(pool_id: str, ports: Ports) -> float:
    """Returns how long an instance of this pool may take from its start to its agent's registration, seconds."""
    return boot_deadline_s(ports.pools.read(pool_id).boot_times)


def ready_timeout_s(pool_id: str, application: Application, ports: Ports) -> float:
    """Returns how long an instance may take from its registration until its slots are ready, seconds.

    This is the longer of the boot timeout and the application's own start time. The boot timeout follows from past
    boots, but a new version of the application may have to compile its shaders first.
    """
    return max(boot_timeout_s(pool_id, ports), restart_timeout_s(application))


def restart_timeout_s(application: Application) -> float:
    """Returns how long a slot may take to be ready when its application is started again, seconds."""
    return application.start_timeout_s + START_MARGIN_S
