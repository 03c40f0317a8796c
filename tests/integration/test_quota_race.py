"""Limits under a rush, and counters under crashes: nobody gets more than allowed, and nothing is counted wrong."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
import pytest_asyncio
from greenroom.aws.session.session_rows import viewer_key
from greenroom.aws.table.values import item

from tests.integration.house import House, Json, until
from tests.integration.recount import until_nothing_is_wrong
from tests.integration.rush import RACERS, Crowd, Launch, crashes, many_processes, rush

pytestmark = pytest.mark.slow

POOL = "quotas"
SLOTS = 10
FALLERS = Crowd("faller", 20)
"""Those whose launches and leaves crash: a crowd of its own, because it takes the reaper half a minute to end some."""
LIMIT = 10
OVER = ("Ended", "Failed")


@pytest.fixture(scope="module", autouse=True)
def stage(house: House) -> Iterator[None]:
    with many_processes(house), house.standing(POOL, slots=SLOTS, pool=(SLOTS, 0, SLOTS)):
        yield


def sessions_of(house: House, crowd: Crowd) -> list[Json]:
    """Their rows, over or not."""
    return [row for row in house.rows("Sessions") if row["sk"] == "META" and row.get("tenantId") == crowd.name]


def live_sessions_of(house: House, crowd: Crowd) -> list[Json]:
    return [row for row in sessions_of(house, crowd) if row["state"] not in OVER]


async def until_all_left(house: House, crowd: Crowd, timeout_s: float = 60) -> None:
    async def nobody_plays() -> bool:
        return not live_sessions_of(house, crowd)

    await until(nobody_plays, timeout_s, every_s=0.5)


def refusals(launches: Sequence[Launch], status: int) -> list[Json]:
    return [each.answer.body for each in launches if each.answer.status == status]


def entered(launches: Sequence[Launch]) -> list[Launch]:
    """Those with a slot or a place in line."""
    return [each for each in launches if each.answer.status in (201, 202)]


# -- crashes, first: what they leave half-done is ended while the other races run


@dataclass(frozen=True, slots=True)
class Fallen:
    """What came of a rush whose processes died in the middle, and of the leaving."""

    killed: Counter[str]  # by function, moment and call
    died: int  # launches that were never answered
    repeated: int  # of these: so many had entered before they died
    sessions: list[Json]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fallen(house: House, stage: None) -> Fallen:
    async with rush(house, FALLERS, POOL) as fallers:
        with crashes(house, request_session=5) as killed:
            first = await fallers.at_once([fallers.press_play(who, "fall") for who in fallers.everybody], "crashes")
        await until_nothing_is_wrong(house)  # whatever was left half-done
        died = [each for each in first if each.answer.status >= 500]
        again = await asyncio.gather(*(fallers.press_play(each.who, each.client_token) for each in died))
        sessions = sessions_of(house, FALLERS)
        with crashes(house, leave_session=5, release_slot=4) as killed_leaving:
            await fallers.leave()
            await until_released_to_death(house)
        await until_nothing_is_wrong(house)
    repeated = sum(each.answer.status == 200 for each in again)
    return Fallen(killed + killed_leaving, len(died), repeated, sessions)


async def until_released_to_death(house: House) -> None:
    """The machines release what was left; one function dies before a write and one after it."""

    async def twice() -> bool:
        killed = house.engine_control("GET", "crashes")["killed"]
        return sum(number for key, number in killed.items() if key.startswith("release_slot")) >= 2

    await until(twice, 60)


async def test_a_launch_that_dies_between_its_writes_is_one_session_when_it_is_repeated(fallen: Fallen) -> None:
    print(f"processes killed: {dict(fallen.killed)}; {fallen.died} launches died, {fallen.repeated} of them entered")
    assert len(fallen.sessions) == FALLERS.size
    assert {row["clientToken"] for row in fallen.sessions} == {"fall"}
    assert len({row["viewerId"] for row in fallen.sessions}) == FALLERS.size
    died_in = {tuple(key.replace(":", "").split()[:2]) for key in fallen.killed}
    functions = ("request_session", "leave_session", "release_slot")
    assert died_in == {(function, moment) for function in functions for moment in ("before", "after")}
    assert fallen.repeated > 0, "no process died between a launch and its answer"


# -- races


@pytest.mark.parametrize("torn", [False, True], ids=["", "whose counter names a session that never was"])
async def test_fifty_launches_of_one_viewer_at_once_are_one_session(house: House, torn: bool) -> None:
    """Torn: as half of a transaction out of a backup leaves it. Only the launches that it refuses can find it."""
    await until_all_left(house, RACERS)
    async with rush(house, RACERS, POOL) as racers:
        counter_key = viewer_key(viewer_id_of(racers.tokens[0]))
        if torn:
            count_what_never_was(house, counter_key)
        presses = [racers.press_play(0, f"press-{torn}-{number}") for number in range(50)]
        launches = await racers.at_once(presses, "one viewer")
        (launched,) = entered(launches)
        refused = refusals(launches, 409)
        assert len(refused) == 49
        assert {body["type"].rpartition("/")[2] for body in refused} == {"viewer-limit"}
        assert {body["sessionId"] for body in refused} == {launched.session_id}
        (row,) = live_sessions_of(house, RACERS)
        counter = house.row("Sessions", counter_key, "COUNTER")
        assert (counter["live"], counter["sessionIds"]) == (1, {row["sessionId"]}) == (1, {launched.session_id})
        assert racers.in_flight >= 16
        await until_nothing_is_wrong(house)


def viewer_id_of(token: str) -> str:
    body = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["sub"])


def count_what_never_was(house: House, counter_key: str) -> None:
    row = item({"pk": counter_key, "sk": "COUNTER", "live": 1, "sessionIds": {"ses-torn"}})
    house.client("dynamodb").put_item(TableName=house.outputs["SessionsTable"], Item=row)


async def test_fifty_viewers_of_a_tenant_at_once_are_as_many_as_its_quota(house: House) -> None:
    await until_all_left(house, RACERS)
    await allow(house, LIMIT)
    async with rush(house, RACERS, POOL) as racers:
        presses = [racers.press_play(who, "quota") for who in racers.everybody]
        launches = await racers.at_once(presses, f"a quota of {LIMIT}")
        assert len(entered(launches)) == LIMIT
        refused = refusals(launches, 429)
        assert len(refused) == RACERS.size - LIMIT
        told = {(body["type"].rpartition("/")[2], body["scope"], body["quota"], body["limit"]) for body in refused}
        assert told == {("quota-exceeded", "tenant", "concurrentSessions", LIMIT)}
        live = live_sessions_of(house, RACERS)
        assert {row["sessionId"] for row in live} == {each.session_id for each in entered(launches)}
        assert await used(house, RACERS) == LIMIT
        assert racers.in_flight >= 16
        assert racers.lost_writes > 0, "without a lost write there was no race"
        await until_nothing_is_wrong(house)
    await allow(house, None)
    await until_all_left(house, RACERS)
    assert await used(house, RACERS) == 0


async def allow(house: House, sessions: int | None) -> None:
    answer = await house.operator("PUT", f"/tenants/{RACERS.name}/quota", {"concurrentSessions": sessions})
    assert answer.status == 200, answer


async def used(house: House, crowd: Crowd) -> int:
    answer = await house.operator("GET", f"/tenants/{crowd.name}/quota")
    return int(answer.body["used"]["concurrentSessions"])


# -- and afterwards


async def test_what_crashes_left_half_done_is_ended_and_given_back(house: House, fallen: Fallen) -> None:
    """By the reaper, where the machine died with its function. Its own recounts found nothing to correct."""
    await until_all_left(house, FALLERS, timeout_s=120)
    await house.until_free(POOL, SLOTS, 60)
    await until_nothing_is_wrong(house)
    assert await used(house, FALLERS) == 0
    corrected = {row["pk"] for row in house.rows("Journal") if row["kind"] == "QuotaRecounted"}
    assert not corrected & {f"QUOTA#TENANT#{FALLERS.name}", f"QUOTA#TENANT#{RACERS.name}"}
