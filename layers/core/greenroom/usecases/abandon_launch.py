"""Undo a launch: its instances are found by their tag, ended one by one, and the pool rests before it tries again."""

from __future__ import annotations

from contextlib import suppress

from greenroom.domain.errors import IllegalTransition, NotFound
from greenroom.domain.events import LaunchFailed, ReaperNeeded
from greenroom.domain.instance import INSTANCE_TRANSITIONS, Instance, InstanceState, changed
from greenroom.domain.launch import Launch, LaunchState, failed
from greenroom.domain.offering import FleetAnswer
from greenroom.ports import Ports
from greenroom.usecases.await_registration import rest_refused
from greenroom.usecases.change_rows import change_instance, change_launch

FIRST_REST_S, LONGEST_REST_S = 30, 600
"""After the first failure in a row, doubling to the longest: a broken image must not burn money."""


def abandon_launch(pool_id: str, launch_id: str, error: str, answer: FleetAnswer, ports: Ports) -> bool:
    """Whether there was anything to undo: an agent that registered meanwhile has won. Repeating it is harmless.

    Raises: NotFound.
    """
    rest_refused(pool_id, answer, ports)
    reason = error if answer.launched or not answer.refusals else answer.failure
    try:
        now = ports.now()
        launch = change_launch(pool_id, launch_id, lambda before: failed(before, reason, now), ports)
        first = True
    except IllegalTransition:
        launch, first = ports.launches.get(pool_id, launch_id), False
    if launch.state is LaunchState.REGISTERED:
        return False
    _end_instances(launch, ports)
    if first:
        _announce(launch, answer, ports)
    return True


def _end_instances(launch: Launch, ports: Ports) -> None:
    """By tag as well as by row: the reply that named an instance may have been lost."""
    tagged = {each.instance_id for each in ports.ec2.list_of_launch(launch.launch_id)}
    for instance_id in sorted(tagged.union(launch.instance_ids)):
        with suppress(NotFound):  # it may never have got a row
            change_instance(instance_id, _leaving, ports)
        ports.ec2.terminate(instance_id)


def _leaving(instance: Instance) -> Instance:
    if InstanceState.TERMINATING not in INSTANCE_TRANSITIONS[instance.state]:
        return instance
    return changed(instance, InstanceState.TERMINATING, "launchFailed")


def _announce(launch: Launch, answer: FleetAnswer, ports: Ports) -> None:
    now, failures = ports.now(), ports.pools.read(launch.pool_id).failed_launches
    rest_s = min(FIRST_REST_S * 2 ** min(failures, 10), LONGEST_REST_S)
    ports.pools.note_launch_failed(launch.pool_id, now + rest_s)
    refusals = [f"{each.code} {each.offering.key if each.offering else ''}" for each in answer.refusals]
    facts = {"launchId": launch.launch_id, "reason": launch.reason, "refusals": refusals, "rest_s": rest_s}
    ports.journal.append(f"POOL#{launch.pool_id}", "LaunchFailed", now, facts)
    ports.bus.send(LaunchFailed(pool_id=launch.pool_id, launch_id=launch.launch_id, reason=launch.reason))
    if not ports.reaper.is_held(now):
        ports.bus.send(ReaperNeeded(cause="launchFailed"))  # it plans the pool again when the rest is over
