"""What is noted down, in memory: the journal, and what the reaper remembers."""

from __future__ import annotations

from collections.abc import Sequence

from greenroom.domain.journal.entry import Entry
from greenroom.domain.times import iso
from greenroom.ports.notify import JournalRow

from greenroom_lab.memory.store import FleetRows, JournalLine, Memory


class MemoryJournal:
    """ports.Journal."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def append(self, entry: Entry, now: float) -> None:
        for entity in entry.entities:
            with self.memory.lock:
                self.memory.journal.append(JournalLine(entity, entry, now))

    def newest(self, entity: str, limit: int) -> Sequence[JournalRow]:
        with self.memory.lock:
            own = [each for each in reversed(self.memory.journal) if each.entity == entity]
        own.sort(key=lambda each: each.at, reverse=True)  # of the same moment, the last one first
        return [JournalRow(iso(each.at), each.entry.kind, each.entry.facts()) for each in own[:limit]]


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

    def last_recorded(self, what: str, now: float) -> float | None:
        with self.memory.lock:
            before = self.memory.reaper_notes.get(what)
            self.memory.reaper_notes[what] = now
            return before


class MemoryOrphans:
    """ports.Orphans."""

    def __init__(self, rows: FleetRows) -> None:
        self.rows = rows

    def first_seen(self, instance_id: str, now: float) -> float:
        return self.rows.orphans.setdefault(instance_id, now)
