"""`/socket` of the web origin: passes WebSocket frames to the WebSocket API as CloudFront does, within its limits."""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, web
from aiohttp.client_exceptions import ClientError

from greenroom_lab.platform.socket_faults import Direction, SocketFaults

FRAME_LIMIT_BYTES = 32 * 1024
"""API Gateway closes a socket that sends a larger frame. Source: Amazon API Gateway quotas."""
_TOO_BIG = 1009

Socket = web.WebSocketResponse | ClientWebSocketResponse


async def proxy_socket(
    request: web.Request, client: ClientSession, socket_address: str, faults: SocketFaults
) -> web.StreamResponse:
    """The handshake is the API's to refuse: a ticket it does not take is answered with its own status."""
    try:
        upstream = await client.ws_connect(
            f"{socket_address}?{request.query_string}", max_msg_size=128 * 1024, autoping=True, autoclose=True
        )
    except WSServerHandshakeError as refused:
        return web.Response(status=refused.status if refused.status >= 400 else 502)
    except (ClientError, OSError, TimeoutError):
        return web.Response(status=502, text="the WebSocket API does not answer\n")
    async with upstream:
        page = web.WebSocketResponse(max_msg_size=FRAME_LIMIT_BYTES)
        await page.prepare(request)
        pumps = [
            asyncio.create_task(_pump(page, upstream, Direction.UP, faults)),
            asyncio.create_task(_pump(upstream, page, Direction.DOWN, faults)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            await page.close(code=_passable(upstream.close_code), message=b"")
    return page


async def _pump(source: Socket, target: Socket, direction: Direction, faults: SocketFaults) -> None:
    late: set[asyncio.Task[None]] = set()
    try:
        async for message in source:
            if message.type is not WSMsgType.TEXT:
                continue
            if direction is Direction.UP and len(message.data.encode()) > FRAME_LIMIT_BYTES:
                await source.close(code=_TOO_BIG)
                return
            for delivery in faults.deliver(direction, message.data):
                if delivery.after_s:
                    task = asyncio.create_task(_send_later(target, delivery.text, delivery.after_s))
                    late.add(task)
                    task.add_done_callback(late.discard)
                else:
                    await target.send_str(delivery.text)
    except (ConnectionError, ClientError):
        return
    finally:
        for task in late:
            task.cancel()


async def _send_later(target: Socket, text: str, after_s: float) -> None:
    await asyncio.sleep(after_s)
    if not target.closed:
        await target.send_str(text)


def _passable(code: int | None) -> int:
    """1005, 1006 and 1015 are words of the protocol that no close frame may carry."""
    return code if code and 1000 <= code < 5000 and code not in (1004, 1005, 1006, 1015) else 1001
