"""What is noted down, in memory: the journal, and what the reaper remembers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenroom.domain.times import iso
from greenroom.ports import JournalRow

from greenroom_lab.memory.store import FleetRows, Memory


class MemoryJournal:
    """ports.Journal."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def append(self, entity: str, kind: str, now: float, facts: Any) -> None:
        with self.memory.lock:
            self.memory.journal_rows.append((entity, kind, now, dict(facts)))

    def newest(self, entity: str, limit: int) -> Sequence[JournalRow]:
        with self.memory.lock:
            own = [each for each in enumerate(self.memory.journal_rows) if each[1][0] == entity]
        own.sort(key=lambda each: (each[1][2], each[0]), reverse=True)
        return [JournalRow(iso(now), kind, facts) for _, (_, kind, now, facts) in own[:limit]]


class MemoryReaperLease:
    """ports.ReaperLease."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def is_held(self, now: float) -> bool:
        return self.memory.reaper_until > now

    def take(self, owner: str, now: float, until: float) -> bool:
        with self.memory.lock:
            if self.memory.reaper_owner not in (None, owner) and self.memory.reaper_until > now:
                return False
            self.memory.reaper_owner, self.memory.reaper_until = owner, until
            return True

    def give_up(self, owner: str) -> None:
        with self.memory.lock:
            if self.memory.reaper_owner == owner:
                self.memory.reaper_until = 0.0

    def last_noted(self, what: str, now: float) -> float | None:
        with self.memory.lock:
            before = self.memory.reaper_notes.get(what)
            self.memory.reaper_notes[what] = now
            return before


class MemoryOrphans:
    """fleet_ports.Orphans."""

    def __init__(self, rows: FleetRows) -> None:
        self.rows = rows

    def first_seen(self, instance_id: str, now: float) -> float:
        return self.rows.orphans.setdefault(instance_id, now)
