"""Tables that refuse writes as a running transaction on the item does: sessions go on, in line and on a slot."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from greenroom_viewer.api import Answer, Api
from greenroom_viewer.viewer import Viewer

from tests.integration.house import House, until

OUTLASTS = 10
"""More writes than an adapter tries."""


@contextmanager
def conflicts(house: House, every: int, lasting: int = 1) -> Iterator[Counter[str]]:
    """Every n-th write of anybody meets a transaction on its item; what is given tells at the end how many did."""
    met: Counter[str] = Counter()
    house.engine_control("PUT", "conflicts", {"every": every, "lasting": lasting})
    try:
        yield met
    finally:
        met.update(house.engine_control("GET", "conflicts")["met"])
        house.engine_control("PUT", "conflicts", {"every": 0})


async def play(who: Viewer) -> None:
    await who.join()
    await who.until_connected()


async def leave(who: Viewer) -> None:
    await who.leave()
    view = await who.until("Ended", "Failed", timeout_s=30)
    assert (view["state"], view["statusReason"]) == ("Ended", "userLeft")


async def all_succeeded(house: House, *session_ids: str) -> None:
    """None of the executions went through an undo."""
    state_machines = house.client("stepfunctions")
    for session_id in session_ids:
        arn = house.session_row(session_id)["executionArn"]

        async def is_over(arn: str = arn) -> bool:
            return bool(state_machines.describe_execution(executionArn=arn)["status"] != "RUNNING")

        await until(is_over, 30)
        events = state_machines.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
        assert "EndSession" not in entered
        assert entered[-1] == "SessionEnded"


async def test_with_every_second_write_in_conflict_one_plays_and_one_waits_and_plays(house: House) -> None:
    async with house.stage("conflicts", pool=(1, 0, 1)):
        async with house.viewer("pia") as first, house.viewer("quinn") as second:
            with conflicts(house, every=2) as met:
                assert (await first.request("conflicts")).status == 201
                await play(first)
                assert (await second.request("conflicts")).status == 202
                await leave(first)
                await play(second)
                await leave(second)
            assert sum(met.values()) > 5, met
            assert met["UpdateItem"], met
            assert met["TransactWriteItems"], met
            await all_succeeded(house, first.session_id, second.session_id)
        await house.until_free("conflicts", 1, 30)


class PatientApi(Api):
    """Asks again when a table is busy, as the page does."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        while (answer := await self._api.call(method, path, body)).status == 503:
            assert answer.body["type"].endswith("/busy"), answer
            await asyncio.sleep(answer.body["retryAfter_s"])
        return answer


async def test_conflicts_that_outlast_the_functions_are_waited_for_by_page_and_machine(house: House) -> None:
    async with house.stage("outlast", pool=(1, 0, 1)):
        async with house.viewer("rosa") as first, house.viewer("sven") as second:
            second.api = PatientApi(second.api)
            assert (await first.request("outlast")).status == 201
            await play(first)
            with conflicts(house, every=3, lasting=OUTLASTS) as met:
                assert (await second.request("outlast")).status in (200, 202)

                async def is_awaited() -> bool:
                    return bool(house.session_row(second.session_id).get("awaits") == "slot")

                await until(is_awaited, 60)
            assert sum(met.values()) >= OUTLASTS, met
            await leave(first)
            await play(second)
            await leave(second)
            await all_succeeded(house, first.session_id, second.session_id)
