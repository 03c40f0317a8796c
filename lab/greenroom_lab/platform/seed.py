"""What a fresh stack needs before anyone can press Play: people, groups, the demo application and its pool."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession
from greenroom_viewer.api import Api
from greenroom_viewer.sign_in import HostedClient, sign_in

TENANT_GROUP = "tenant-demo"
VIEWERS = "viewers"
OPERATORS = "operators"

_LIMITS: dict[str, int] = {
    "connectionTimeout_s": 60,
    "reconnectWindow_s": 60,
    "maximumSession_s": 3600,
    "resetTimeout_s": 30,
}

DEMO_APPLICATION: dict[str, Any] = {
    "name": "Greenroom demo",
    "kind": "demo",
    "command": ["python", "-m", "greenroom_agent.demo", "--url", "{streamerUrl}"],
    "slotsPerInstance": 1,
    "poolId": "demo",
    "limits": _LIMITS,
}
DEMO_POOL: dict[str, Any] = {
    "applicationId": "demo",
    "policy": {"alwaysOn": 1, "targetIdle": 1, "maximum": 4},
    "instanceTypes": ["g5.xlarge", "g6.xlarge", "g4dn.xlarge"],
    "markets": ["spot", "on-demand"],
}


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who can sign in."""

    user: str
    password: str
    groups: tuple[str, ...]


def new_person(user: str, *groups: str) -> Person:
    """With a fresh password that the pool's policy accepts."""
    return Person(user, f"Gr{secrets.token_hex(6)}7", groups)


def add_person(cognito: Any, pool_id: str, person: Person) -> None:
    """Create the person and the groups; doing it again sets the password anew. `cognito` is a cognito-idp client."""
    for group in person.groups:
        with suppress(cognito.exceptions.GroupExistsException):
            cognito.create_group(UserPoolId=pool_id, GroupName=group)
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=person.user,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": f"{person.user}@example.com"},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=person.user, Password=person.password, Permanent=True)
    for group in person.groups:
        cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=person.user, GroupName=group)


async def configure(
    api_url: str,
    client: HostedClient,
    operator: Person,
    application_id: str,
    application: dict[str, Any],
    pool: dict[str, Any],
) -> None:
    """As the operator would, through the HTTP API. Raises: UnexpectedAnswer."""
    async with ClientSession() as http:
        tokens = await sign_in(http, client, operator.user, operator.password)
        api = Api(http, api_url, tokens.access_token)
        await api.must("PUT", f"/applications/{application_id}", application)
        await api.must("PUT", f"/pools/{application['poolId']}", pool)
