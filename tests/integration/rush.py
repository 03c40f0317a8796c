"""Many people press Play at the same moment, in processes that are truly in flight together."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, TCPConnector
from greenroom_lab.local_viewer import tokens_of
from greenroom_lab.platform import seed
from greenroom_viewer.api import Answer, Api

from tests.integration.house import House

AT_ONCE = 18
"""Processes for request_session: more than the sixteen launches that must truly be in flight together."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """People of a tenant of their own, so that no limit of theirs concerns anybody else."""

    name: str
    size: int

    def member(self, house: House, number: int) -> seed.Person:
        return house.person(f"{self.name}-{number}", f"tenant-{self.name}")

    async def tokens(self, house: House) -> list[str]:
        """Their access tokens, signed in once for all rushes of a run: they live for an hour."""
        people = [self.member(house, number) for number in range(self.size)]
        for each in people:
            if each.user not in house.tokens:
                house.tokens[each.user] = (await tokens_of(house.local, each.user, each.password)).access_token
        return [house.tokens[each.user] for each in people]


RACERS = Crowd("racer", 50)


@contextmanager
def many_processes(house: House) -> Iterator[None]:
    """Enough processes for a rush of launches; afterwards as many as before."""
    usual = house.engine_control("GET", "lambda")
    house.engine_control("PUT", "lambda", {**usual, "byName": {"request_session": AT_ONCE, "authorize_viewer": 8}})
    try:
        yield
    finally:
        house.engine_control("PUT", "lambda", usual)


@contextmanager
def crashes(house: House, **every: int) -> Iterator[Counter[str]]:
    """Every n-th write of these functions to DynamoDB kills its process (SIGKILL), in turn before it is done and after.

    Yields what is filled in at the end: how often, by function, moment and call.
    """
    killed: Counter[str] = Counter()
    house.engine_control("PUT", "crashes", {"every": every})
    try:
        yield killed
    finally:
        killed.update(house.engine_control("GET", "crashes")["killed"])
        house.engine_control("PUT", "crashes", {"every": {}})


@dataclass(frozen=True, slots=True)
class Launch:
    """One press of Play by the who-th of a crowd, and what came of it."""

    who: int
    client_token: str
    answer: Answer

    @property
    def session_id(self) -> str:
        return str(self.answer.body["sessionId"])


@dataclass(slots=True)
class Rush:
    """Signed-in people in front of one application; create with `rush(...)`."""

    house: House
    http: ClientSession
    tokens: Sequence[str]
    application: str
    began: float = 0.0
    inside: dict[str, Launch] = field(default_factory=dict)
    """By session: whoever entered and has not left yet."""

    @property
    def everybody(self) -> range:
        return range(len(self.tokens))

    async def press_play(self, who: int, client_token: str, application: str = "") -> Launch:
        body = {"applicationId": application or self.application, "clientToken": client_token}
        launch = Launch(who, client_token, await self._api(who).call("POST", "/sessions", body))
        if launch.answer.status in (200, 201, 202):
            self.inside[launch.session_id] = launch
        return launch

    async def at_once(self, presses: Sequence[Awaitable[Launch]], title: str) -> Sequence[Launch]:
        """All of these together; prints how long it took and how much of a race it was."""
        self.began = time.time()
        launches = await asyncio.gather(*presses)
        took = time.time() - self.began
        await asyncio.sleep(1)  # the traces come in by UDP
        statuses = dict(sorted(Counter(each.answer.status for each in launches).items()))
        print(
            f"{title}: {len(launches)} launches in {took:.1f} s; answers: {statuses};"
            f" in flight at once: {self.in_flight}; lost conditional writes: {self.lost_writes}"
        )
        return launches

    @property
    def in_flight(self) -> int:
        """The most launches of the last rush that ran at the same time."""
        return self.house.traces.most_at_once("-request_session", self.began)

    @property
    def lost_writes(self) -> int:
        """Transactions and conditional writes that DynamoDB refused since then, as the functions' own traces show."""
        segments = self.house.traces.subsegments(self.began)
        calls = [each for each in segments if str(each.get("name", "")).lower() == "dynamodb"]
        return sum(1 for call in calls if (call.get("http") or {}).get("response", {}).get("status") == 400)

    async def leave(self) -> None:
        """Everybody goes, at once; as a page does it: whose call is not answered calls again. Raises: TimeoutError."""
        async with asyncio.timeout(60):
            while self.inside:
                await asyncio.gather(*(self._leave(each) for each in list(self.inside.values())))

    async def _leave(self, launch: Launch) -> None:
        answer = await self._api(launch.who).call("DELETE", f"/sessions/{launch.session_id}")
        if answer.status == 202:
            del self.inside[launch.session_id]

    def _api(self, who: int) -> Api:
        return Api(self.http, self.house.local.api_url, self.tokens[who])


@asynccontextmanager
async def rush(house: House, crowd: Crowd, application: str) -> AsyncIterator[Rush]:
    """Everybody is signed in, and the processes are warm up to their first read. Whoever is inside at the end leaves.

    A cold start spreads the claims, and there is no race. Whoever's keys could not be fetched in the first round is
    refused, and is not in the second.
    """
    tokens = await crowd.tokens(house)
    async with ClientSession(connector=TCPConnector(limit=0)) as http:
        ready = Rush(house, http, tokens, application)
        for _ in range(2):
            warm = await asyncio.gather(*(ready.press_play(who, "warm", "nothing") for who in ready.everybody))
        assert {each.answer.status for each in warm} == {404}
        try:
            yield ready
        finally:
            await ready.leave()
