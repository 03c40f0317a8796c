"""A pool's partition in DynamoDB: its capacity row and its launches."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from greenroom.aws.launch_rows import launch_of, launch_row
from greenroom.aws.rows import RowChanged, change, query, read
from greenroom.aws.slot_rows import pool_key
from greenroom.aws.transaction import Refused, transact
from greenroom.aws.write import Write, put
from greenroom.domain.errors import Conflict
from greenroom.domain.launch import Launch
from greenroom.fleet_ports import PoolRows

EVENT_PREFIX = "event_"
"""Slots held for an event are an attribute of their own each: set and removed without touching the others."""


class DynamoPools:
    """ports.Pools."""

    def __init__(self, table: str) -> None:
        self._table = table

    def read(self, pool_id: str) -> PoolRows:
        rows = query(self._table, pool_key(pool_id))
        capacity = next((row for row in rows if row["sk"] == "CAPACITY"), {})
        held = {_event_of(name): slots for name, slots in capacity.items() if name.startswith(EVENT_PREFIX)}
        return PoolRows(
            version=capacity.get("version", 0),
            launches=tuple(launch_of(row) for row in rows if row["sk"].startswith("LAUNCH#")),
            event_slots=held,
            surplus_since=capacity.get("surplusSince"),
            failed_launches=capacity.get("failedLaunches", 0),
            launch_rests_until=capacity.get("launchRestsUntil", 0.0),
            give_back_slots=max(0, capacity.get("giveBackSlots", 0)),
            give_back_until=capacity.get("giveBackUntil", 0.0),
        )

    def clear_pending(self, pool_id: str) -> None:
        self._change(self._capacity(pool_id).remove("pendingPassUntil"), pool_id)

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        write = self._capacity(pool_id)
        stored = write.name("version")
        unchanged = f"{stored} = {write.value(version)}"
        write.when(unchanged if version else f"attribute_not_exists({stored}) OR {unchanged}")
        rows = [put(self._table, launch_row(each), "attribute_not_exists(pk)") for each in launches]
        try:
            transact([write.set("version", version + 1).as_update(), *rows])
        except Refused as refused:
            raise Conflict(pool_id) from refused

    def note_surplus(self, pool_id: str, since: float | None) -> None:
        write = self._capacity(pool_id)
        self._change(write.remove("surplusSince") if since is None else write.set("surplusSince", since), pool_id)

    def note_given_back(self, pool_id: str, slots: int) -> None:
        self._change(self._capacity(pool_id).count("giveBackSlots", -slots), pool_id)

    def note_launch_failed(self, pool_id: str, rests_until: float) -> None:
        self._change(self._capacity(pool_id).count("failedLaunches").set("launchRestsUntil", rests_until), pool_id)

    def note_launch_registered(self, pool_id: str) -> None:
        self._change(self._capacity(pool_id).remove("failedLaunches", "launchRestsUntil"), pool_id)

    def hold_for_event(self, pool_id: str, event_id: str, slots: int) -> None:
        self._change(self._capacity(pool_id).set(_attribute(event_id), slots), pool_id)

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        name = _attribute(event_id)
        held = read(self._table, pool_key(pool_id), "CAPACITY").get(name)
        if held is None:
            return False
        write = self._capacity(pool_id).when_equal(name, held).remove(name)
        with suppress(RowChanged):  # a second delivery was faster
            self._change(write.count("giveBackSlots", held).set("giveBackUntil", give_back_until), pool_id)
            return True
        return False

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        write = self._capacity(pool_id).set("free", counted)
        if seen is None:
            write.when(f"attribute_not_exists({write.name('free')})")
        with suppress(RowChanged):
            self._change(write.when_equal("free", seen), pool_id)

    def _capacity(self, pool_id: str) -> Write:
        return Write(self._table, pool_key(pool_id), "CAPACITY")

    def _change(self, write: Write, pool_id: str) -> None:
        change(write, self._table, pool_key(pool_id), "CAPACITY")


def _attribute(event_id: str) -> str:
    """`evt-abc` -> `event_evt_abc`: a placeholder may hold no hyphen."""
    return EVENT_PREFIX + event_id.replace("-", "_")


def _event_of(attribute: str) -> str:
    return attribute.removeprefix(EVENT_PREFIX).replace("_", "-")
