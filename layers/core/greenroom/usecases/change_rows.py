"""Changes the rows of instances and launches, on the condition that nobody else has changed the row in the meantime."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.anew import anew, unchanged
from greenroom.domain.errors import Conflict

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.domain.instance.launch import Launch
    from greenroom.ports.instance import HasFleet, HasLaunches

    class Ports(HasFleet, HasLaunches, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def change_instance(
    instance_id: str, change: Callable[[Instance], Instance], ports: Ports, *, unless_heard: bool = False
) -> Instance:
    """Applies `change` to the stored instance and returns the instance after it.

    `change` may raise an error to prevent the change. `unless_heard`: write only if no heartbeat of the instance was
    recorded between the read and the write.
    Raises: NotFound, Conflict (others changed the row at every attempt), whatever `change` raises.
    """

    def decide() -> Callable[[], Instance]:
        before = ports.fleet.get(instance_id)
        after = change(before)
        return unchanged(before) if after == before else lambda: ports.fleet.save(after, unless_heard=unless_heard)

    return anew(decide, lost=Conflict, at_last=Conflict("instance", instance_id))


def change_launch(pool_id: str, launch_id: str, change: Callable[[Launch], Launch], ports: Ports) -> Launch:
    """Applies `change` to the stored launch and returns the launch after it.

    `change` may raise an error to prevent the change.
    Raises: NotFound, Conflict (others changed the row at every attempt), whatever `change` raises.
    """

    def decide() -> Callable[[], Launch]:
        before = ports.launches.get(pool_id, launch_id)
        after = change(before)
        return unchanged(before) if after == before else lambda: ports.launches.save(after)

    return anew(decide, lost=Conflict, at_last=Conflict("launch", launch_id))
