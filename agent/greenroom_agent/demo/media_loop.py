"""Where the demo's media sockets bind: a port range, and loopback alone when asked."""

import asyncio
import errno
import itertools
import random
from typing import Any

import aioice.ice


class MediaPortLoop(asyncio.SelectorEventLoop):
    """An event loop that gives UDP sockets a port of the slot's range.

    aioice asks for port 0 and offers no other way; the security group lets in the range only. What binds a port of its
    own choice, or has a fixed peer (TURN), is left alone.
    """

    def __init__(self, first: int, last: int) -> None:
        super().__init__()
        ports = list(range(first, last + 1))
        # Not always the first: after a quick reset late packets of the last player would hit the next one's socket.
        start = random.randrange(len(ports))
        self._ports = itertools.cycle(ports[start:] + ports[:start])
        self._port_count = len(ports)

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Any, local_addr: Any = None, **options: Any
    ) -> Any:
        """As the loop's own, but port 0 means a free one of the range."""
        if local_addr is None or local_addr[1] != 0 or options.get("remote_addr") is not None:
            return await super().create_datagram_endpoint(protocol_factory, local_addr=local_addr, **options)
        for port in itertools.islice(self._ports, self._port_count):
            try:
                address = (local_addr[0], port)
                return await super().create_datagram_endpoint(protocol_factory, local_addr=address, **options)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        raise OSError(errno.EADDRINUSE, "every media port of this slot is taken")


def bind_media_to_loopback() -> None:
    """aioice leaves loopback out of its host candidates; an all-local run wants nothing else."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def notice_lost_peers_quickly() -> None:
    """A browser that was killed says no goodbye: 5 unanswered checks, 2 s apart, instead of 30 s."""
    aioice.ice.CONSENT_INTERVAL = 2
    aioice.ice.CONSENT_FAILURES = 5
