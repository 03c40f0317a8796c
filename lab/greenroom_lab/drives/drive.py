"""One platform for one drive: configured as an operator would, watched through its doors, its tables and its EC2."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import ClientSession
from boto3.dynamodb.types import TypeDeserializer
from greenroom_cli.toolchain.paths import GENERATED, ROOT
from greenroom_viewer.api import Api

from greenroom_lab.drives.crowd import Guest
from greenroom_lab.local_viewer import tokens_of, viewer
from greenroom_lab.platform import seed
from greenroom_lab.platform.function_logs import function_logs
from greenroom_lab.platform.platform import Platform, PlatformSettings
from greenroom_lab.platform.run import EXPECTED_FAILURES

Json = dict[str, Any]
REPORTS = ROOT / "reports"
NO_CAPACITY = {"alwaysOn": 0, "targetIdle": 0, "maximum": 0}
SIGN_INS_AT_ONCE = 4
ALIVE = ("pending", "running")
_READ = TypeDeserializer()


class DriveFailed(Exception):
    """The drive could not go on; the message says what was waited for."""


def say(text: str) -> None:
    """A line of progress, with the time of day, apart from the numbers on standard output."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


@dataclass
class Drive:
    """A platform that is up, and its operator."""

    platform: Platform
    api: Api
    stack: AsyncExitStack
    guests: list[Guest] = field(default_factory=list)

    async def configure(self, name: str, kind: str, slots: int, policy: Json, **limits: int) -> None:
        """An application and its pool of the same name. `limits`: those that differ from the demo's."""
        fixed = seed.DEMO_APPLICATION if kind == "demo" else {**seed.DEMO_APPLICATION, "command": []}
        application = {**fixed, "name": name, "kind": kind, "slotsPerInstance": slots, "poolId": name}
        application["limits"] = {**application["limits"], **limits}
        await self.api.must("PUT", f"/applications/{name}", application)
        await self.api.must("PUT", f"/pools/{name}", {**seed.DEMO_POOL, "applicationId": name, "policy": policy})

    async def pool(self, name: str) -> Json:
        """PoolView."""
        return await self.api.must("GET", f"/pools/{name}")

    async def invite(self, number: int, *groups: str) -> list[Guest]:
        """So many more viewers, signed in; of these groups besides the usual ones."""
        gate, platform = asyncio.Semaphore(SIGN_INS_AT_ONCE), self.platform
        first = len(self.guests) + 1

        async def sign_in(index: int) -> Guest:
            async with gate:
                person = seed.new_person(f"guest-{index}", seed.VIEWERS, seed.TENANT_GROUP, *groups)
                cognito = platform.account.client("cognito-idp")
                await asyncio.to_thread(seed.add_person, cognito, platform.outputs["UserPoolId"], person)
                who = await self.stack.enter_async_context(viewer(platform.local, person.user, person.password))
                return Guest(who)

        invited = await asyncio.gather(*(sign_in(first + index) for index in range(number)))
        self.guests += invited
        return invited

    async def set_market(self, *rules: Json) -> None:
        """What EC2 has to give from now on; none: everything."""
        await self.engine("PUT", "ec2", {"rules": list(rules)})

    async def engine(self, method: str, path: str, body: Json | None = None) -> Json:
        """One of the embedded AWS' own doors."""
        return await asyncio.to_thread(self.platform.engine.control, method, path, body)

    async def fleets(self) -> list[Json]:
        """Every CreateFleet so far, by market."""
        return list((await self.engine("GET", "ec2/fleets"))["fleets"])

    async def instances(self) -> list[Json]:
        """Every instance that EC2 shows, ended ones included."""
        return list((await self.engine("GET", "ec2/instances"))["instances"])

    async def alive(self) -> list[Json]:
        """The instances that cost money."""
        return [each for each in await self.instances() if each["state"] in ALIVE]

    async def act_on(self, verb: str, instance_id: str, body: Json | None = None) -> None:
        """Do something to a machine through the EC2 host's control door: kill, hang, interrupt."""
        async with ClientSession(self.platform.local.ec2_host_url) as http:
            async with http.post(f"/machines/{instance_id}/{verb}", json=body or {}) as answer:
                if answer.status != 200:
                    raise DriveFailed(f"{verb} {instance_id}: {await answer.text()}")

    async def journal(self, entity: str) -> list[Json]:
        """The Journal of one entity, oldest first."""
        rows = [row for row in await self.rows("Journal") if row["pk"] == entity]
        return sorted(rows, key=lambda row: str(row["sk"]))

    async def sessions(self) -> list[Json]:
        """Every session's row."""
        return [row for row in await self.rows("Sessions") if row["pk"].startswith("SESSION#") and row["sk"] == "META"]

    async def rows(self, table: str) -> list[Json]:
        """A whole table, consistently read; numbers as float."""

        def scan() -> list[Json]:
            scanner = self.platform.account.client("dynamodb").get_paginator("scan")
            pages = scanner.paginate(TableName=self.platform.outputs[f"{table}Table"], ConsistentRead=True)
            return [_plain(item) for page in pages for item in page["Items"]]

        return await asyncio.to_thread(scan)


async def until(what: str, condition: Callable[[], Awaitable[bool]], timeout_s: float, every_s: float = 0.5) -> float:
    """Seconds until it held. Raises: DriveFailed."""
    began = time.monotonic()
    while not await condition():
        if time.monotonic() - began > timeout_s:
            raise DriveFailed(f"not within {timeout_s:.0f} s: {what}")
        await asyncio.sleep(every_s)
    return time.monotonic() - began


@asynccontextmanager
async def drive(name: str, boot_delay_s: float) -> AsyncIterator[Drive]:
    """A platform of its own on free ports, without the demo pool's machines. Everything ends with it.

    What machines and functions said stays in .greenroom/logs/<name>.
    """
    settings = PlatformSettings(
        web_port=0,
        aws_port=0,
        boot_delay_s=boot_delay_s,
        logs=GENERATED / "logs" / name,
        demo_pool={**seed.DEMO_POOL, "policy": NO_CAPACITY},
    )
    platform = Platform(settings, say)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(platform.stop)
        local = await platform.start()
        tokens = await tokens_of(local, local.operator_user, local.operator_password)
        http = await stack.enter_async_context(ClientSession())
        try:
            yield Drive(platform, Api(http, local.api_url, tokens.access_token), stack)
        finally:
            await asyncio.to_thread(_keep_function_logs, platform)


def run_drive(main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """The drive's exit code: 0 when all it measured held. What it could not do is one line."""
    try:
        return asyncio.run(main())
    except (DriveFailed, *EXPECTED_FAILURES) as failure:
        print(f"greenroom: {failure}", file=sys.stderr)
        return 1


def _keep_function_logs(platform: Platform) -> None:
    lines = function_logs(platform.account.client("logs"))
    (platform.settings.logs / "functions.log").write_text("\n".join(lines))


def _plain(item: Json) -> Json:
    values = {key: _READ.deserialize(value) for key, value in item.items()}
    return {key: _number(value) for key, value in values.items()}


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _number(each) for key, each in value.items()}
    return [_number(each) for each in value] if isinstance(value, list) else value
