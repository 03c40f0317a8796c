"""Machines that go wrong: which are struck, what it looks like, and that the control door shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession
from greenroom_lab.ec2.ec2_control import Ec2Control
from greenroom_lab.ec2.ec2_host import Ec2Host
from greenroom_lab.ec2.instance_faults import FaultKind, Faults
from greenroom_lab.ec2.instance_metadata import InstanceFacts
from greenroom_lab.processes import processes_of

from tests.unit.lab import test_ec2_host
from tests.unit.lab.test_ec2_host import FakeCloud, booted, until

cloud, host = test_ec2_host.cloud, test_ec2_host.host


def facts(market: str = "spot", instance_type: str = "g5.xlarge", zone: str = "us-east-1a") -> InstanceFacts:
    return InstanceFacts("i-1", instance_type, zone, market, "10.0.0.9", "203.0.113.7", "role")


def test_a_fault_strikes_the_next_machines_it_matches_and_then_no_more() -> None:
    faults = Faults()
    faults.add({"kind": "neverBoots", "count": 2, "market": "spot"})
    faults.add({"kind": "hangs", "count": None, "zone": "us-east-1b"})
    assert faults.strike(facts("on-demand")) is None
    assert [faults.strike(facts()) for _ in range(3)] == [FaultKind.NEVER_BOOTS, FaultKind.NEVER_BOOTS, None]
    assert [faults.strike(facts(zone="us-east-1b")) for _ in range(3)] == [FaultKind.HANGS] * 3
    assert [fault["kind"] for fault in faults.describe()] == ["hangs"]
    faults.clear()
    assert faults.strike(facts(zone="us-east-1b")) is None


@pytest.mark.parametrize("body", [{}, {"kind": "explodes"}, {"kind": "hangs", "colour": "red"}])
def test_what_is_no_fault_is_refused(body: dict[str, str]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Faults().add(body)


async def test_a_machine_that_never_boots_runs_for_ec2_alone(host: Ec2Host, cloud: FakeCloud, tmp_path: Path) -> None:
    host.faults.add({"kind": "neverBoots"})
    cloud.launch("i-1")
    await until(lambda: "i-1" in host.hosted)
    await asyncio.sleep(0.3)
    assert host.hosted["i-1"].agent_pid is None
    assert processes_of(tmp_path) == []
    assert cloud.instances["i-1"].state == "running"
    cloud.launch("i-2")
    await booted(host, "i-2", tmp_path)
    cloud.end("i-1")
    await until(lambda: "i-1" not in host.hosted)


async def test_a_machine_hangs_once_it_has_registered(host: Ec2Host, cloud: FakeCloud, tmp_path: Path) -> None:
    host.faults.add({"kind": "hangs"})
    cloud.launch("i-1")
    await until(lambda: "i-1" in host.hosted and host.hosted["i-1"].frozen)
    assert host.hosted["i-1"].has_registered
    cloud.end("i-1")
    await until(lambda: processes_of(tmp_path) == [])


async def test_a_machine_registers_twice_with_two_agents(host: Ec2Host, cloud: FakeCloud, tmp_path: Path) -> None:
    host.faults.add({"kind": "registersTwice"})
    cloud.launch("i-1")
    folder = tmp_path / "machines" / "i-1"
    await until(lambda: len(processes_of(folder / "second")) == 2)
    assert len(processes_of(folder)) == 4, "two agents with an application each"
    cloud.end("i-1")
    await until(lambda: not folder.exists())
    assert processes_of(tmp_path) == []


async def test_the_control_door_sets_faults_and_shows_whom_they_struck(host: Ec2Host, cloud: FakeCloud) -> None:
    control = Ec2Control(host, cloud)  # type: ignore[arg-type]
    await control.start()
    try:
        async with ClientSession(control.url) as http:
            async with http.post("/faults", json={"kind": "neverBoots", "market": "spot"}) as answer:
                assert (await answer.json())["faults"][0]["count"] == 1
            async with http.post("/faults", json={"kind": "explodes"}) as answer:
                assert answer.status == 400
            cloud.launch("i-1")
            await until(lambda: "i-1" in host.hosted)
            async with http.get("/machines") as answer:
                seen = await answer.json()
            assert seen["faults"] == []
            assert [(each["instanceId"], each["fault"]) for each in seen["machines"]] == [("i-1", "neverBoots")]
            async with http.delete("/faults") as answer:
                assert (await answer.json()) == {"faults": []}
    finally:
        await control.stop()
