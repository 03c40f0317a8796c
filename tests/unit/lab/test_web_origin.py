"""The one origin, before two fake APIs: what CloudFront and API Gateway would do, it does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError, web
from greenroom_lab.platform.socket_faults import FaultOnce, doubled, lost
from greenroom_lab.platform.web_origin import OriginSettings, PortTaken, WebOrigin, reserve_port

GUARDS = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy")


@dataclass
class Behind:
    """The APIs behind the origin, and the origin."""

    origin: WebOrigin
    seen: list[tuple[str, str, str | None, bytes]]


async def serve(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Behind]:
    seen: list[tuple[str, str, str | None, bytes]] = []

    async def api(request: web.Request) -> web.Response:
        seen.append((request.method, request.path_qs, request.headers.get("Authorization"), await request.read()))
        return web.json_response({"title": "no"}, status=404, headers={"X-Inner": "secret"})

    async def socket(request: web.Request) -> web.StreamResponse:
        if request.query.get("ticket") != "good":
            return web.Response(status=403)
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        async for message in connection:
            await connection.send_str(f"echo {message.data}")
        return connection

    app = web.Application()
    app.router.add_get("/ws/socket", socket)
    app.router.add_route("*", "/http/api/{path:.*}", api)
    runner, url = await serve(app)
    (tmp_path / "assets").mkdir()
    (tmp_path / "desk").mkdir()
    (tmp_path / "index.html").write_text("<h1>page</h1>")
    (tmp_path / "desk" / "index.html").write_text("<h1>desk</h1>")
    (tmp_path / "assets" / "a-1234.js").write_text("1")
    settings = OriginSettings(tmp_path, f"{url}/http/api", f"{url.replace('http', 'ws', 1)}/ws/socket", url, {"a": "b"})
    origin = WebOrigin(settings, reserve_port(0))
    await origin.start()
    yield Behind(origin, seen)
    await origin.stop()
    await runner.cleanup()


async def test_an_api_call_arrives_with_its_token_and_body_and_its_status_comes_back(behind: Behind) -> None:
    async with ClientSession() as http:
        headers = {"Authorization": "Bearer t", "Cookie": "x=y"}
        async with http.post(f"{behind.origin.url}/api/sessions/a?b=c", json={"k": 1}, headers=headers) as answer:
            assert (answer.status, await answer.json()) == (404, {"title": "no"})
            assert "X-Inner" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
    assert behind.seen == [("POST", "/http/api/sessions/a?b=c", "Bearer t", b'{"k": 1}')]


async def test_a_body_beyond_the_limit_is_refused_before_the_api_sees_it(behind: Behind) -> None:
    async with ClientSession() as http:
        async with http.post(f"{behind.origin.url}/api/sessions", data=b"x" * 300_000) as answer:
            assert answer.status == 413
    assert behind.seen == []


async def test_an_api_that_is_gone_is_a_502_in_words(tmp_path: Path) -> None:
    with reserve_port(0) as nobody:
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        origin = WebOrigin(OriginSettings(tmp_path, gone, gone.replace("http", "ws", 1), gone, {}), reserve_port(0))
        await origin.start()
        try:
            async with ClientSession() as http:
                async with http.get(f"{origin.url}/api/sessions") as answer:
                    assert answer.status == 502
                    assert (await answer.json(content_type=None))["detail"] == "the API does not answer"
                with pytest.raises(WSServerHandshakeError) as refused:
                    await http.ws_connect(f"{origin.url}/socket?ticket=good")
                assert refused.value.status == 502
        finally:
            await origin.stop()


@pytest.mark.parametrize(
    ("path", "status", "cache"),
    [
        ("/", 200, "no-cache"),
        ("/assets/a-1234.js", 200, "public, max-age=31536000, immutable"),
        ("/some/view", 200, "no-cache"),
        ("/assets/missing.js", 404, None),
        ("/%2e%2e/%2e%2e/etc/passwd", 404, None),
        ("/config.json", 200, "no-store"),
    ],
)
async def test_the_page_is_served_with_its_guards(behind: Behind, path: str, status: int, cache: str | None) -> None:
    from yarl import URL

    async with ClientSession() as http:
        async with http.get(URL(f"{behind.origin.url}{path}", encoded=True)) as answer:
            assert answer.status == status
            assert answer.headers.get("Cache-Control") == cache
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "title"),
    [("/", "page"), ("/desk", "desk"), ("/desk/", "desk"), ("/desk?a=b", "desk"), ("/desk/index.html", "desk")],
)
async def test_each_page_is_found_at_its_own_address_and_guarded_alike(behind: Behind, path: str, title: str) -> None:
    async with ClientSession() as http:
        async with http.get(f"{behind.origin.url}/") as answer:
            guards = {name: value for name, value in answer.headers.items() if name in GUARDS}
        async with http.get(f"{behind.origin.url}{path}", allow_redirects=False) as answer:
            assert (answer.status, await answer.text()) == (200, f"<h1>{title}</h1>")
            assert answer.content_type == "text/html"
            assert answer.headers["Cache-Control"] == "no-cache"
            assert {name: answer.headers[name] for name in GUARDS} == guards


async def test_localhost_is_sent_to_the_address_that_sign_in_returns_to(behind: Behind) -> None:
    async with ClientSession() as http:
        headers = {"Host": "localhost:8080"}
        async with http.get(f"{behind.origin.url}/?a=b", headers=headers, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, f"{behind.origin.url}/?a=b")


async def test_a_ticket_that_the_api_refuses_is_refused_with_its_status(behind: Behind) -> None:
    async with ClientSession() as http:
        with pytest.raises(WSServerHandshakeError) as refused:
            await http.ws_connect(f"{behind.origin.url}/socket?ticket=bad")
    assert refused.value.status == 403


async def test_frames_pass_both_ways_unless_a_fault_strikes(behind: Behind) -> None:
    async with ClientSession() as http:
        async with http.ws_connect(f"{behind.origin.url}/socket?ticket=good") as socket:
            await socket.send_str("1")
            assert await socket.receive_str() == "echo 1"
    frame = json.dumps({"kind": "frame"})
    behind.origin.faults = FaultOnce(up=doubled)
    async with ClientSession() as http:
        async with http.ws_connect(f"{behind.origin.url}/socket?ticket=good") as socket:
            await socket.send_str(frame)
            assert [await socket.receive_str(), await socket.receive_str()] == [f"echo {frame}"] * 2
    behind.origin.faults = FaultOnce(up=lost)
    async with ClientSession() as http:
        async with http.ws_connect(f"{behind.origin.url}/socket?ticket=good") as socket:
            await socket.send_str(frame)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.receive_str(), 0.2)


async def test_a_frame_over_32_kilobytes_closes_the_socket_as_api_gateway_does(behind: Behind) -> None:
    async with ClientSession() as http:
        async with http.ws_connect(f"{behind.origin.url}/socket?ticket=good") as socket:
            await socket.send_str("x" * 33_000)
            assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
            assert socket.close_code == 1009


def test_a_taken_port_is_one_clear_line() -> None:
    with reserve_port(0) as taken:
        taken.listen()
        with pytest.raises(PortTaken, match=r"port \d+ \(the page\) is taken"):
            reserve_port(taken.getsockname()[1])
