"""Which build of its application an instance runs: a hash of what its agent was told to start when it registered."""

from __future__ import annotations

from hashlib import sha256

from greenroom.domain.instance.instance import Instance, InstanceState
from greenroom.domain.pool.pool import Application


def build_of(application: Application) -> str:
    """The application's build: 16 hex digits that change whenever the application's start command or kind changes."""
    return sha256("\0".join((application.kind.value, *application.command)).encode()).hexdigest()[:16]


def is_outdated(instance: Instance, application: Application) -> bool:
    """Whether the instance runs another application, or another build of it, than its pool should run now.

    While an instance is Launching, its build does not count: its agent will be told the present build when it
    registers.
    """
    if instance.application_id != application.application_id:
        return True
    registered = instance.state is not InstanceState.LAUNCHING and instance.build is not None
    return registered and instance.build != build_of(application)
