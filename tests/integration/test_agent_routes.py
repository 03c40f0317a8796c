"""The agent's door believes signatures, never bodies."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import ClientSession
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from tests.integration.house import House

POOL = "signed"


@pytest.fixture(scope="module", autouse=True)
def stage(house: House) -> Iterator[None]:
    with house.standing(POOL, slots=1, pool=(2, 0, 2)):
        yield


def instances_of(house: House) -> list[dict[str, Any]]:
    rows = [row for row in house.rows("Fleet") if row["pk"].startswith("INSTANCE#") and row["sk"] == "META"]
    return [row for row in rows if row["poolId"] == POOL and row["state"] == "Ready"]


def credentials_of(house: House, instance_id: str) -> Credentials:
    given = house.engine_control("POST", f"ec2/instances/{instance_id}/credentials")
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["Token"])


async def call(house: House, who: Credentials | None, path: str, body: dict[str, Any], tamper: bool = False) -> int:
    """The status of one call, signed by `who` (None: not at all)."""
    address = f"{house.outputs['ApiUrl']}{path}"
    content = json.dumps(body).encode()
    request = AWSRequest("POST", address, data=content, headers={"Content-Type": "application/json"})
    if who:
        SigV4Auth(who, "execute-api", house.local.region).add_auth(request)
    if tamper:
        content += b" "
    async with ClientSession() as http:
        headers = dict(request.headers.items())
        async with http.post(URL(address, encoded=True), data=content, headers=headers) as answer:
            return answer.status


async def test_unsigned_tampered_and_unauthorised_calls_are_refused(house: House) -> None:
    instance = instances_of(house)[0]
    mine = credentials_of(house, instance["instanceId"])
    body = {"bootNonce": instance["bootNonce"], "slots": []}
    assert await call(house, None, "/agent/heartbeat", body) == 403
    assert await call(house, mine, "/agent/heartbeat", body, tamper=True) == 403
    stranger = Credentials("ASIA" + "X" * 16, secrets.token_urlsafe(30), "token")
    assert await call(house, stranger, "/agent/heartbeat", body) == 403
    # Known to AWS, but its role may not call this door.
    keys = house.client("iam")
    keys.create_user(UserName="nobody")
    pair = keys.create_access_key(UserName="nobody")["AccessKey"]
    nobody = Credentials(pair["AccessKeyId"], pair["SecretAccessKey"])
    assert await call(house, nobody, "/agent/heartbeat", body) == 403
    assert await call(house, mine, "/sessions", {"applicationId": POOL, "clientToken": "x"}) in (401, 403)


async def test_another_role_of_the_account_does_not_become_an_instance_by_the_name_of_its_session(house: House) -> None:
    """Whoever assumes a role chooses the session's name; this role may even call the door."""
    instance = instances_of(house)[0]
    keys, trust = house.client("iam"), {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    role = keys.create_role(RoleName="deployer", AssumeRolePolicyDocument=_policy(trust))["Role"]
    keys.put_role_policy(RoleName="deployer", PolicyName="invoke", PolicyDocument=_policy(rights))
    given = house.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName=instance["instanceId"])["Credentials"]
    posing = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    body = {"bootNonce": secrets.token_hex(16), "slotCount": 1}
    assert await call(house, posing, "/agent/register", body) == 403
    assert house.row("Fleet", f"INSTANCE#{instance['instanceId']}")["bootNonce"] == instance["bootNonce"]
    heartbeat = {"bootNonce": instance["bootNonce"], "slots": []}
    assert await call(house, posing, "/agent/heartbeat", heartbeat) == 403
    assert await call(house, credentials_of(house, instance["instanceId"]), "/agent/heartbeat", heartbeat) == 200


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


async def test_a_body_that_names_another_instance_changes_nothing_there(house: House) -> None:
    mine, other = (row["instanceId"] for row in instances_of(house)[:2])
    nonce = house.row("Fleet", f"INSTANCE#{mine}")["bootNonce"]
    before = house.row("Fleet", f"INSTANCE#{other}", "SLOT#001")
    body = {
        "bootNonce": nonce,
        "instanceId": other,
        "slotId": f"{other}.1",
        "epoch": int(before["epoch"]),
        "event": "exited",
        "sessionId": None,
        "joinNumber": 0,
        "detail": "stolen",
    }
    status = await call(house, credentials_of(house, mine), "/agent/slot-events", body)
    assert status in (400, 403, 404, 409)
    assert house.row("Fleet", f"INSTANCE#{other}", "SLOT#001") == before


async def test_an_older_boot_is_told_to_stop(house: House) -> None:
    instance = instances_of(house)[0]
    body = {"bootNonce": secrets.token_hex(16), "slots": []}
    assert await call(house, credentials_of(house, instance["instanceId"]), "/agent/heartbeat", body) == 409


async def test_an_instance_that_nobody_launched_is_not_let_in(house: House) -> None:
    """Same role, but an instance id that no launch of this stack explains."""
    ec2 = house.client("ec2")
    template = {"LaunchTemplateId": house.outputs["LaunchTemplateId"], "Version": "$Latest"}
    fleet = ec2.create_fleet(
        Type="instant",
        LaunchTemplateConfigs=[
            {"LaunchTemplateSpecification": template,
             "Overrides": [{"InstanceType": "g5.xlarge", "SubnetId": house.outputs["SubnetIds"].split(",")[0]}]}
        ],
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "greenroom:stack", "Value": "another"}]}],
    )  # fmt: skip
    instance_id = fleet["Instances"][0]["InstanceIds"][0]
    try:
        body = {
            "bootNonce": secrets.token_hex(16),
            "slotCount": 1,
            "agentVersion": "1",
            "publicIp": None,
            "privateIp": None,
        }
        assert await call(house, credentials_of(house, instance_id), "/agent/register", body) == 403
        assert house.row("Fleet", f"INSTANCE#{instance_id}") == {}
    finally:
        ec2.terminate_instances(InstanceIds=[instance_id])
