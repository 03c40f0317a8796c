"""The null application: a streamer without video, so small that hundreds of them fit on two cores.

It identifies itself to the agent. When a player (a viewer's page) is connected, the null application reports at once
that the peer is connected, and sends an offer without media. So a headless viewer can do everything (ticket, socket,
join, relayed offer, leave) without video. The report also says that there is no media, because without a peer
connection the null application cannot notice that the viewer disconnects. The null application ends when its connection
to the agent closes.

The module uses blocking sockets and little of the standard library: asyncio alone would double the memory and the start
time.
"""

import json
import os
import socket
import sys
from binascii import b2a_base64
from io import BufferedReader
from typing import Any

EMPTY_OFFER = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=greenroom-null\r\nt=0 0\r\n"
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


class EndpointClosed(Exception):
    """Raised when the agent has closed or refused the connection."""


class SmallSocket:
    """A minimal WebSocket client for the streamer endpoint: unfragmented text frames only. Source: RFC 6455."""

    def __init__(self, connection: socket.socket, reader: BufferedReader) -> None:
        self._connection = connection
        self._reader = reader

    def receive(self) -> str:
        """Waits for the next text message and returns it. Raises: EndpointClosed, OSError."""
        while True:
            code, content = self._frame()
            if code == TEXT:
                return content.decode()
            if code == PING:
                self._send(PONG, content)
            elif code == CLOSE:
                raise EndpointClosed

    def send(self, text: str) -> None:
        """Sends a text message. Raises: OSError."""
        self._send(TEXT, text.encode())

    def _frame(self) -> tuple[int, bytes]:
        first, second = self._exactly(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
        return first & 0x0F, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        content = self._reader.read(size)
        if len(content) < size:
            raise EndpointClosed
        return content

    def _send(self, code: int, content: bytes) -> None:
        size = len(content)
        if size < 126:
            head = bytes([0x80 | code, 0x80 | size])
        else:
            head = bytes([0x80 | code, 0x80 | 126]) + size.to_bytes(2, "big")
        # A client must mask its frames. A mask of zeros is enough here: there is no proxy on loopback to protect.
        self._connection.sendall(head + bytes(4) + content)


def connect(url: str) -> SmallSocket:
    """Connects to `ws://host:port/path`. Raises: OSError, EndpointClosed when the endpoint refuses the connection."""
    place, _, path = url.removeprefix("ws://").partition("/")
    address, _, port = place.partition(":")
    connection = socket.create_connection((address, int(port)))
    key = b2a_base64(os.urandom(16), newline=False).decode()
    request = (
        f"GET /{path} HTTP/1.1\r\nHost: {place}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    connection.sendall(request.encode())
    reader = connection.makefile("rb")
    status = reader.readline()
    while reader.readline().strip():
        pass  # the headers are not needed
    if b" 101 " not in status:
        raise EndpointClosed
    return SmallSocket(connection, reader)


def answers(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the null application's answers to a message from the agent; often there is none."""
    if message.get("type") == "identify":
        return [{"type": "endpointId", "id": "null", "protocolVersion": "1.3.0"}]
    if message.get("type") == "playerConnected":
        player = {"playerId": message.get("playerId")}
        return [
            {"type": "offer", "sdp": EMPTY_OFFER, **player},
            {"type": "greenroomPeer", "state": "connected", "media": False, **player},
        ]
    return []


def serve(url: str) -> None:
    """Connects to the streamer endpoint and answers messages until the agent closes the connection."""
    try:
        endpoint = connect(url)
        while True:
            for answer in answers(json.loads(endpoint.receive())):
                endpoint.send(json.dumps(answer))
    except (EndpointClosed, OSError):
        return


def main(arguments: list[str]) -> None:
    """Runs the null application. Reads `--url ws://127.0.0.1:<port>` and ignores other arguments."""
    serve(arguments[arguments.index("--url") + 1])


if __name__ == "__main__":
    main(sys.argv[1:])
