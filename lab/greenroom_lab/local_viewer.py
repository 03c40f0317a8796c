"""The headless viewer on the platform that runs here: where it goes in, and its media on loopback."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import aioice.ice
from aiohttp import ClientSession
from greenroom_viewer import viewer as headless
from greenroom_viewer.addresses import Addresses
from greenroom_viewer.sign_in import HostedClient, Tokens, sign_in

from greenroom_lab.local_file import LocalPlatform

# aioice skips loopback, and here everything is on it.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"] if use_ipv4 else []


def addresses_of(platform: LocalPlatform) -> Addresses:
    """This platform's doors, and the page's user-pool client."""
    client = HostedClient.at(platform.login_url, platform.client_id, platform.web_url)
    return Addresses(platform.api_url, platform.socket_url, client)


def viewer(platform: LocalPlatform, user: str, password: str) -> AbstractAsyncContextManager[headless.Viewer]:
    """A signed-in viewer of this platform. Raises: SignInRefused."""
    return headless.viewer(addresses_of(platform), user, password)


async def tokens_of(platform: LocalPlatform, user: str, password: str) -> Tokens:
    """Raises: SignInRefused."""
    async with ClientSession() as http:
        return await sign_in(http, addresses_of(platform).sign_in, user, password)
