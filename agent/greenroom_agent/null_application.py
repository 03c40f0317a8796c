"""The null application: a streamer without a picture, of the standard library alone, so that dozens fit on two cores.

It identifies itself, and whenever a player is connected it says at once that the peer is connected and sends an offer
without media: a headless viewer can go the whole way (ticket, socket, join, relayed offer, leave) without video. It
ends when its door closes: without its agent it has no purpose.
"""

import asyncio
import base64
import json
import os
import signal
import sys
from typing import Any
from urllib.parse import urlsplit

EMPTY_OFFER = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=greenroom-null\r\nt=0 0\r\n"
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


class DoorClosed(Exception):
    """The other side is gone."""


class SmallSocket:
    """A WebSocket client with just what the streamer door needs: text frames that come whole. Source: RFC 6455."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> str:
        """The next text. Raises: DoorClosed."""
        while True:
            code, content = await self._frame()
            if code == TEXT:
                return content.decode()
            if code == PING:
                self._send(PONG, content)
            elif code == CLOSE:
                raise DoorClosed

    def send(self, text: str) -> None:
        """Sends a text."""
        self._send(TEXT, text.encode())

    async def _frame(self) -> tuple[int, bytes]:
        try:
            first, second = await self._reader.readexactly(2)
            size = second & 0x7F
            if size >= 126:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
            return first & 0x0F, await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise DoorClosed from error

    def _send(self, code: int, content: bytes) -> None:
        size = len(content)
        if size < 126:
            head = bytes([0x80 | code, 0x80 | size])
        else:
            head = bytes([0x80 | code, 0x80 | 126]) + size.to_bytes(2, "big")
        # A client must mask; a mask of zeros changes nothing, and there is no proxy on loopback to protect.
        self._writer.write(head + bytes(4) + content)


async def connect(url: str) -> SmallSocket:
    """Opens the socket. Raises: OSError, DoorClosed when the door does not let us in."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET {address.path or '/'} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    writer.write(request.encode())
    try:
        answer = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise DoorClosed from error
    if b" 101 " not in answer.split(b"\r\n", 1)[0]:
        raise DoorClosed
    return SmallSocket(reader, writer)


def answers(message: dict[str, Any]) -> list[dict[str, Any]]:
    """What the null application says to a message of the door."""
    if message.get("type") == "identify":
        return [{"type": "endpointId", "id": "null", "protocolVersion": "1.3.0"}]
    if message.get("type") == "playerConnected":
        player = {"playerId": message.get("playerId")}
        return [
            {"type": "offer", "sdp": EMPTY_OFFER, **player},
            {"type": "greenroomPeer", "state": "connected", **player},
        ]
    return []


async def serve(url: str) -> None:
    """Plays its part until the door closes."""
    try:
        socket = await connect(url)
        while True:
            for answer in answers(json.loads(await socket.receive())):
                socket.send(json.dumps(answer))
    except (DoorClosed, OSError):
        return


def main(arguments: list[str]) -> None:
    """`--url ws://127.0.0.1:<port>`; whatever else a command says is of no interest here."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(serve(arguments[arguments.index("--url") + 1]))


if __name__ == "__main__":
    main(sys.argv[1:])
