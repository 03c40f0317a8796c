"""Press Play on a hot slot: what the viewer is told, what is recorded, what it costs, and the way back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest
from greenroom_lab.processes import processes_of
from greenroom_viewer.viewer import Viewer

from tests.integration.house import House, until

POOL = "hot"


@pytest.fixture(scope="module", autouse=True)
def stage(house: House) -> Iterator[None]:
    with house.standing(POOL, slots=2, pool=(2, 0, 2)):
        yield


async def connected(who: Viewer) -> None:
    answer = await who.request(POOL)
    assert answer.status == 201, answer
    await who.join()
    await who.until_connected()


async def test_a_hot_launch_answers_at_once_with_its_slot_and_a_ticket(house: House) -> None:
    await house.until_free(POOL, 1, 30)
    async with house.viewer("ada") as who:
        answer = await who.request(POOL)
        assert answer.status == 201
        assert answer.body["state"] == "Assigned"
        slot = answer.body["slot"]
        assert house.instance_of(answer.body) not in str(answer.body)
        assert slot["market"] == "spot"
        assert answer.body["ticket"]["ticket"]


async def test_a_happy_session_ends_as_user_left_within_ten_seconds_and_enters_five_states(house: House) -> None:
    await house.until_free(POOL, 1, 30)
    async with house.viewer("ben") as who:
        await connected(who)
        arn = house.session_row(who.session_id)["executionArn"]
        await who.leave()
        view = await who.until("Ended", timeout_s=10)
        assert view["statusReason"] == "userLeft"
    state_machines = house.client("stepfunctions")

    async def is_over() -> bool:
        return bool(state_machines.describe_execution(executionArn=arn)["status"] != "RUNNING")

    await until(is_over, 10)
    assert state_machines.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
    events = state_machines.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    assert entered == ["AdoptAndAwaitConnection", "AwaitEnd", "HowDidItEnd", "ReleaseSlot", "SessionEnded"]


async def test_the_slot_is_free_again_within_ten_seconds_with_a_fresh_process(house: House) -> None:
    await house.until_free(POOL, 2, 30)
    async with house.viewer("cleo") as who:
        await connected(who)
        row = house.session_row(who.session_id)
        before = processes_of_slot(house, row["assignment"]["instanceId"], row["assignment"]["slotId"])
        assert before, "the slot's application runs"
        await who.leave()
        seconds = await house.until_free(POOL, 2, 10)
        print(f"leave to free slot: {seconds:.1f} s")
        after = processes_of_slot(house, row["assignment"]["instanceId"], row["assignment"]["slotId"])
        assert after
        assert not set(before) & set(after), "the same process would still hold what the last viewer left"


def processes_of_slot(house: House, instance_id: str, slot_id: str) -> list[int]:
    """The processes whose home is the slot's own folder."""
    hosted = house.thread.platform.host.hosted[instance_id]
    return processes_of(hosted.place.folder / "work" / f"slot-{slot_id.rpartition('.')[2]}")


async def test_the_session_row_carries_all_it_is_known_by(house: House) -> None:
    await house.until_free(POOL, 1, 30)
    async with house.viewer("dora") as who:
        await connected(who)
        await who.leave()
        await who.until("Ended", timeout_s=10)
        row = house.session_row(who.session_id)
    named = ("sessionId", "viewerId", "tenantId", "applicationId", "poolId", "executionArn", "clientToken")
    assert [name for name in named if not row.get(name)] == []
    held = ("slotId", "instanceId", "instanceType", "zone", "market")
    assert [name for name in held if not row["assignment"].get(name)] == []
    assert row["tenantId"] == "demo"
    assert row["statusReason"] == "userLeft"
    assert {"Requested", "Assigned", "Connected", "Ending", "Ended"} <= set(row["transitions"])
    times = [row["transitions"][state] for state in ("Requested", "Assigned", "Connected", "Ending", "Ended")]
    assert times == sorted(times)
    assert "liveShard" not in row, "an ended session must leave the reaper's index"


async def test_the_same_client_token_twice_is_one_session(house: House) -> None:
    await house.until_free(POOL, 1, 30)
    token = secrets.token_hex(8)
    async with house.viewer("eva") as who:
        first = await who.request(POOL, token)
        second = await who.request(POOL, token)
        assert (first.status, second.status) == (201, 200)
        assert second.body["sessionId"] == first.body["sessionId"]
        assert second.body["slot"] == first.body["slot"]
        assert second.body["ticket"]["ticket"] != first.body["ticket"]["ticket"]


async def test_a_second_session_of_a_viewer_is_refused_and_names_the_first(house: House) -> None:
    await house.until_free(POOL, 1, 30)
    async with house.viewer("finn") as who:
        first = await who.request(POOL)
        session = dict(who.session)
        answer = await who.api.call("POST", "/sessions", {"applicationId": POOL, "clientToken": "other"})
        assert first.status == 201
        assert (answer.status, answer.body["sessionId"]) == (409, session["sessionId"])
        assert answer.body["type"].endswith("/viewer-limit")


async def test_no_answer_ever_shows_a_task_token_or_a_ticket_hash(house: House) -> None:
    await house.until_free(POOL, 1, 30)
    async with house.viewer("gus") as who:
        await connected(who)
        secret = house.session_row(who.session_id)["taskToken"]
        answers = json.dumps(
            [await who.view(), (await who.api.call("GET", "/sessions")).body, who.channel and who.channel.welcome]
        )
        assert secret
        assert secret not in answers
        assert "taskToken" not in answers
