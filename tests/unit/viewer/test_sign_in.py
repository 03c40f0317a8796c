"""Code + PKCE against a fake hosted page that checks what Cognito checks."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from greenroom_viewer.sign_in import HostedClient, SignInRefused, sign_in

PAGE = """<form name="f" action="/login?x=1&amp;y=2" method="post">
<input type="hidden" name="_csrf" value="a&amp;b"/><input type='hidden' name='challenge' value='{challenge}'>
<input type="text" name="username"><input type="password" name="password"></form>"""


@pytest.fixture
async def client() -> AsyncIterator[HostedClient]:
    async def authorize(request: web.Request) -> web.Response:
        page = PAGE.format(challenge=request.query["code_challenge"] + " " + request.query["state"])
        return web.Response(text=page, content_type="text/html")

    async def login(request: web.Request) -> web.Response:
        form = await request.post()
        assert form["_csrf"] == "a&b"
        assert request.query["y"] == "2"
        challenge, state = str(form["challenge"]).split()
        if form["password"] != "right":
            return web.Response(text="<form action='/login'>wrong</form>", content_type="text/html")
        raise web.HTTPFound(f"http://127.0.0.1:1/?code={challenge}&state={state}")

    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        proof = (
            base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
        )
        if proof != form["code"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "access", "id_token": "id", "refresh_token": "refresh"})

    app = web.Application()
    app.router.add_get("/oauth2/authorize", authorize)
    app.router.add_post("/login", login)
    app.router.add_post("/oauth2/token", token)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield HostedClient(f"{base}/oauth2/authorize", f"{base}/oauth2/token", "client", "http://127.0.0.1:1/")
    await runner.cleanup()


async def test_the_right_password_brings_tokens_that_do_not_print(client: HostedClient) -> None:
    async with ClientSession() as http:
        tokens = await sign_in(http, client, "demo", "right")
    assert tokens.access_token == "access"
    assert "access" not in repr(tokens)


async def test_a_wrong_password_is_refused(client: HostedClient) -> None:
    async with ClientSession() as http:
        with pytest.raises(SignInRefused, match="password"):
            await sign_in(http, client, "demo", "wrong")
