"""An instance: one EC2 machine running the agent, and the transitions between its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from greenroom.domain.errors import IllegalTransition, StaleBoot, UnknownInstance
from greenroom.domain.times import Time


class InstanceState(StrEnum):
    """The state of an instance. Terminated is final."""

    LAUNCHING = "Launching"  # EC2 accepted the launch; the agent has not registered
    BOOTING = "Booting"  # the agent registered; no application answered its probe yet
    READY = "Ready"  # at least one slot is or was ready; its free slots can be claimed
    DRAINING = "Draining"  # takes no new sessions; running sessions continue until they end
    INTERRUPTED = "Interrupted"  # EC2 takes it back; takes no new sessions, viewers move to other slots
    QUARANTINED = "Quarantined"  # silent or broken; takes no new sessions, and will be terminated
    STOPPED = "Stopped"  # in the warm pool: switched off, or being switched off by EC2
    TERMINATING = "Terminating"  # Greenroom asked EC2 to terminate it, and repeats this until EC2 has done so
    TERMINATED = "Terminated"  # EC2 reports that it is terminated


I = InstanceState  # noqa: E741
INSTANCE_TRANSITIONS: Mapping[InstanceState, frozenset[InstanceState]] = {
    I.LAUNCHING: frozenset({I.BOOTING, I.STOPPED, I.INTERRUPTED, I.QUARANTINED, I.TERMINATING, I.TERMINATED}),
    I.BOOTING: frozenset({I.READY, I.DRAINING, I.STOPPED, I.INTERRUPTED, I.QUARANTINED, I.TERMINATING, I.TERMINATED}),
    I.READY: frozenset({I.BOOTING, I.DRAINING, I.STOPPED, I.INTERRUPTED, I.QUARANTINED, I.TERMINATING, I.TERMINATED}),
    I.DRAINING: frozenset({I.READY, I.STOPPED, I.INTERRUPTED, I.QUARANTINED, I.TERMINATING, I.TERMINATED}),
    I.INTERRUPTED: frozenset({I.TERMINATING, I.TERMINATED}),
    I.QUARANTINED: frozenset({I.TERMINATING, I.TERMINATED}),
    I.STOPPED: frozenset({I.LAUNCHING, I.TERMINATING, I.TERMINATED}),
    I.TERMINATING: frozenset({I.TERMINATED}),
    I.TERMINATED: frozenset(),
}

STOP_TIMEOUT_S = 900
"""How long EC2 may take to stop an instance for the warm pool. An instance that takes longer is terminated, because it
costs as much as a running one.
"""
PAST_NONCES_KEPT = 20
"""How many earlier boots of an instance are remembered by their nonces (random ids). An instance of the warm pool boots
anew at each start. No agent of a boot before the remembered ones can still be alive.
"""

CLAIMABLE_STATES = frozenset({I.BOOTING, I.READY})
"""States of an instance whose slots may become free."""


def check_transition(before: InstanceState, after: InstanceState) -> None:
    """Raises: IllegalTransition when the table has no edge `before` -> `after`."""
    if after not in INSTANCE_TRANSITIONS[before]:
        raise IllegalTransition(f"instance: {before} -> {after}")


def sources_of(after: InstanceState) -> frozenset[InstanceState]:
    """The states from which an instance may change to `after`. A conditional write names them as its condition."""
    return frozenset(before for before, targets in INSTANCE_TRANSITIONS.items() if after in targets)


class NoticeKind(StrEnum):
    """How Greenroom learned that an instance will be lost."""

    SPOT_INTERRUPTION = "spotInterruption"  # EC2 announced when it will end the instance
    REBALANCE = "rebalance"  # EC2 advises to leave it: takes no new sessions, running sessions continue
    INSTANCE_GONE = "instanceGone"  # EC2 stops or ends the instance, and Greenroom did not ask for it
    SILENCE = "silence"  # no heartbeat of its agent arrives any more


@dataclass(frozen=True, slots=True)
class Notice:
    """Word that an instance will be lost: its kind, its time, and when the instance ends (None: unknown).

    Times are epoch seconds.
    """

    kind: NoticeKind
    at: Time
    ends_at: Time | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """One EC2 instance. Times are epoch seconds. `boot_nonce` is a random id that the agent chooses at each boot."""

    instance_id: str
    pool_id: str
    application_id: str
    launch_id: str
    state: InstanceState
    instance_type: str
    zone: str
    market: str  # "spot" or "on-demand"
    slot_count: int
    launched_at: float
    boot_nonce: str | None = None
    heartbeat_at: float | None = None
    ready_at: float | None = None  # when the instance first became Ready
    status_reason: str | None = None
    version: int = 1
    deadline_at: float | None = None  # when it is terminated unless it is Ready by then
    past_nonces: tuple[str, ...] = ()  # nonces of earlier boots, whose messages are refused
    private_ip: str | None = None
    public_ip: str | None = None
    notice: Notice | None = None
    stopped_at: float | None = None  # since when EC2 reports it as stopped; None: it cannot be started
    rests_until: float | None = None  # EC2 had no capacity to start it; not tried again before this time
    build: str | None = None  # of its application, as told at its last registration (domain/pool/build)


def changed(instance: Instance, to: InstanceState, status_reason: str | None = None) -> Instance:
    """The instance in its next state. Raises: IllegalTransition."""
    check_transition(instance.state, to)
    return replace(instance, state=to, status_reason=status_reason or instance.status_reason)


def is_at_rest(instance: Instance) -> bool:
    """Whether the instance is stopped and EC2 confirms it, so that nothing happens until it is started or ended."""
    return instance.state is I.STOPPED and instance.stopped_at is not None


def started(instance: Instance, now: float, register_by: float) -> Instance:
    """The instance after Greenroom asked EC2 to start it from the warm pool: Launching again.

    Unchanged when it is not stopped, when EC2 is still stopping it, or before `rests_until`, because EC2 had no
    capacity to start it a moment ago.
    """
    cools_down = instance.rests_until is not None and now < instance.rests_until
    if not is_at_rest(instance) or cools_down:
        return instance
    asked = replace(changed(instance, I.LAUNCHING), launched_at=now, deadline_at=register_by, heartbeat_at=None)
    return replace(asked, stopped_at=None, rests_until=None, status_reason=None)


def refused_start(instance: Instance, now: float, rests_until: float) -> Instance:
    """The instance, Stopped again because EC2 could not start it from the warm pool.

    Unchanged if it is no longer Launching.
    """
    if instance.state is not I.LAUNCHING:
        return instance
    return replace(changed(instance, I.STOPPED), stopped_at=now, rests_until=rests_until, deadline_at=None)


@dataclass(frozen=True, slots=True)
class Boot:
    """What an agent tells about the boot of its instance when it registers."""

    nonce: str
    private_ip: str | None = None
    public_ip: str | None = None


REGISTERING_STATES = frozenset({I.LAUNCHING, I.BOOTING, I.READY, I.DRAINING})
"""States of an instance whose agent may register. In all other states the instance is stopped or will end."""


def registered(instance: Instance, boot: Boot, now: float, ready_by: float, build: str | None = None) -> Instance:
    """The instance after its agent registered for this boot and was told to run `build`.

    Unchanged when the same boot had registered before. A draining instance remains Draining: a restart does not let it
    take new sessions.
    Raises: StaleBoot (a later boot has registered), UnknownInstance (the instance is stopped or being ended).
    """
    if instance.state not in REGISTERING_STATES:
        raise UnknownInstance(instance.instance_id)
    if boot.nonce == instance.boot_nonce:
        return instance
    if boot.nonce in instance.past_nonces:
        raise StaleBoot(instance.instance_id)
    past = (*instance.past_nonces, instance.boot_nonce) if instance.boot_nonce else instance.past_nonces
    return replace(
        instance,
        state=I.DRAINING if instance.state is I.DRAINING else I.BOOTING,
        boot_nonce=boot.nonce,
        past_nonces=past[-PAST_NONCES_KEPT:],
        private_ip=boot.private_ip,
        public_ip=boot.public_ip,
        heartbeat_at=now,
        deadline_at=ready_by,
        build=build,
    )
