"""The one origin: pages, `/config.json`, `/api/*` and `/socket`, as CloudFront serves them on AWS. No CORS anywhere."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web
from aiohttp.client_exceptions import ClientError

from greenroom_lab.platform.socket_faults import NoFaults, SocketFaults
from greenroom_lab.platform.socket_proxy import proxy_socket
from greenroom_lab.platform.web_headers import security_headers

LARGEST_BODY_BYTES = 256 * 1024
_PASSED_REQUEST_HEADERS = ("Authorization", "Content-Type", "Accept", "User-Agent")
_PASSED_RESPONSE_HEADERS = ("Content-Type", "Retry-After", "WWW-Authenticate")


@dataclass(frozen=True, slots=True)
class OriginSettings:
    """Where everything behind the origin is. `config` is served as `/config.json`."""

    page: Path
    http_api: str  # no trailing slash; /api/sessions becomes <http_api>/sessions
    socket: str  # ws address without a query
    login: str  # origin of the sign-in pages, for the content security policy
    config: dict[str, Any]


class PortTaken(Exception):
    """The web port belongs to someone else."""


def reserve_port(port: int) -> socket.socket:
    """A bound socket that listens later: nobody can take the port meanwhile. 0: any free one. Raises: PortTaken."""
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind(("127.0.0.1", port))
    except OSError as error:
        reserved.close()
        raise PortTaken(f"port {port} (the page) is taken: stop what uses it, or choose another with --port") from error
    return reserved


class WebOrigin:
    """Start it, stop it; `faults` holds for sockets that are opened after it was set."""

    def __init__(self, settings: OriginSettings, reserved: socket.socket) -> None:
        self._settings = settings
        self._reserved = reserved
        self._headers: dict[str, str] = {}
        self._runner: web.AppRunner | None = None
        self._client: ClientSession | None = None
        self.faults: SocketFaults = NoFaults()
        self.url = f"http://127.0.0.1:{reserved.getsockname()[1]}"

    async def start(self) -> None:
        self._headers = security_headers(self.url.replace("http", "ws", 1), self._settings.login)
        self._client = ClientSession(timeout=ClientTimeout(total=35), auto_decompress=True)
        app = web.Application(client_max_size=LARGEST_BODY_BYTES, middlewares=[self._harden])
        app.router.add_get("/config.json", self._serve_config)
        app.router.add_get("/socket", self._serve_socket)
        app.router.add_route("*", "/api/{path:.*}", self._serve_api)
        app.router.add_get("/{path:.*}", self._serve_page)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.SockSite(self._runner, self._reserved).start()

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None
        if self._client:
            await self._client.close()
            self._client = None

    @web.middleware
    async def _harden(self, request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as answer:
            answer.headers.update(self._headers)
            raise
        if not response.prepared:
            response.headers.update(self._headers)
        return response

    async def _serve_config(self, request: web.Request) -> web.Response:
        return web.json_response(self._settings.config, headers={"Cache-Control": "no-store"})

    async def _serve_socket(self, request: web.Request) -> web.StreamResponse:
        assert self._client is not None
        return await proxy_socket(request, self._client, self._settings.socket, self.faults)

    async def _serve_api(self, request: web.Request) -> web.Response:
        """A fault behind the origin is a 502 in words, not a stack trace."""
        assert self._client is not None
        query = f"?{request.query_string}" if request.query_string else ""
        address = f"{self._settings.http_api}/{request.match_info['path']}{query}"
        headers = {name: request.headers[name] for name in _PASSED_REQUEST_HEADERS if name in request.headers}
        body = await request.read()
        try:
            async with self._client.request(
                request.method, address, headers=headers, data=body or None, allow_redirects=False
            ) as answer:
                passed = {name: answer.headers[name] for name in _PASSED_RESPONSE_HEADERS if name in answer.headers}
                return web.Response(
                    status=answer.status, body=await answer.read(), headers={**passed, "Cache-Control": "no-store"}
                )
        except (ClientError, OSError, TimeoutError) as error:
            problem = {
                "type": "about:blank",
                "title": "Bad gateway",
                "status": 502,
                "detail": "the API does not answer",
            }
            return web.json_response(
                {**problem, "cause": type(error).__name__}, status=502, content_type="application/problem+json"
            )

    async def _serve_page(self, request: web.Request) -> web.StreamResponse:
        # The sign-in returns to the one address that the client names: localhost would be another origin.
        if request.host.startswith("localhost:"):
            raise web.HTTPFound(f"{self.url}{request.rel_url}")
        wanted = (self._settings.page / request.match_info["path"]).resolve()
        if not wanted.is_relative_to(self._settings.page.resolve()):
            raise web.HTTPNotFound()
        if wanted.joinpath("index.html").is_file():
            wanted /= "index.html"  # a page in a folder is found at the folder's address, as it is published
        if not wanted.is_file():
            # A path without a suffix is a view of the page.
            wanted = self._settings.page / "index.html"
            if "." in request.match_info["path"] or not wanted.is_file():
                raise web.HTTPNotFound(text="not found\n")
        lasting = "assets" in wanted.parts  # named by content hash
        return web.FileResponse(
            wanted, headers={"Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache"}
        )
