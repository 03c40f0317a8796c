"""What integration tests know of the running platform: rows, pools, people, machines."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession
from greenroom.aws.table.values import plain
from greenroom_lab.local_file import LocalPlatform
from greenroom_lab.local_viewer import tokens_of, viewer
from greenroom_lab.platform import seed
from greenroom_lab.platform.platform_thread import PlatformThread
from greenroom_lab.platform.trace_sink import TraceSink
from greenroom_viewer.api import Answer, Api
from greenroom_viewer.viewer import Viewer

Json = dict[str, Any]
Scenario = Callable[["House"], Coroutine[Any, Any, Any]]


@dataclass
class House:
    """The platform, seen from outside (HTTP, AWS APIs) and from the lab (machines, faults, traces)."""

    thread: PlatformThread
    local: LocalPlatform
    traces: TraceSink
    people: dict[str, seed.Person] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    _operator_token: str = ""
    _clients: dict[str, Any] = field(default_factory=dict)
    _begun: dict[str, Future[Any]] = field(default_factory=dict)

    @property
    def outputs(self) -> dict[str, str]:
        return self.thread.platform.outputs

    def client(self, service: str) -> Any:
        """A boto3 client with the account's own keys; made once, because making one takes a quarter of a second."""
        if service not in self._clients:
            self._clients[service] = self.thread.platform.account.client(service)
        return self._clients[service]

    def engine_control(self, method: str, path: str, body: Json | None = None) -> Json:
        return self.thread.platform.engine.control(method, path, body)

    async def operator(self, method: str, path: str, body: Json | None = None) -> Answer:
        """One call as the operator."""
        if not self._operator_token:
            tokens = await tokens_of(self.local, self.local.operator_user, self.local.operator_password)
            self._operator_token = tokens.access_token
        async with ClientSession() as http:
            return await Api(http, self.local.api_url, self._operator_token).call(method, path, body)

    def person(self, name: str, tenant_group: str = seed.TENANT_GROUP) -> seed.Person:
        """A viewer of this name, made when first asked for."""
        if name not in self.people:
            person = seed.new_person(name, seed.VIEWERS, tenant_group)
            seed.add_person(self.client("cognito-idp"), self.outputs["UserPoolId"], person)
            self.people[name] = person
        return self.people[name]

    @asynccontextmanager
    async def viewer(self, name: str) -> AsyncIterator[Viewer]:
        """Signed in as `name`; a session that still runs at the end is left."""
        person = self.person(name)
        async with viewer(self.local, person.user, person.password) as who:
            try:
                yield who
            finally:
                if who.session:
                    await who.api.call("DELETE", f"/sessions/{who.session_id}")

    async def application(self, name: str, kind: str, slots: int, **limits: int) -> None:
        """An application and its pool (of the same name, without capacity yet)."""
        body = {
            **seed.DEMO_APPLICATION,
            "name": name,
            "kind": kind,
            "command": [],
            "slotsPerInstance": slots,
            "poolId": name,
            "limits": {**seed.DEMO_APPLICATION["limits"], **limits},
        }
        answer = await self.operator("PUT", f"/applications/{name}", body)
        assert answer.status == 200, answer

    async def pool(self, name: str, always_on: int, target_idle: int, maximum: int, **fields: Any) -> None:
        """Set the pool's policy."""
        body = {
            **seed.DEMO_POOL,
            "applicationId": name,
            "policy": {"alwaysOn": always_on, "targetIdle": target_idle, "maximum": maximum},
            **fields,
        }
        answer = await self.operator("PUT", f"/pools/{name}", body)
        assert answer.status == 200, answer

    @asynccontextmanager
    async def stage(
        self, name: str, kind: str = "null", slots: int = 1, *, pool: tuple[int, int, int], **limits: int
    ) -> AsyncIterator[None]:
        """An application whose pool is up (as many free slots as `alwaysOn` says), and is emptied afterwards."""
        await self.application(name, kind, slots, **limits)
        await self.pool(name, *pool)
        try:
            await self.until_free(name, pool[0], timeout_s=90)
            yield
        finally:
            await self.pool(name, 0, 0, 0)

    def begin(self, scenario: Scenario) -> None:
        """Start a scenario in the background, once."""
        if scenario.__name__ not in self._begun:
            self._begun[scenario.__name__] = self.thread.begin(scenario(self))

    async def result(self, scenario: Scenario) -> Any:
        """What the scenario returned or raised."""
        self.begin(scenario)
        return await asyncio.wrap_future(self._begun[scenario.__name__])

    @contextmanager
    def standing(
        self, name: str, kind: str = "null", slots: int = 1, *, pool: tuple[int, int, int], **limits: int
    ) -> Iterator[None]:
        """A `stage` for a whole module of tests, each of which has an event loop of its own."""
        stack = AsyncExitStack()
        self.thread.call(stack.enter_async_context(self.stage(name, kind, slots, pool=pool, **limits)))
        try:
            yield
        finally:
            self.thread.call(stack.aclose())

    async def slots(self, pool_id: str) -> dict[str, int]:
        answer = await self.operator("GET", f"/pools/{pool_id}")
        assert answer.status == 200, answer
        return dict(answer.body["slots"])

    async def until_free(self, pool_id: str, wanted: int, timeout_s: float) -> float:
        """Seconds until the pool had at least so many free slots. Raises: TimeoutError."""

        async def enough() -> bool:
            return (await self.slots(pool_id)).get("free", 0) >= wanted

        return await until(enough, timeout_s)

    def row(self, table: str, pk: str, sk: str = "META") -> Json:
        """One row of the Sessions or Fleet table, consistently read; empty when there is none."""
        item = (
            self.client("dynamodb")
            .get_item(
                TableName=self.outputs[f"{table}Table"], Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
            )
            .get("Item", {})
        )
        return plain(item)

    def session_row(self, session_id: str) -> Json:
        return self.row("Sessions", f"SESSION#{session_id}")

    def instance_of(self, session: Json) -> str:
        """The instance that a session is on, from its row: no viewer is told."""
        return str(self.session_row(session["sessionId"])["assignment"]["instanceId"])

    def rows(self, table: str) -> list[Json]:
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self.outputs[f"{table}Table"], ConsistentRead=True)
        )
        return [plain(item) for page in pages for item in page["Items"]]

    async def act_on(self, verb: str, instance_id: str, body: Json | None = None) -> None:
        """Do something to a machine: kill, hang, resume, interrupt."""
        async with ClientSession() as http:
            async with http.post(f"{self.local.ec2_host_url}/machines/{instance_id}/{verb}", json=body) as answer:
                assert answer.status == 200, await answer.text()


async def until(condition: Callable[[], Awaitable[Any]], timeout_s: float, every_s: float = 0.1) -> float:
    """Seconds until the condition held. Raises: TimeoutError."""
    began = time.monotonic()
    async with asyncio.timeout(timeout_s):
        while not await condition():
            await asyncio.sleep(every_s)
    return time.monotonic() - began
