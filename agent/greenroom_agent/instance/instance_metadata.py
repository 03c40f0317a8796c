"""Reads the EC2 instance metadata service, version 2 (IMDSv2)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from greenroom_agent.instance.notice import Ec2Notice, interruption_notice, rebalance_notice
from greenroom_agent.strict_json import MalformedText, read_object

log = logging.getLogger(__name__)

TOKEN_TTL_S = 21_600
TOKEN_RENEWAL_S = TOKEN_TTL_S / 2
TIMEOUT = aiohttp.ClientTimeout(total=2)
MAXIMUM_DOCUMENT = 16 * 1024
METADATA_FAULTS = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""The exceptions that reading may raise. ValueError: an answer is not text, or a token cannot be sent as a header."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The id and the IP addresses of this instance. A value that is not known, or does not exist, is None."""

    instance_id: str | None
    private_ip: str | None
    public_ip: str | None


class InstanceMetadata:
    """Reads metadata with a session token, which IMDSv2 requires. `endpoint`: the service's URL."""

    def __init__(self, http: aiohttp.ClientSession, endpoint: str, clock: Callable[[], float]) -> None:
        self._http = http
        self._base = f"{endpoint}/latest"
        self._clock = clock
        self._token = ""
        self._token_until_s = float("-inf")

    async def addresses(self) -> Addresses:
        """Returns the instance's id and addresses. All are None when the metadata service does not answer."""
        names = ("instance-id", "local-ipv4", "public-ipv4")
        try:
            instance_id, private_ip, public_ip = [await self._read(name) for name in names]
        except METADATA_FAULTS as error:
            log.warning("no instance metadata: %s", type(error).__name__)
            return Addresses(None, None, None)
        return Addresses(instance_id, private_ip, public_ip)

    async def notice(self) -> Ec2Notice | None:
        """Returns EC2's notice that this instance will or may be interrupted; None if there is no notice.

        If both a Spot interruption and a rebalance recommendation are announced, the interruption is returned.
        Raises: METADATA_FAULTS when the service does not answer as it should.
        """
        action = await self._read("spot/instance-action")
        if action is not None and (notice := interruption_notice(_object(action), datetime.now(UTC))) is not None:
            return notice
        recommendation = await self._read("events/recommendations/rebalance")
        return None if recommendation is None else rebalance_notice(_object(recommendation))

    async def _read(self, name: str) -> str | None:
        """Returns one metadata value; None when it does not exist (404) or is empty.

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


def _object(text: str) -> dict[str, object]:
    try:
        return read_object(text, MAXIMUM_DOCUMENT)
    except MalformedText:
        return {}
