"""Traces leave the functions and name what they are about."""

from __future__ import annotations

import time

from tests.integration.house import House, until


async def test_segments_that_name_function_and_session_arrive_at_the_sink(house: House) -> None:
    await house.application("traced", "null", 1)
    await house.pool("traced", 0, 0, 0)
    since = time.time()
    async with house.viewer("tara") as who:
        await who.request("traced")
        await who.view()
        session_id = who.session_id

    async def named() -> bool:
        annotations = [segment.get("annotations", {}) for segment in house.traces.subsegments(since)]
        return any(
            str(it.get("function", "")).endswith("-read_sessions") and it.get("sessionId") == session_id
            for it in annotations
        )

    await until(named, 10)
    assert house.traces.of_function("-request_session", since)
