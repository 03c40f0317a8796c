"""Fifty viewers press Play at once on twenty slots."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from aiohttp import ClientSession, TCPConnector
from greenroom_lab.viewer import tokens_of
from greenroom_lab.viewer_http import Answer, Door

from tests.integration.house import House, until

POOL = "race"
SLOTS = 20
VIEWERS = 50
AT_ONCE = 18
"""Processes for request_session: more than the sixteen claims that must truly be in flight together."""


@pytest.fixture(scope="module", autouse=True)
def stage(house: House) -> Iterator[None]:
    usual = house.engine_door("GET", "lambda")
    house.engine_door("PUT", "lambda", {**usual, "byName": {"request_session": AT_ONCE, "authorize_viewer": 8}})
    with house.standing(POOL, slots=10, pool=(SLOTS, 0, SLOTS)):
        yield
    house.engine_door("PUT", "lambda", usual)


async def sign_in_all(house: House) -> list[str]:
    people = [house.person(f"racer-{number}") for number in range(VIEWERS)]
    tokens = [await tokens_of(house.local, person.user, person.password) for person in people]
    return [token.access_token for token in tokens]


async def press_play(http: ClientSession, house: House, token: str, name: str, application: str = POOL) -> Answer:
    body = {"applicationId": application, "clientToken": name}
    return await Door(http, house.local.api_url, token).call("POST", "/sessions", body)


@pytest.mark.slow
async def test_fifty_launches_on_twenty_slots_give_each_slot_once(house: House) -> None:
    tokens = await sign_in_all(house)
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        # Warm the processes up to their first read: a cold start spreads the claims and there is no race.
        # Whoever's keys could not be fetched in the first rush is refused, and is not in the second.
        await asyncio.gather(*(press_play(http, house, token, "warm", "nothing") for token in tokens))
        warm = await asyncio.gather(*(press_play(http, house, token, "warm", "nothing") for token in tokens))
        assert {answer.status for answer in warm} == {404}
        began = time.time()
        answers = await asyncio.gather(*(press_play(http, house, token, "first") for token in tokens))
        took = time.time() - began
        statuses = Counter(answer.status for answer in answers)
        assert statuses == {201: SLOTS, 202: VIEWERS - SLOTS}, statuses
        slots = [answer.body["slot"]["slotId"] for answer in answers if answer.status == 201]
        assert len(set(slots)) == SLOTS
        waiting = [answer.body for answer in answers if answer.status == 202]
        assert all(body["slot"] is None and body["place"] >= 1 and body["reason"] for body in waiting)
        await asyncio.sleep(1)
        at_once = house.traces.most_at_once("-request_session", began)
        lost = lost_writes(house, began)
        print(
            f"{VIEWERS} launches in {took:.1f} s; claims in flight at once: {at_once}; lost conditional writes: {lost}"
        )
        assert at_once >= 16
        assert lost > 0, "without a lost write there was no race"
        rows = [row for row in house.rows("Fleet") if row.get("poolId") == POOL and row["sk"].startswith("SLOT#")]
        assert Counter(row["state"] for row in rows)["Reserved"] == SLOTS
        assert len({row["sessionId"] for row in rows if row.get("sessionId")}) == SLOTS
        await leave_all(http, house, tokens, answers)

    async def is_empty() -> bool:
        return not any(row["pk"] == f"LINE#{POOL}" for row in house.rows("Sessions"))

    await until(is_empty, 60)


def lost_writes(house: House, since: float) -> int:
    """Transactions and conditional writes that DynamoDB refused, as the claiming functions' own traces show them."""
    calls = [segment for segment in house.traces.subsegments(since) if segment.get("name", "").lower() == "dynamodb"]
    return sum(1 for call in calls if (call.get("http") or {}).get("response", {}).get("status") == 400)


async def leave_all(http: ClientSession, house: House, tokens: list[str], answers: list[Answer]) -> None:
    calls = [
        Door(http, house.local.api_url, token).call("DELETE", f"/sessions/{answer.body['sessionId']}")
        for token, answer in zip(tokens, answers, strict=True)
    ]
    left = await asyncio.gather(*calls)
    assert {answer.status for answer in left} == {202}
