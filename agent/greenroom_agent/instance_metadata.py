"""The instance metadata service, version 2 (IMDSv2)."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

log = logging.getLogger(__name__)

TOKEN_TTL_S = 21_600
TOKEN_RENEWAL_S = TOKEN_TTL_S / 2
TIMEOUT = aiohttp.ClientTimeout(total=2)


@dataclass(frozen=True, slots=True)
class Addresses:
    """What an instance knows of itself; each may be absent (no public address, no metadata service)."""

    instance_id: str | None
    private_ip: str | None
    public_ip: str | None


class InstanceMetadata:
    """Reads metadata with a session token, as hop limit 1 and IMDSv2 demand."""

    def __init__(self, http: aiohttp.ClientSession, endpoint: str, clock: Callable[[], float]) -> None:
        self._http = http
        self._base = f"{endpoint}/latest"
        self._clock = clock
        self._token = ""
        self._token_until_s = float("-inf")

    async def addresses(self) -> Addresses:
        """The instance's id and addresses; all absent when nothing answers."""
        names = ("instance-id", "local-ipv4", "public-ipv4")
        try:
            instance_id, private_ip, public_ip = [await self._read(name) for name in names]
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("no instance metadata: %s", type(error).__name__)
            return Addresses(None, None, None)
        return Addresses(instance_id, private_ip, public_ip)

    async def interruption(self) -> str | None:
        """The Spot notice (`terminate at …`) or the rebalance recommendation; None while there is neither."""
        notice = await self._read("spot/instance-action")
        if notice is not None:
            body = _object(notice)
            return f"{body.get('action', 'interruption')} at {body.get('time', 'an unknown time')}"
        recommendation = await self._read("events/recommendations/rebalance")
        if recommendation is not None:
            return f"rebalance recommended at {_object(recommendation).get('noticeTime', 'an unknown time')}"
        return None

    async def _read(self, name: str) -> str | None:
        """One value; None when the service knows none (404).

        Raises: aiohttp.ClientError, TimeoutError when the service does not answer.
        """
        headers = {"X-aws-ec2-metadata-token": await self._current_token()}
        async with self._http.get(f"{self._base}/meta-data/{name}", headers=headers, timeout=TIMEOUT) as answer:
            if answer.status == 404:
                return None
            if answer.status == 401:
                self._token_until_s = float("-inf")
            answer.raise_for_status()
            return (await answer.text()).strip() or None

    async def _current_token(self) -> str:
        if self._clock() >= self._token_until_s:
            headers = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_TTL_S)}
            async with self._http.put(f"{self._base}/api/token", headers=headers, timeout=TIMEOUT) as answer:
                answer.raise_for_status()
                self._token = await answer.text()
            self._token_until_s = self._clock() + TOKEN_RENEWAL_S
        return self._token


async def watch_interruption(
    metadata: InstanceMetadata, on_notice: Callable[[str], None], pause_s: float = 5.0
) -> None:
    """Calls on_notice once for each new notice. Source: EC2 guide, "check for it every 5 seconds"."""
    known: str | None = None
    while True:
        try:
            notice = await metadata.interruption()
        except (aiohttp.ClientError, TimeoutError):
            notice = known  # a metadata service that does not answer says nothing about Spot
        if notice is not None and notice != known:
            on_notice(notice)
        known = notice
        await asyncio.sleep(pause_s)


def _object(text: str) -> dict[str, str]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
