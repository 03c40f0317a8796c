"""An instance (one EC2 machine that runs Greenroom's agent), and which changes of its state are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from greenroom.domain.errors import IllegalTransition, StaleBoot, UnknownInstance
from greenroom.domain.times import Time


class InstanceState(StrEnum):
    """The state of an instance (one EC2 machine that runs Greenroom's agent). Terminated is final."""

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
"""How many seconds EC2 may take to stop an instance for the warm pool (stopped instances that start in a minute or
two). An instance that takes longer is terminated, because it costs as much as a running instance.
"""
PAST_NONCES_KEPT = 20
"""How many of an instance's earlier boots are remembered by their nonces (a nonce is the random id of one boot). There
are several boots because an instance of the warm pool boots at each start. No agent of a boot before the remembered
boots can still be alive.
"""

CLAIMABLE_STATES = frozenset({I.BOOTING, I.READY})
"""The states of an instance whose slots may become free, so that sessions may claim them."""


def check_transition(before: InstanceState, after: InstanceState) -> None:
    """Checks that an instance may change from the state `before` to the state `after`.

    Raises: IllegalTransition (INSTANCE_TRANSITIONS does not allow the change).
    """
    if after not in INSTANCE_TRANSITIONS[before]:
        raise IllegalTransition(f"instance: {before} -> {after}")


def sources_of(after: InstanceState) -> frozenset[InstanceState]:
    """The states from which an instance may change to `after`. A conditional write requires one of these states."""
    return frozenset(before for before, targets in INSTANCE_TRANSITIONS.items() if after in targets)


class NoticeKind(StrEnum):
    """How Greenroom learned that an instance will be lost."""

    SPOT_INTERRUPTION = "spotInterruption"  # EC2 announced when it will end the instance
    REBALANCE = "rebalance"  # EC2 advises to leave it: takes no new sessions, running sessions continue
    INSTANCE_GONE = "instanceGone"  # EC2 stops or ends the instance, and Greenroom did not ask for it
    SILENCE = "silence"  # no heartbeat of its agent arrives any more


@dataclass(frozen=True, slots=True)
class Notice:
    """Word that an instance will be lost: of which kind, when it was given, and when the instance ends (None: unknown).

    Times are epoch seconds.
    """

    kind: NoticeKind
    at: Time
    ends_at: Time | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """One EC2 instance as Greenroom records it. Times are epoch seconds.

    `boot_nonce` is a random id that the agent chooses at each boot of the instance.
    """

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
    """Returns the instance in the state `to`. Raises: IllegalTransition (the present state does not allow it)."""
    check_transition(instance.state, to)
    return replace(instance, state=to, status_reason=status_reason or instance.status_reason)


def changed_if_allowed(instance: Instance, to: InstanceState, status_reason: str | None = None) -> Instance:
    """Like `changed`, but returns the instance unchanged when its present state does not allow the state `to`."""
    return changed(instance, to, status_reason) if to in INSTANCE_TRANSITIONS[instance.state] else instance


def is_at_rest(instance: Instance) -> bool:
    """Whether the instance is stopped and EC2 has confirmed that: nothing happens until it is started or ended."""
    return instance.state is I.STOPPED and instance.stopped_at is not None


def started(instance: Instance, now: float, register_by: float) -> Instance:
    """Returns the instance as it is after Greenroom asked EC2 to start it from the warm pool: Launching again.

    The instance is returned unchanged if it is not stopped, or if EC2 is still stopping it. It is also returned
    unchanged before its `rests_until`: EC2 had no capacity for it a moment ago, so Greenroom does not try again before
    that time.
    """
    cools_down = instance.rests_until is not None and now < instance.rests_until
    if not is_at_rest(instance) or cools_down:
        return instance
    asked = replace(changed(instance, I.LAUNCHING), launched_at=now, deadline_at=register_by, heartbeat_at=None)
    return replace(asked, stopped_at=None, rests_until=None, status_reason=None)


def refused_start(instance: Instance, now: float, rests_until: float) -> Instance:
    """Returns the instance as it is after EC2 could not start it from the warm pool: Stopped again.

    The instance is returned unchanged if it is no longer Launching. `rests_until`: when Greenroom may ask EC2 to start
    it again.
    """
    if instance.state is not I.LAUNCHING:
        return instance
    return replace(changed(instance, I.STOPPED), stopped_at=now, rests_until=rests_until, deadline_at=None)


@dataclass(frozen=True, slots=True)
class Boot:
    """What an agent says about the boot of its instance when the agent registers. `nonce` is the boot's random id."""

    nonce: str
    private_ip: str | None = None
    public_ip: str | None = None


REGISTERING_STATES = frozenset({I.LAUNCHING, I.BOOTING, I.READY, I.DRAINING})
"""The states of an instance whose agent may register. In all other states, the instance is stopped or will end."""


def registered(instance: Instance, boot: Boot, now: float, ready_by: float, build: str | None = None) -> Instance:
    """Returns the instance as it is after its agent registered for this boot and was told to run `build`.

    `build` is a hash of the application's kind and start command.
    The instance is returned unchanged when its agent had registered for the same boot before. An instance that is
    Draining remains Draining, because a restart must not let it take new sessions.
    Raises: StaleBoot (an agent of a later boot has registered), UnknownInstance (the instance is stopped or being
    ended).
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
