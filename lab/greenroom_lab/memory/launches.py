"""Launches, and what EC2 refused, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from greenroom.domain.errors import Conflict, NotFound
from greenroom.domain.instance.launch import Launch
from greenroom.domain.instance.offering import RECENT_S, Rest

from greenroom_lab.memory.store import FleetRows, Memory


class MemoryLaunches:
    """fleet_ports.Launches."""

    def __init__(self, memory: Memory, rows: FleetRows) -> None:
        self.memory, self.rows = memory, rows

    def get(self, pool_id: str, launch_id: str) -> Launch:
        self.memory.step("launches.get")
        with self.memory.lock:
            if (pool_id, launch_id) not in self.rows.launches:
                raise NotFound(launch_id)
            return self.rows.launches[(pool_id, launch_id)]

    def save(self, launch: Launch) -> Launch:
        self.memory.step("launches.save")
        with self.memory.lock:
            key = (launch.pool_id, launch.launch_id)
            if key not in self.rows.launches or self.rows.launches[key].version != launch.version:
                raise Conflict(launch.launch_id)
            self.rows.launches[key] = replace(launch, version=launch.version + 1)
            return self.rows.launches[key]


class MemoryOfferings:
    """fleet_ports.Offerings."""

    def __init__(self, rows: FleetRows) -> None:
        self.rows = rows

    def refused(self, pool_id: str, now: float) -> Sequence[Rest]:
        own = [each for (pool, _), each in self.rows.offerings.items() if pool == pool_id]
        return [each for each in own if now - each.refused_at < RECENT_S or each.until > now]

    def rest(self, pool_id: str, rest: Rest) -> bool:
        before = self.rows.offerings.get((pool_id, rest.key))
        self.rows.offerings[(pool_id, rest.key)] = rest
        return before is None or before.until <= rest.refused_at
