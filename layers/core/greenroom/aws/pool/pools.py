"""A pool's partition in DynamoDB: its capacity row and its launches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from greenroom.aws.slot.slot_rows import pool_key
from greenroom.aws.table.codec import encoded
from greenroom.aws.table.rows import RowChanged, change, query, read
from greenroom.aws.table.transaction import Refused, transact
from greenroom.aws.table.write import Write, put
from greenroom.domain.anew import anew, unchanged
from greenroom.domain.errors import Conflict

if TYPE_CHECKING:
    from greenroom.domain.instance.launch import Launch
    from greenroom.domain.pool.pool import Halt
    from greenroom.domain.session.session_length import SessionLength
    from greenroom.ports.pool import PoolRows

EVENT_PREFIX = "event_"
"""Each event's reserved slots are an attribute of their own, so one event's can change without the others'."""
PASS_LEASE_S = 120
"""How long a requested planning pass blocks further requests if it never runs."""


class DynamoPools:
    """ports.Pools."""

    def __init__(self, table: str) -> None:
        self._table = table

    def read(self, pool_id: str) -> PoolRows:
        from greenroom.aws.pool.pool_rows import pool_rows_of  # a claim only counts

        rows = query(self._table, pool_key(pool_id))
        capacity = next((row for row in rows if row["sk"] == "CAPACITY"), {})
        held = {_event_of(name): row for name, row in capacity.items() if name.startswith(EVENT_PREFIX)}
        return pool_rows_of(rows, capacity, held)

    def free(self, pool_id: str) -> int | None:
        return read(self._table, pool_key(pool_id), "CAPACITY").get("free")

    def begin_pass(self, pool_id: str, now: float) -> bool:
        write = self._capacity(pool_id)
        until = write.name("pendingPassUntil")
        write.when(f"attribute_not_exists({until}) OR {until} <= {write.value(now)}")
        try:
            self._change(write.set("pendingPassUntil", now + PASS_LEASE_S), pool_id)
        except RowChanged:
            return False
        return True

    def clear_pending(self, pool_id: str) -> None:
        self._change(self._capacity(pool_id).remove("pendingPassUntil"), pool_id)

    def commit_launches(self, pool_id: str, version: int, launches: Sequence[Launch]) -> None:
        from greenroom.aws.instance.launch_rows import launch_row  # a claim launches nothing

        write = self._capacity(pool_id)
        stored = write.name("version")
        unchanged = f"{stored} = {write.value(version)}"
        write.when(unchanged if version else f"attribute_not_exists({stored}) OR {unchanged}")
        rows = [put(self._table, launch_row(each), "attribute_not_exists(pk)") for each in launches]
        try:
            transact([write.set("version", version + 1).as_update(), *rows])
        except Refused as refused:
            raise Conflict("pool", pool_id) from refused

    def record_surplus(self, pool_id: str, since: float | None, least: int) -> None:
        write = self._capacity(pool_id)
        if since is None:
            write.remove("surplusSince", "surplusLeast")
        else:
            write.set("surplusSince", since).set("surplusLeast", least)
        self._change(write, pool_id)

    def lower_surplus(self, pool_id: str, since: float, least: int) -> None:
        write = self._unchanged(self._capacity(pool_id), "surplusSince", since)
        write.when(f"{write.name('surplusLeast')} > {write.value(least)}")
        with suppress(RowChanged):
            self._change(write.set("surplusLeast", least), pool_id)

    def record_given_back(self, pool_id: str, slots: int) -> None:
        self._change(self._capacity(pool_id).count("giveBackSlots", -slots), pool_id)

    def record_launch_failed(self, pool_id: str, rests_until: float) -> None:
        self._change(self._capacity(pool_id).count("failedLaunches").set("launchRestsUntil", rests_until), pool_id)

    def record_launch_registered(self, pool_id: str) -> None:
        self._change(self._capacity(pool_id).remove("failedLaunches", "launchRestsUntil"), pool_id)

    def record_boot_failed(self, pool_id: str, instance_id: str) -> int:
        return len(self._change(self._capacity(pool_id).put_in("failedBoots", instance_id), pool_id)["failedBoots"])

    def record_boot(self, pool_id: str, seconds: float | None) -> None:
        from greenroom.ports.pool import BOOTS_KEPT

        kept = self._change(self._capacity(pool_id).remove("failedBoots"), pool_id).get("bootTimes")
        if seconds is None:
            return
        write = self._unchanged(self._capacity(pool_id), "bootTimes", kept)
        with suppress(RowChanged):  # another boot was noted: one measurement fewer
            self._change(write.set("bootTimes", [*(kept or ()), round(seconds, 1)][-BOOTS_KEPT:]), pool_id)

    def record_length(self, pool_id: str, length: SessionLength) -> None:
        from greenroom.domain.session.session_length import LENGTHS_KEPT

        kept = read(self._table, pool_key(pool_id), "CAPACITY").get("sessionLengths")
        write = self._unchanged(self._capacity(pool_id), "sessionLengths", kept)
        lengths = [*(kept or ()), encoded(length)]
        with suppress(RowChanged):  # another end was noted: one measurement fewer
            self._change(write.set("sessionLengths", lengths[-LENGTHS_KEPT:]), pool_id)

    def halt(self, pool_id: str, halt: Halt) -> bool:
        write = self._unchanged(self._capacity(pool_id), "halted", None)
        try:
            self._change(write.set("halted", encoded(halt)), pool_id)
        except RowChanged:
            return False
        return True

    def resume(self, pool_id: str) -> bool:
        write = self._capacity(pool_id)
        write.when(f"attribute_exists({write.name('halted')})")
        try:
            self._change(write.remove("halted", "failedBoots", "failedLaunches", "launchRestsUntil"), pool_id)
        except RowChanged:
            return False
        return True

    def reserve_for_event(self, pool_id: str, event_id: str, slots: int, give_back_until: float) -> None:
        self._rewrite_reservation(pool_id, event_id, lambda held, _: {**(held or {}), "slots": slots}, give_back_until)

    def open_event(self, pool_id: str, event_id: str) -> None:
        def opened(held: dict[str, Any] | None, taken: int) -> dict[str, Any] | None:
            return held and {"takenAt": taken, **held}

        self._rewrite_reservation(pool_id, event_id, opened)

    def end_event(self, pool_id: str, event_id: str, give_back_until: float) -> bool:
        name = _attribute(event_id)
        held = read(self._table, pool_key(pool_id), "CAPACITY").get(name)
        if held is None:
            return False
        write = self._unchanged(self._capacity(pool_id), name, held).remove(name)
        with suppress(RowChanged):  # a second delivery was faster
            self._change(write.count("giveBackSlots", held["slots"]).set("giveBackUntil", give_back_until), pool_id)
            return True
        return False

    def correct_free(self, pool_id: str, seen: int | None, counted: int) -> None:
        write = self._capacity(pool_id).set("free", counted)
        if seen is None:
            write.when(f"attribute_not_exists({write.name('free')})")
        with suppress(RowChanged):
            self._change(write.when_equal("free", seen), pool_id)

    def _rewrite_reservation(
        self,
        pool_id: str,
        event_id: str,
        change_of: Callable[[dict[str, Any] | None, int], dict[str, Any] | None],
        give_back_until: float = 0.0,
    ) -> None:
        """Rewrites the event's reservation and gives the rest back. Raises: Conflict (others kept changing it)."""
        name = _attribute(event_id)

        def decide() -> Callable[[], object]:
            row = read(self._table, pool_key(pool_id), "CAPACITY")
            before = row.get(name)
            after = change_of(before, row.get("taken", 0))
            if after == before or after is None:
                return unchanged(None)
            write = self._unchanged(self._capacity(pool_id), name, before).set(name, after)
            if before and before["slots"] > after["slots"]:
                write.count("giveBackSlots", before["slots"] - after["slots"]).set("giveBackUntil", give_back_until)
            return lambda: self._change(write, pool_id)

        anew(decide, lost=RowChanged, at_last=Conflict("pool", pool_id))

    def _unchanged(self, write: Write, name: str, value: Any) -> Write:
        """Adds the condition that the attribute still has the value that was read. None: it must be absent."""
        if value is None:
            return write.when(f"attribute_not_exists({write.name(name)})")
        return write.when_equal(name, value)

    def _capacity(self, pool_id: str) -> Write:
        return Write(self._table, pool_key(pool_id), "CAPACITY")

    def _change(self, write: Write, pool_id: str) -> dict[str, Any]:
        return change(write, self._table, pool_key(pool_id), "CAPACITY")


def _attribute(event_id: str) -> str:
    """`evt-abc` -> `event_evt_abc`, because a placeholder must not contain a hyphen."""
    return EVENT_PREFIX + event_id.replace("-", "_")


def _event_of(attribute: str) -> str:
    return attribute.removeprefix(EVENT_PREFIX).replace("_", "-")
