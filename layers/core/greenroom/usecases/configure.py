"""What operators set: applications and pools. Each change is written down with who made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from greenroom.domain.errors import InvalidField, NotFound
from greenroom.domain.events import PoolChanged
from greenroom.domain.pool import Application, Pool
from greenroom.domain.slot import SlotState
from greenroom.ports import Ports


def configure_application(application: Application, operator: str, ports: Ports) -> Application:
    """Later sessions and instances follow it; running ones keep what they started with."""
    ports.catalog.save_application(application)
    entity = f"APPLICATION#{application.application_id}"
    facts = {"operator": operator, "after": asdict(application)}
    ports.journal.append(entity, "ApplicationConfigured", ports.now(), facts)
    return application


def configure_pool(pool: Pool, operator: str, ports: Ports) -> Pool:
    """The pool is planned again at once. Raises: InvalidField."""
    _check_fit(pool, ports)
    ports.catalog.save_pool(pool)
    facts = {"operator": operator, "after": asdict(pool)}
    ports.journal.append(f"POOL#{pool.pool_id}", "PoolConfigured", ports.now(), facts)
    ports.bus.send(PoolChanged(pool_id=pool.pool_id, cause="configured"))
    return pool


def _check_fit(pool: Pool, ports: Ports) -> None:
    """A ceiling lower than one instance would never launch any."""
    try:
        application = ports.catalog.application(pool.application_id)
    except NotFound:
        return  # pools may be configured first
    if 0 < pool.policy.maximum < application.slots_per_instance:
        least = application.slots_per_instance
        raise InvalidField("policy.maximum", f"must be 0, or at least {least}: one instance has so many slots")


@dataclass(frozen=True, slots=True)
class PoolCounts:
    """How many instances and slots a pool has, by state."""

    instances: Mapping[str, int]
    slots: Mapping[str, int]


def count_pool(pool_id: str, ports: Ports) -> PoolCounts:
    """From an index, so it may lag."""
    machines = ports.fleet.list_of_pool(pool_id)
    instances = Counter(each.instance.state.value for each in machines)
    slots = Counter(slot.state.value.lower() for each in machines for slot in each.slots)
    return PoolCounts(dict(instances), {state.value.lower(): slots[state.value.lower()] for state in SlotState})
