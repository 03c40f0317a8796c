"""A scheduled event warms the pool before it starts and gives back after it ends."""

from __future__ import annotations

import time

import pytest

from tests.integration.house import House, until


@pytest.mark.slow
async def test_an_event_two_minutes_ahead_raises_the_free_slots_and_returns_them(house: House) -> None:
    await house.application("gala", "null", 2)
    await house.pool("gala", 0, 0, 4)
    start, end = time.time() + 120, time.time() + 150
    body = {"poolId": "gala", "start": iso(start), "end": iso(end), "expectedSessions": 4, "lead_s": 90}
    answer = await house.operator("POST", "/events", body)
    assert answer.status == 201, answer
    try:
        await house.until_free("gala", 4, timeout_s=start - time.time())
        print(f"warm {start - time.time():.0f} s before the start")

        async def is_empty() -> bool:
            slots = await house.slots("gala")
            return sum(slots.get(state, 0) for state in ("free", "reserved", "streaming")) == 0

        await until(is_empty, timeout_s=end - time.time() + 60, every_s=1)
    finally:
        await house.pool("gala", 0, 0, 0)


def iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))
