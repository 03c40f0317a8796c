"""Fifty viewers press Play at once on twenty slots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from greenroom.aws.session.session_rows import line_key

from tests.integration.house import House, until
from tests.integration.recount import until_nothing_is_wrong
from tests.integration.rush import RACERS, many_processes, rush

POOL = "race"
SLOTS = 20


@pytest.fixture(scope="module", autouse=True)
def stage(house: House) -> Iterator[None]:
    with many_processes(house), house.standing(POOL, slots=10, pool=(SLOTS, 0, SLOTS)):
        yield


@pytest.mark.slow
async def test_fifty_launches_on_twenty_slots_give_each_slot_once(house: House) -> None:
    async with rush(house, RACERS, POOL) as racers:
        launches = await racers.at_once([racers.press_play(each, "first") for each in racers.everybody], "slots")
        statuses = Counter(each.answer.status for each in launches)
        assert statuses == {201: SLOTS, 202: RACERS.size - SLOTS}, statuses
        slots = [each.answer.body["slot"]["slotId"] for each in launches if each.answer.status == 201]
        assert len(set(slots)) == SLOTS
        waiting = [each.answer.body for each in launches if each.answer.status == 202]
        assert all(body["slot"] is None and body["place"] >= 1 and body["reason"] for body in waiting)
        assert racers.in_flight >= 16
        assert racers.lost_writes > 0, "without a lost write there was no race"
        rows = [row for row in house.rows("Fleet") if row.get("poolId") == POOL and row["sk"].startswith("SLOT#")]
        assert Counter(row["state"] for row in rows)["Reserved"] == SLOTS
        assert len({row["sessionId"] for row in rows if row.get("sessionId")}) == SLOTS

    async def is_empty() -> bool:
        return not any(row["pk"] == line_key(POOL) for row in house.rows("Sessions"))

    await until(is_empty, 60)
    await until_nothing_is_wrong(house)
