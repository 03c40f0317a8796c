"""`python -m greenroom_lab.ec2`: every word of the command arrives at the host's door as it is meant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from greenroom_lab.ec2 import __main__ as ec2
from greenroom_lab.ec2.ec2_control import Ec2Control
from greenroom_lab.ec2.ec2_host import Ec2Host

from tests.unit.lab import test_ec2_host
from tests.unit.lab.test_ec2_host import FakeCloud, until

host = test_ec2_host.host
Command = Callable[..., Awaitable[Any]]


class MarketCloud(FakeCloud):
    """Also keeps what it was told of the market and of the account."""

    def __init__(self) -> None:
        super().__init__()
        self.rules: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}

    def market(self) -> dict[str, Any]:
        return {"rules": self.rules}

    def set_market(self, rules: list[dict[str, Any]]) -> dict[str, Any]:
        self.rules = rules
        return self.market()

    def account(self) -> dict[str, Any]:
        return self.facts

    def set_account(self, facts: dict[str, Any]) -> dict[str, Any]:
        self.facts = {**self.facts, **facts}
        return self.facts


@pytest.fixture
def cloud() -> MarketCloud:
    return MarketCloud()


@pytest.fixture
async def run(host: Ec2Host, cloud: MarketCloud) -> AsyncIterator[Command]:
    """Run one command line against the control door."""
    control = Ec2Control(host, cloud)  # type: ignore[arg-type]
    await control.start()

    async def command(*words: str) -> Any:
        return await asyncio.to_thread(ec2._run, control.url, ec2._parse(list(words)))

    yield command
    await control.stop()


async def test_capacity_is_refused_limited_and_given_back(run: Command, cloud: MarketCloud) -> None:
    await run("capacity", "--refuse", "spot", "--refuse", "g5.xlarge", "--refuse", "us-east-1a", "--free", "2")
    assert [{key: rule[key] for key in rule if key in ("market", "instanceType", "zone")} for rule in cloud.rules] == [
        {"market": "spot"},
        {"instanceType": "g5.xlarge"},
        {"zone": "us-east-1a"},
    ]
    assert {rule["free"] for rule in cloud.rules} == {2}
    await run("capacity", "--refuse", "spot", "--limit", "3", "--error", "MaxSpotInstanceCountExceeded")
    assert cloud.rules == [{"market": "spot", "limit": 3, "error": "MaxSpotInstanceCountExceeded"}]
    await run("capacity", "--all")
    assert await run("capacity") == {"rules": []}


async def test_faults_wait_strike_and_are_cleared(run: Command, cloud: MarketCloud, host: Ec2Host) -> None:
    await run("fault", "never-boots", "--market", "spot")
    answer = await run("fault", "hangs", "--count", "0", "--type", "g6.xlarge")
    assert [(each["kind"], each["count"]) for each in answer["faults"]] == [("neverBoots", 1), ("hangs", None)]
    cloud.launch("i-1")
    await until(lambda: "i-1" in host.hosted)
    seen = await run("list")
    assert [each["fault"] for each in seen["machines"]] == ["neverBoots"]
    assert [each["kind"] for each in seen["faults"]] == ["hangs"]
    assert await run("fault", "clear") == await run("fault") == {"faults": []}


async def test_the_account_is_throttled_and_made_small_and_whole_again(run: Command, cloud: MarketCloud) -> None:
    await run("throttle", "CreateFleet", "5")
    await run("account", "--quota", "L-DB2E81BA=8", "--addresses", "us-east-1a=3", "--missing-image", "ami-1")
    assert await run("account") == {
        "throttled": {"CreateFleet": 5},
        "quotas": {"L-DB2E81BA": 8.0},
        "freeAddresses": {"us-east-1a": 3},
        "missingImages": ["ami-1"],
    }
    whole = await run("account", "--reset")
    assert (whole["throttled"], whole["freeAddresses"], whole["missingImages"]) == ({}, {}, [])
    assert min(whole["quotas"].values()) > 100
