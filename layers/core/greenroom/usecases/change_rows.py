"""Read, decide, save if nobody was faster; else read and decide again."""

from __future__ import annotations

from collections.abc import Callable

from greenroom.domain.errors import Conflict
from greenroom.domain.instance.instance import Instance
from greenroom.domain.instance.launch import Launch
from greenroom.ports import Ports

ATTEMPTS = 6


def change_instance(
    instance_id: str, change: Callable[[Instance], Instance], ports: Ports, *, unless_heard: bool = False
) -> Instance:
    """The instance after `change`, which may raise to refuse. Raises: NotFound, Conflict, what `change` raises."""
    for _ in range(ATTEMPTS):
        before = ports.fleet.get(instance_id)
        after = change(before)
        if after == before:
            return before
        try:
            return ports.fleet.save(after, unless_heard=unless_heard)
        except Conflict:
            continue
    raise Conflict(instance_id)


def change_launch(pool_id: str, launch_id: str, change: Callable[[Launch], Launch], ports: Ports) -> Launch:
    """The launch after `change`, which may raise to refuse. Raises: NotFound, Conflict, what `change` raises."""
    for _ in range(ATTEMPTS):
        before = ports.launches.get(pool_id, launch_id)
        after = change(before)
        if after == before:
            return before
        try:
            return ports.launches.save(after)
        except Conflict:
            continue
    raise Conflict(launch_id)
