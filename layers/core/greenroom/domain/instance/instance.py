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
    READY = "Ready"  # at least one slot is or was ready; its slots can be claimed
    DRAINING = "Draining"  # no new sessions; running ones go on until they end
    INTERRUPTED = "Interrupted"  # EC2 takes it back; no new sessions, viewers move to other slots
    QUARANTINED = "Quarantined"  # silent or broken; its slots cannot be claimed, it will be terminated
    STOPPED = "Stopped"  # in the warm pool: installed and switched off (EC2 is asked until it is)
    TERMINATING = "Terminating"  # we asked EC2 to end it, and ask again until it is gone
    TERMINATED = "Terminated"  # gone, as EC2 says


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
"""How long EC2 may take to stop an instance for the warm pool. After that it is ended, because it costs as much as a
running one.
"""
PAST_NONCES_KEPT = 20
"""How many earlier boots of an instance are remembered: an instance of the warm pool has a new boot at each start. No
agent of an older boot can still be alive.
"""

CLAIMABLE_STATES = frozenset({I.BOOTING, I.READY})
"""States of an instance whose slots may become free."""


def check_transition(before: InstanceState, after: InstanceState) -> None:
    """Raises: IllegalTransition when the table has no edge `before` -> `after`."""
    if after not in INSTANCE_TRANSITIONS[before]:
        raise IllegalTransition(f"instance: {before} -> {after}")


def sources_of(after: InstanceState) -> frozenset[InstanceState]:
    """The states that may change to `after`; a conditional write names them."""
    return frozenset(before for before, targets in INSTANCE_TRANSITIONS.items() if after in targets)


class NoticeKind(StrEnum):
    """How we learned that an instance is being lost."""

    SPOT_INTERRUPTION = "spotInterruption"  # EC2 announced when it will end the instance
    REBALANCE = "rebalance"  # EC2 advises to move away: no new sessions, running ones stay
    INSTANCE_GONE = "instanceGone"  # EC2 stops or ends the instance, and we did not ask for it
    SILENCE = "silence"  # no heartbeat of its agent arrives any more


@dataclass(frozen=True, slots=True)
class Notice:
    """What was learned, when it happened, and when the instance ends (None: unknown). Epoch seconds."""

    kind: NoticeKind
    at: Time
    ends_at: Time | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """One EC2 instance. Times are epoch seconds. `boot_nonce` is chosen by the agent, anew at each boot."""

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
    ready_at: float | None = None  # when it first became Ready
    status_reason: str | None = None
    version: int = 1
    deadline_at: float | None = None  # until when it must be Ready, or else it is ended
    past_nonces: tuple[str, ...] = ()  # of earlier boots, whose messages are refused
    private_ip: str | None = None
    public_ip: str | None = None
    notice: Notice | None = None
    stopped_at: float | None = None  # since when EC2 reports it as stopped; only then can it be started
    rests_until: float | None = None  # EC2 had no capacity to start it; it is not started before
    build: str | None = None  # of its application, as its agent last registered (domain/pool/build)


def changed(instance: Instance, to: InstanceState, status_reason: str | None = None) -> Instance:
    """The instance in its next state. Raises: IllegalTransition."""
    check_transition(instance.state, to)
    return replace(instance, state=to, status_reason=status_reason or instance.status_reason)


def is_at_rest(instance: Instance) -> bool:
    """Whether the instance is stopped, and EC2 says so too: nothing is left to do until it is started or ended."""
    return instance.state is I.STOPPED and instance.stopped_at is not None


def started(instance: Instance, now: float, register_by: float) -> Instance:
    """The instance as it is started out of the warm pool.

    Unchanged when it is not stopped, EC2 is still stopping it, or EC2 refused to start it a moment ago (`rests_until`).
    """
    cools_down = instance.rests_until is not None and now < instance.rests_until
    if not is_at_rest(instance) or cools_down:
        return instance
    asked = replace(changed(instance, I.LAUNCHING), launched_at=now, deadline_at=register_by, heartbeat_at=None)
    return replace(asked, stopped_at=None, rests_until=None, status_reason=None)


def refused_start(instance: Instance, now: float, rests_until: float) -> Instance:
    """The instance back in the warm pool, because EC2 could not start it; unchanged if it is no longer Launching."""
    if instance.state is not I.LAUNCHING:
        return instance
    return replace(changed(instance, I.STOPPED), stopped_at=now, rests_until=rests_until, deadline_at=None)


@dataclass(frozen=True, slots=True)
class Boot:
    """What an agent says about itself when it registers."""

    nonce: str
    private_ip: str | None = None
    public_ip: str | None = None


REGISTERING_STATES = frozenset({I.LAUNCHING, I.BOOTING, I.READY, I.DRAINING})
"""States of an instance whose agent may register. The other states lead to the instance's end."""


def registered(instance: Instance, boot: Boot, now: float, ready_by: float, build: str | None = None) -> Instance:
    """The instance after the agent of this boot registered and was told to run `build`.

    Unchanged when the same boot had registered before. A draining instance stays draining: a restart does not bring it
    back into service.
    Raises: StaleBoot (a later boot has registered), UnknownInstance (the instance is stopped or being ended).
    """
    if instance.state not in REGISTERING_STATES:
        raise UnknownInstance(f"{instance.instance_id} is {instance.state}")
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
