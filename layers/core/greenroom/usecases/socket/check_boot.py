"""Whether an agent speaks for the latest boot of an instance that is not over."""

from __future__ import annotations

from typing import Protocol

from greenroom.domain.errors import NotFound, StaleBoot, UnknownInstance
from greenroom.domain.instance.instance import Instance, InstanceState
from greenroom.ports.instance import HasFleet


class Ports(HasFleet, Protocol):
    """What is reached here, callees included."""


def check_boot(instance_id: str, boot_nonce: str, ports: Ports) -> Instance:
    """The instance.

    Raises: UnknownInstance (nobody launched it, or it is over), StaleBoot (a later boot has registered).
    """
    try:
        instance = ports.fleet.get(instance_id)
    except NotFound as error:
        raise UnknownInstance(instance_id) from error
    if instance.state is InstanceState.TERMINATED:
        raise UnknownInstance(instance_id)
    if instance.boot_nonce != boot_nonce:
        raise StaleBoot(instance_id)
    return instance
