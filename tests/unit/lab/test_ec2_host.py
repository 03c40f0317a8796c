"""The EC2 host with a fake EC2 and real processes: what EC2 says is what runs here."""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from greenroom_lab.ec2.ec2_cloud import SeenInstance, Sighting
from greenroom_lab.ec2.ec2_host import Ec2Host, HostSettings, NoSuchInstance
from greenroom_lab.ec2.instance_metadata import InstanceFacts, RoleCredentials
from greenroom_lab.processes import processes_of

USER_DATA = base64.b64encode(
    b"#!/bin/bash\ncat > /etc/greenroom/agent.env <<ENV\nGREENROOM_API_URL=http://127.0.0.1:1/api\nAWS_REGION=us-east-1\nENV\n"
).decode()

# An agent that starts an application in a session of its own, as the real one does, with a home inside the machine.
FAKE_AGENT = """
import os, subprocess, sys, time
home = os.environ["GREENROOM_WORK_DIR"] + "/slot-1"
os.makedirs(home, exist_ok=True)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={"HOME": home}, start_new_session=True)
print(os.environ["GREENROOM_API_URL"], os.environ.get("GREENROOM_APPLICATION_USER"), flush=True)
open(os.environ["GREENROOM_HEARTBEAT_FILE"], "w").close()  # registered
time.sleep(60)
"""


class FakeCloud:
    """EC2 as a dictionary."""

    def __init__(self) -> None:
        self.instances: dict[str, SeenInstance] = {}
        self.events: list[tuple[str, Mapping[str, Any]]] = []

    def launch(self, instance_id: str) -> None:
        facts = InstanceFacts(instance_id, "g5.xlarge", "us-east-1a", "spot", "10.0.0.9", "203.0.113.7", "role")
        self.instances[instance_id] = SeenInstance("running", facts, USER_DATA)

    def look(self, after: int) -> Sighting:
        time.sleep(0.02)
        return Sighting(after + 1, dict(self.instances))

    def role_credentials(self, instance_id: str) -> RoleCredentials:
        return RoleCredentials("ASIA", "secret", "token", "2030-01-01T00:00:00Z")

    def send_event(self, detail_type: str, detail: Mapping[str, Any], instance_arn: str) -> None:
        self.events.append((detail_type, detail))

    def end(self, instance_id: str) -> None:
        self.enter(instance_id, "shutting-down")

    def enter(self, instance_id: str, state: str) -> None:
        self.instances[instance_id] = replace(self.instances[instance_id], state=state)


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
async def host(cloud: FakeCloud, tmp_path: Path) -> AsyncIterator[Ec2Host]:
    settings = HostSettings(
        tmp_path / "machines",
        tmp_path,
        boot_delay_s=0.05,
        start_delay_s=0.01,
        command=(sys.executable, "-c", FAKE_AGENT),
    )
    host = Ec2Host(cloud, settings)
    await host.start()
    yield host
    await host.stop()


async def until(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


async def booted(host: Ec2Host, instance_id: str, tmp_path: Path) -> Path:
    """The machine's folder once its agent and its application run."""
    folder = tmp_path / "machines" / instance_id
    # Not before the agent has registered: until its application has exec'd, a frozen agent would hang in its own fork.
    await until(lambda: (folder / "last-heartbeat").exists() and len(processes_of(folder)) == 2)
    return folder


async def test_a_running_instance_becomes_an_agent_with_its_user_data(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    await booted(host, "i-1", tmp_path)
    log = tmp_path / "agent-i-1.log"
    await until(lambda: "\n" in log.read_text())
    assert log.read_text() == "http://127.0.0.1:1/api None\n"


async def test_an_instance_that_ec2_ended_leaves_no_process_and_no_folder(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    cloud.launch("i-10")  # a name that begins like the other
    folder = await booted(host, "i-1", tmp_path)
    other = await booted(host, "i-10", tmp_path)
    cloud.end("i-1")
    await until(lambda: not folder.exists())
    assert processes_of(folder) == []
    assert len(processes_of(other)) == 2


async def test_a_killed_agent_takes_its_applications_along_and_leaves_the_instance_running(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    folder = await booted(host, "i-1", tmp_path)
    await host.kill_agent("i-1")
    assert processes_of(folder) == []
    assert cloud.instances["i-1"].state == "running"
    await asyncio.sleep(0.3)
    assert processes_of(folder) == [], "EC2 does not start an agent again"


async def test_a_hanging_machine_is_frozen_whole_and_can_still_be_ended(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    folder = await booted(host, "i-1", tmp_path)
    host.freeze("i-1", True)

    def states() -> list[str]:
        return [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in processes_of(folder)]

    await until(lambda: states() == ["T", "T"])
    cloud.end("i-1")
    await until(lambda: not folder.exists())
    assert processes_of(folder) == []


async def test_an_interruption_is_announced_first_and_then_happens(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    folder = await booted(host, "i-1", tmp_path)
    await host.interrupt("i-1", notice_s=0.5)
    assert [kind for kind, _ in cloud.events] == ["EC2 Spot Instance Interruption Warning"]
    assert host.hosted["i-1"].metadata.facts.spot_action is not None
    assert len(processes_of(folder)) == 2
    await until(lambda: cloud.instances["i-1"].state == "shutting-down" and not folder.exists())


async def test_without_notice_the_plug_is_pulled_before_ec2_says_a_word(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    folder = await booted(host, "i-1", tmp_path)
    gone_first = []
    end = cloud.end

    def note_and_end(instance_id: str) -> None:
        gone_first.append(processes_of(folder) == [])
        end(instance_id)

    cloud.end = note_and_end  # type: ignore[method-assign]
    await host.interrupt("i-1", notice_s=0)
    await until(lambda: cloud.instances["i-1"].state == "shutting-down")
    assert gone_first == [True]
    assert cloud.events == []


async def test_a_rebalance_recommendation_may_come_before_the_interruption(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    await booted(host, "i-1", tmp_path)
    await host.recommend_rebalance("i-1")
    facts = host.hosted["i-1"].metadata.facts
    assert facts.rebalance_notice_time is not None
    assert facts.spot_action is None
    await host.interrupt("i-1", notice_s=0.5)
    assert [kind for kind, _ in cloud.events] == [
        "EC2 Instance Rebalance Recommendation",
        "EC2 Spot Instance Interruption Warning",
    ]
    assert cloud.instances["i-1"].state == "running"


async def test_a_stopped_instance_is_switched_off_and_starts_again_on_its_disk(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    folder = await booted(host, "i-1", tmp_path)
    (folder / "installed").touch()
    cloud.enter("i-1", "stopping")
    await until(lambda: "i-1" not in host.hosted and processes_of(folder) == [])
    cloud.enter("i-1", "stopped")
    await asyncio.sleep(0.1)
    assert (folder / "installed").exists()
    cloud.enter("i-1", "running")
    await booted(host, "i-1", tmp_path)
    assert (folder / "installed").exists()
    cloud.end("i-1")
    await until(lambda: not folder.exists())


async def test_a_start_that_comes_at_once_waits_for_the_machine_to_be_off(
    host: Ec2Host, cloud: FakeCloud, tmp_path: Path
) -> None:
    cloud.launch("i-1")
    await booted(host, "i-1", tmp_path)
    first = host.hosted["i-1"].agent_pid
    cloud.enter("i-1", "stopped")
    await until(lambda: "i-1" not in host._boots)
    cloud.enter("i-1", "running")
    await until(lambda: "i-1" in host.hosted and host.hosted["i-1"].agent_pid not in (None, first))
    await booted(host, "i-1", tmp_path)


async def test_a_stopped_instance_that_ends_leaves_no_disk(host: Ec2Host, cloud: FakeCloud, tmp_path: Path) -> None:
    cloud.launch("i-1")
    folder = await booted(host, "i-1", tmp_path)
    cloud.enter("i-1", "stopped")
    await until(lambda: "i-1" not in host.hosted and processes_of(folder) == [])
    assert folder.exists()
    cloud.enter("i-1", "terminated")
    await until(lambda: not folder.exists())


async def test_stopping_the_host_leaves_nothing(cloud: FakeCloud, tmp_path: Path) -> None:
    command = (sys.executable, "-c", FAKE_AGENT)
    host = Ec2Host(cloud, HostSettings(tmp_path / "machines", tmp_path, boot_delay_s=0.0, command=command))
    await host.start()
    cloud.launch("i-1")
    folder = await booted(host, "i-1", tmp_path)
    await host.stop()
    assert processes_of(tmp_path) == []
    assert not folder.exists()


async def test_a_machine_nobody_booted_is_named_in_the_error(host: Ec2Host) -> None:
    with pytest.raises(NoSuchInstance, match="i-9"):
        await host.kill_agent("i-9")
