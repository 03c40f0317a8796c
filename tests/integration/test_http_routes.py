"""Who may call what, and what a wrong call is told. Nothing a stranger sends writes a row."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from aiohttp import ClientSession
from greenroom_lab.local_viewer import tokens_of
from greenroom_viewer.api import Api

from tests.integration.house import House

POOL = "doors"


@pytest.fixture(scope="module", autouse=True)
def application(house: House) -> None:
    """An application without capacity: whoever gets in is queued."""
    house.thread.call(house.application(POOL, "null", 1))
    house.thread.call(house.pool(POOL, 0, 0, 0))


def part(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    parsed: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return parsed


def encode(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def token_of(house: House, name: str) -> str:
    person = house.person(name)
    return (await tokens_of(house.local, person.user, person.password)).access_token


async def bad_tokens(house: House) -> dict[str, str | None]:
    """Name → token (None: no header at all)."""
    person = house.person("mallory")
    tokens = await tokens_of(house.local, person.user, person.password)
    header, claims, signature = tokens.access_token.split(".")
    foreign = {**part(tokens.access_token, 1), "iss": "https://example.com/pool"}
    expired = {**part(tokens.access_token, 1), "exp": 1}
    none = encode({"alg": "none", "typ": "JWT"})
    return {
        "none at all": None,
        "not a token": "abcd",
        "empty": "",
        "signature changed": f"{header}.{claims}.{signature[:-4]}AAAA",
        "of another issuer": f"{header}.{encode(foreign)}.{signature}",
        "expired": f"{header}.{encode(expired)}.{signature}",
        "alg none": f"{none}.{claims}.",
        "id token": tokens.id_token,
    }


def launch_rows(house: House) -> set[tuple[str, str]]:
    """What a launch writes; connections and tickets of earlier tests come and go beside it."""
    kinds = ("SESSION#", "VIEWER#", "LINE#")
    return {(row["pk"], row["sk"]) for row in house.rows("Sessions") if row["pk"].startswith(kinds)}


async def test_a_token_that_is_not_ours_is_refused_and_writes_nothing(house: House) -> None:
    tokens = await bad_tokens(house)
    before = launch_rows(house)
    statuses = {}
    async with ClientSession() as http:
        for name, token in tokens.items():
            api = Api(http, house.local.api_url, token)
            body = {"applicationId": POOL, "clientToken": "x"}
            statuses[name] = (await api.call("POST", "/sessions", body)).status
    print(statuses)
    assert statuses["none at all"] == 401
    assert set(statuses.values()) <= {401, 403}
    assert launch_rows(house) <= before


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/applications/demo"), ("PUT", "/pools/demo"), ("GET", "/pools/demo"), ("POST", "/events")],
)
async def test_a_viewer_may_not_do_what_operators_do(house: House, method: str, path: str) -> None:
    async with ClientSession() as http:
        answer = await Api(http, house.local.api_url, await token_of(house, "vera")).call(method, path, {})
    assert answer.status == 403


async def test_someone_elses_session_is_not_found(house: House) -> None:
    async with house.viewer("olaf") as who:
        await who.request(POOL)
        async with ClientSession() as http:
            stranger = Api(http, house.local.api_url, await token_of(house, "vera"))
            path = f"/sessions/{who.session_id}"
            statuses = [
                (await stranger.call("GET", path)).status,
                (await stranger.call("DELETE", path)).status,
                (await stranger.call("POST", f"{path}/ticket", {})).status,
            ]
        assert statuses == [404, 404, 404]
        assert (await who.view())["state"] == "Queued"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"clientToken": "a"}, "applicationId"),
        ({"applicationId": 7, "clientToken": "a"}, "applicationId"),
        ({"applicationId": POOL}, "clientToken"),
        ({"applicationId": POOL, "clientToken": "white space"}, "clientToken"),
        ({"applicationId": POOL, "clientToken": "x" * 65}, "clientToken"),
    ],
)
async def test_a_malformed_body_is_answered_with_the_field(house: House, body: dict[str, Any], field: str) -> None:
    async with house.viewer("paul") as who:
        answer = await who.api.call("POST", "/sessions", body)
    assert (answer.status, answer.body.get("field")) == (400, field)
    assert answer.body["type"].endswith("/invalid-field")


async def test_an_unknown_application_is_not_found(house: House) -> None:
    async with house.viewer("paul") as who:
        answer = await who.api.call("POST", "/sessions", {"applicationId": "nothing", "clientToken": "a"})
    assert answer.status == 404


async def test_a_queued_viewer_may_leave_the_line(house: House) -> None:
    async with house.viewer("rita") as who:
        answer = await who.request(POOL)
        assert (answer.status, answer.body["state"], answer.body["slot"]) == (202, "Queued", None)
        assert answer.body["place"] >= 1
        await who.leave()
        view = await who.until("Ended", "Failed", timeout_s=10)
        assert view["statusReason"] in ("cancelled", "userLeft")
        assert (await who.leave())["state"] == view["state"], "leaving twice changes nothing"
