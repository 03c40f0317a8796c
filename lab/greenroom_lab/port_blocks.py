"""Blocks of ports for machines that share this computer's network with each other and with other platforms."""

from __future__ import annotations

import socket


class PortBlocks:
    """Hands out blocks of `each` ports from `first` on."""

    def __init__(self, first: int, each: int) -> None:
        self._first = first
        self._each = each
        self._taken: dict[int, socket.socket] = {}

    def take(self) -> int:
        """The first port of a block that no machine on this computer has, of this platform or another one."""
        port = self._first
        while port in self._taken or (claim := _held(port + self._each - 1)) is None:
            port += self._each
        self._taken[port] = claim
        return port

    def give_back(self, port: int) -> None:
        """Harmless twice."""
        if claim := self._taken.pop(port, None):
            claim.close()

    def give_back_all(self) -> None:
        for port in list(self._taken):
            self.give_back(port)


def _held(port: int) -> socket.socket | None:
    """The TCP port, bound and kept: how platforms tell each other that a block is taken (media there is UDP)."""
    claim = socket.socket()
    try:
        claim.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return None
    return claim
