"""Sign in as a browser does: code + PKCE through Cognito's hosted page, over plain HTTP.

So the user-pool client needs no authentication flow that only tests would use.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from aiohttp import ClientSession


class SignInRefused(Exception):
    """The hosted page or the token endpoint said no; the message says what it said."""


@dataclass(frozen=True, slots=True)
class HostedClient:
    """A user-pool client and the pages that sign its users in."""

    authorization_endpoint: str
    token_endpoint: str
    client_id: str
    redirect_uri: str
    scope: str = "openid"

    @classmethod
    def at(cls, login_url: str, client_id: str, web_url: str) -> HostedClient:
        """The page's own client, at the address of a user pool's hosted pages."""
        return cls(f"{login_url}/oauth2/authorize", f"{login_url}/oauth2/token", client_id, f"{web_url}/")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave. Not shown when printed."""

    access_token: str
    id_token: str
    refresh_token: str

    def __repr__(self) -> str:
        return "Tokens(…)"


async def sign_in(http: ClientSession, client: HostedClient, user: str, password: str) -> Tokens:
    """Raises: SignInRefused."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    state = secrets.token_urlsafe(16)
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    async with http.get(f"{client.authorization_endpoint}?{urlencode(query)}") as page:
        address, fields = _form(await page.text(), str(page.url))
    async with http.post(
        address, data={**fields, "username": user, "password": password}, allow_redirects=False
    ) as answer:
        code = _code(answer.headers.get("Location", ""), state, answer.status)
    return await _exchange(http, client, code, verifier)


def _form(page: str, page_address: str) -> tuple[str, dict[str, str]]:
    """Where the page's form goes, and its hidden fields."""
    action = re.search(r"<form[^>]*\baction=[\"']([^\"']*)", page)
    if action is None:
        raise SignInRefused("the sign-in page has no form")
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r"([a-zA-Z_-]+)=[\"']([^\"']*)[\"']", tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            fields[attributes["name"]] = html.unescape(attributes.get("value", ""))
    return urljoin(page_address, html.unescape(action.group(1))), fields


def _code(location: str, state: str, status: int) -> str:
    answer = parse_qs(urlsplit(location).query)
    if answer.get("state") != [state] or "code" not in answer:
        raise SignInRefused(f"the sign-in page answered {status} without a code: wrong user or password?")
    return answer["code"][0]


async def _exchange(http: ClientSession, client: HostedClient, code: str, verifier: str) -> Tokens:
    grant = {
        "grant_type": "authorization_code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "code": code,
        "code_verifier": verifier,
    }
    async with http.post(client.token_endpoint, data=grant) as answer:
        if answer.status != 200:
            raise SignInRefused(f"the token endpoint answered {answer.status}")
        body = await answer.json(content_type=None)
    return Tokens(body["access_token"], body["id_token"], body.get("refresh_token", ""))
