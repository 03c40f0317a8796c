"""One simulated machine's metadata service (IMDSv2 on loopback), where the SDK looks for its address, role and fate.

Source: Amazon EC2 User Guide, "Use IMDS" and "Instance metadata categories". Version 1 requests are refused, as the
launch template demands of real instances.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN_HEADER = "X-aws-ec2-metadata-token"
TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
_LONGEST_TOKEN_S = 21_600


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """What STS gave for the instance's role; `expiration` as ISO 8601 UTC."""

    access_key_id: str
    secret_access_key: str
    token: str
    expiration: str


CredentialSource = Callable[[], Awaitable[RoleCredentials]]


@dataclass(slots=True)
class InstanceFacts:
    """What EC2 tells a machine about itself. The last two change when EC2 takes it away."""

    instance_id: str
    instance_type: str
    zone: str
    market: str  # "spot" or "on-demand"
    private_ip: str
    public_ip: str
    role_name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    spot_action: Mapping[str, str] | None = None
    rebalance_notice_time: str | None = None

    @property
    def region(self) -> str:
        return self.zone[:-1]


class InstanceMetadata:
    """Serves one machine's facts on a free loopback port."""

    def __init__(self, facts: InstanceFacts, credentials: CredentialSource) -> None:
        self.facts = facts
        self._credentials = credentials
        self._tokens: dict[str, float] = {}
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application(middlewares=[self._demand_token])
        app.router.add_put("/latest/api/token", self._issue_token)
        app.router.add_get("/latest/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _demand_token(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method != "PUT" and self._tokens.get(request.headers.get(TOKEN_HEADER, ""), 0) < time.monotonic():
            return web.Response(status=401, text="Unauthorized")
        response: web.StreamResponse = await handler(request)
        return response

    async def _issue_token(self, request: web.Request) -> web.Response:
        # A request that came through a proxy is refused: the defence of IMDSv2 against open proxies on the machine.
        if "X-Forwarded-For" in request.headers:
            return web.Response(status=403, text="Forbidden")
        wish = request.headers.get(TTL_HEADER, "")
        if not wish.isdigit() or not 1 <= int(wish) <= _LONGEST_TOKEN_S:
            return web.Response(status=400, text="Bad Request")
        token = secrets.token_urlsafe(40)
        self._tokens[token] = time.monotonic() + int(wish)
        return web.Response(text=token, headers={TTL_HEADER: wish})

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"].rstrip("/")
        if path == f"meta-data/iam/security-credentials/{self.facts.role_name}":
            return web.json_response(_credential_document(await self._credentials()))
        text = _documents(self.facts).get(path)
        return web.Response(text=text) if text is not None else web.Response(status=404, text="Not Found")


def _documents(facts: InstanceFacts) -> dict[str, str]:
    documents = {
        "meta-data/instance-id": facts.instance_id,
        "meta-data/instance-type": facts.instance_type,
        "meta-data/instance-life-cycle": facts.market,
        "meta-data/local-ipv4": facts.private_ip,
        "meta-data/public-ipv4": facts.public_ip,
        "meta-data/placement/availability-zone": facts.zone,
        "meta-data/placement/region": facts.region,
        "meta-data/iam/security-credentials": facts.role_name,
        "meta-data/tags/instance": "\n".join(sorted(facts.tags)),
        "dynamic/instance-identity/document": json.dumps(
            {"instanceId": facts.instance_id, "region": facts.region, "availabilityZone": facts.zone}
        ),
    }
    documents.update({f"meta-data/tags/instance/{key}": value for key, value in facts.tags.items()})
    if facts.spot_action:
        documents["meta-data/spot/instance-action"] = json.dumps(facts.spot_action)
    if facts.rebalance_notice_time:
        documents["meta-data/events/recommendations/rebalance"] = json.dumps(
            {"noticeTime": facts.rebalance_notice_time}
        )
    return documents


def _credential_document(credentials: RoleCredentials) -> dict[str, str]:
    return {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "LastUpdated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.token,
        "Expiration": credentials.expiration,
    }
