"""Changes the stored rows of instances and of launches (intents to start an instance) without losing others' changes.

A row is read, changed and written. If somebody else has written the row in between, the write is refused, and all three
are done again.
"""

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
    """Changes a stored instance by `change`, and returns the changed instance.

    `change` gets the stored instance and returns the changed instance. It may raise an error to prevent the change.
    `unless_heard`: write only if no heartbeat of the instance was recorded between the read and the write.
    Raises: NotFound, Conflict (others changed the row at every attempt), whatever `change` raises.
    """

    def decide() -> Callable[[], Instance]:
        before = ports.fleet.get(instance_id)
        after = change(before)
        return unchanged(before) if after == before else lambda: ports.fleet.save(after, unless_heard=unless_heard)

    return anew(decide, lost=Conflict, at_last=Conflict("instance", instance_id))


def change_launch(pool_id: str, launch_id: str, change: Callable[[Launch], Launch], ports: Ports) -> Launch:
    """Changes a stored launch (an intent to start an instance) by `change`, and returns the changed launch.

    `change` gets the stored launch and returns the changed launch. It may raise an error to prevent the change.
    Raises: NotFound, Conflict (others changed the row at every attempt), whatever `change` raises.
    """

    def decide() -> Callable[[], Launch]:
        before = ports.launches.get(pool_id, launch_id)
        after = change(before)
        return unchanged(before) if after == before else lambda: ports.launches.save(after)

    return anew(decide, lost=Conflict, at_last=Conflict("launch", launch_id))
