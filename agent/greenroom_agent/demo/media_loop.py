"""Binds the demo's media sockets to the slot's range of UDP ports and, on request, to the loopback address."""

import asyncio
import errno
import itertools
import random
from typing import Any

import aioice.ice


class MediaPortLoop(asyncio.SelectorEventLoop):
    """An event loop that binds UDP sockets to a port of the slot's range.

    aioice always asks for port 0 (any port), but the security group admits only the range. Sockets that ask for a
    certain port, or that have a fixed peer (TURN), are not changed.
    """

    def __init__(self, first: int, last: int) -> None:
        super().__init__()
        ports = list(range(first, last + 1))
        # Not always the first port: after a quick reset, late packets of the last player would reach the next one.
        start = random.randrange(len(ports))
        self._ports = itertools.cycle(ports[start:] + ports[:start])
        self._port_count = len(ports)

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Any, local_addr: Any = None, **options: Any
    ) -> Any:
        """Creates a UDP socket as the base class does, but instead of port 0 binds a free port of the slot's range.

        Raises: OSError (EADDRINUSE) when no port of the range is free.
        """
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
    """Makes aioice offer only the loopback address 127.0.0.1, which it leaves out by default. For local runs."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def notice_lost_peers_quickly() -> None:
    """Makes aioice notice a killed browser after 5 unanswered checks 2 s apart, instead of after 30 s.

    A killed browser does not close its connection.
    """
    aioice.ice.CONSENT_INTERVAL = 2
    aioice.ice.CONSENT_FAILURES = 5
