"""IMDSv2 as the SDK and the agent meet it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from greenroom_lab.ec2.instance_metadata import InstanceFacts, InstanceMetadata, RoleCredentials

FACTS = InstanceFacts(
    "i-1", "g5.xlarge", "us-east-1b", "spot", "10.0.0.9", "203.0.113.7", "stage", {"greenroom:stack": "greenroom"}
)


async def vend() -> RoleCredentials:
    return RoleCredentials("ASIAEXAMPLE", "secret", "token", "2030-01-01T00:00:00Z")


@pytest.fixture
async def metadata() -> AsyncIterator[InstanceMetadata]:
    service = InstanceMetadata(FACTS, vend)
    await service.start()
    yield service
    await service.stop()


async def token_of(http: ClientSession, url: str) -> dict[str, str]:
    async with http.put(f"{url}/latest/api/token", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}) as answer:
        return {"X-aws-ec2-metadata-token": await answer.text()}


async def test_without_a_token_nothing_is_told(metadata: InstanceMetadata) -> None:
    async with ClientSession() as http:
        async with http.get(f"{metadata.url}/latest/meta-data/instance-id") as answer:
            assert answer.status == 401
        stale = {"X-aws-ec2-metadata-token": "made-up"}
        async with http.get(f"{metadata.url}/latest/meta-data/instance-id", headers=stale) as answer:
            assert answer.status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 400), ({"X-aws-ec2-metadata-token-ttl-seconds": "0"}, 400), ({"X-Forwarded-For": "1.2.3.4"}, 403)],
)
async def test_a_token_needs_a_lifetime_and_no_proxy(
    metadata: InstanceMetadata, headers: dict[str, str], status: int
) -> None:
    async with ClientSession() as http:
        async with http.put(f"{metadata.url}/latest/api/token", headers=headers) as answer:
            assert answer.status == status


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("instance-id", "i-1"),
        ("placement/region", "us-east-1"),
        ("instance-life-cycle", "spot"),
        ("iam/security-credentials/", "stage"),
        ("tags/instance/greenroom:stack", "greenroom"),
    ],
)
async def test_a_machine_knows_itself(metadata: InstanceMetadata, path: str, text: str) -> None:
    async with ClientSession() as http:
        headers = await token_of(http, metadata.url)
        async with http.get(f"{metadata.url}/latest/meta-data/{path}", headers=headers) as answer:
            assert (answer.status, await answer.text()) == (200, text)


async def test_a_spot_notice_appears_when_there_is_one(metadata: InstanceMetadata) -> None:
    async with ClientSession() as http:
        headers = await token_of(http, metadata.url)
        address = f"{metadata.url}/latest/meta-data/spot/instance-action"
        async with http.get(address, headers=headers) as answer:
            assert answer.status == 404
        metadata.facts.spot_action = {"action": "terminate", "time": "2026-01-31T12:00:00Z"}
        try:
            async with http.get(address, headers=headers) as answer:
                assert (await answer.json(content_type=None))["action"] == "terminate"
        finally:
            metadata.facts.spot_action = None


async def test_the_sdk_finds_its_credentials_there(metadata: InstanceMetadata, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from botocore.session import Session

    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    found = await asyncio.to_thread(lambda: Session().get_credentials().get_frozen_credentials())
    assert (found.access_key, found.token) == ("ASIAEXAMPLE", "token")
