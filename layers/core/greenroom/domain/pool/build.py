"""Which build of its application an instance runs: what its agent was told to start when it registered."""

from __future__ import annotations

from hashlib import sha256

from greenroom.domain.instance.instance import Instance, InstanceState
from greenroom.domain.pool.pool import Application


def build_of(application: Application) -> str:
    """16 hex digits that change whenever what an agent starts does."""
    return sha256("\0".join((application.kind.value, *application.command)).encode()).hexdigest()[:16]


def is_outdated(instance: Instance, application: Application) -> bool:
    """Whether it starts something else than `application`, the one of its pool, as it stands now.

    One that has not registered since its launch or start (Launching) will be told of the present build then.
    """
    if instance.application_id != application.application_id:
        return True
    registered = instance.state is not InstanceState.LAUNCHING and instance.build is not None
    return registered and instance.build != build_of(application)
