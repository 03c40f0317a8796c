"""Checks that a request comes from the agent of an instance's latest boot, and that the instance is not terminated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import NotFound, StaleBoot, UnknownInstance
from greenroom.domain.instance.instance import InstanceState

if TYPE_CHECKING:
    from greenroom.domain.instance.instance import Instance
    from greenroom.ports.instance import HasFleet

    class Ports(HasFleet, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def check_boot(instance_id: str, boot_nonce: str, ports: Ports) -> Instance:
    """Returns the instance if the request comes from the agent of its latest boot.

    `boot_nonce`: the random id that the calling agent chose when its instance booted.
    Raises: UnknownInstance (this stack did not launch the instance, or the instance is Terminated), StaleBoot (the
    agent of a later boot has registered).
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
