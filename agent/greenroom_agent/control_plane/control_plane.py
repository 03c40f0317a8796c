"""The agent's calls to the control plane: signed HTTP requests, most of which are tried up to three times."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
import yarl
from botocore.exceptions import BotoCoreError

from greenroom_agent import AGENT_VERSION
from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.control_plane.api_messages import (
    HeartbeatAnswer,
    Registration,
    SlotTruth,
    SocketTicket,
    parse_heartbeat_answer,
    parse_registration,
    parse_slot_truth,
    parse_socket_ticket,
)
from greenroom_agent.control_plane.report import Report
from greenroom_agent.control_plane.request_signing import NoCredentials
from greenroom_agent.instance.instance_metadata import Addresses
from greenroom_agent.instance.notice import Ec2Notice
from greenroom_agent.strict_json import MalformedText, read_object

log = logging.getLogger(__name__)

TIMEOUT = aiohttp.ClientTimeout(total=8, connect=3)
FIRST_PAUSE_S = 0.2
LAST_PAUSE_S = 2.0
MAXIMUM_ANSWER_BYTES = 1 << 20


class Unavailable(Exception):
    """Raised when the control plane gives no answer, throttles or has a fault: trying again may help."""


class Outdated(Exception):
    """Raised for status 409: a newer agent runs on this instance, or the slot's epoch is newer than the event's.

    The epoch is the slot's fencing number, raised at each claim.
    """


class Refused(Exception):
    """Raised for other statuses from 300 to 499, such as 403, 404 or 400: the control plane rejects the request.

    For example, it may not know this instance.
    """


class Signer(Protocol):
    """Signs the agent's requests, so that the control plane can see which instance sent them."""

    async def headers(self, method: str, url: str, body: bytes) -> dict[str, str]:
        """Returns the HTTP headers that authorise a request, including the signature."""


@dataclass(frozen=True, slots=True)
class SlotReading:
    """What a heartbeat reports of one slot.

    `health`: starting, running or exited (the application process). `epoch`: the slot's fencing number, raised at each
    claim. `join_number`: the number of the session's newest page; 0 before a page has opened the session.
    """

    slot_id: str
    epoch: int
    health: str
    session_id: str | None
    join_number: int
    is_playing: bool


class ControlPlane:
    """Calls `<api_url>/agent/*` for one run of the agent, which the random text `boot_nonce` identifies.

    Every method raises Unavailable, Outdated or Refused when the call fails, and MalformedAnswer when a field of the
    answer is missing or invalid. `luck` returns random numbers in [0, 1).
    """

    def __init__(
        self, http: aiohttp.ClientSession, signer: Signer, api_url: str, boot_nonce: str, luck: Callable[[], float]
    ) -> None:
        self._http = http
        self._signer = signer
        self._api_url = api_url
        self._boot_nonce = boot_nonce
        self._luck = luck

    async def register(self, slot_count: int, addresses: Addresses) -> Registration:
        """Announces this run of the agent. Returns which application to run in which slots."""
        body = {
            "slotCount": slot_count,
            "agentVersion": AGENT_VERSION,
            "publicIp": addresses.public_ip,
            "privateIp": addresses.private_ip,
        }
        return parse_registration(await self._post("register", body))

    async def heartbeat(self, slots: Sequence[SlotReading], notice: Ec2Notice | None) -> HeartbeatAnswer:
        """Reports the state of all slots, which renews the lease: the time for which the slots may keep streaming.

        `notice`: EC2's announcement that this instance will or may be interrupted, if there is one. Returns the new
        length of the lease and the state of every slot. There is only one attempt, because the next heartbeat follows
        soon.
        """
        readings = [
            {
                "slotId": slot.slot_id,
                "epoch": slot.epoch,
                "health": slot.health,
                "sessionId": slot.session_id,
                "joinNumber": slot.join_number,
                "playing": slot.is_playing,
            }
            for slot in slots
        ]
        body = {"slots": readings} if notice is None else {"slots": readings, "notice": notice.as_json()}
        return parse_heartbeat_answer(await self._post("heartbeat", body, tries=1))

    async def report(self, slot_id: str, report: Report) -> SlotTruth:
        """Reports an event of a slot. Returns the slot's state in the control plane after the event."""
        body = {
            "slotId": slot_id,
            "epoch": report.epoch,
            "event": report.event,
            "sessionId": report.session_id,
            "joinNumber": report.join_number,
            "detail": report.detail,
        }
        answer = await self._post("slot-events", body)
        slot = answer.get("slot")
        return parse_slot_truth(slot if isinstance(slot, dict) else {})

    async def socket_ticket(self) -> SocketTicket:
        """Requests a single-use ticket for the Viewer socket. Returns the ticket and the socket's address."""
        return parse_socket_ticket(await self._post("socket-ticket", {}))

    async def _post(self, call: str, fields: Mapping[str, Any], tries: int = 3) -> dict[str, Any]:
        for attempt in range(tries - 1):
            try:
                return await self._post_once(call, fields)
            except Unavailable as error:
                log.info("call=%s try=%d failed: %s", call, attempt + 1, error)
                await asyncio.sleep(full_jitter_s(attempt, FIRST_PAUSE_S, LAST_PAUSE_S, self._luck()))
        return await self._post_once(call, fields)

    async def _post_once(self, call: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        url = f"{self._api_url}/agent/{call}"
        body = json.dumps({"bootNonce": self._boot_nonce, **fields}).encode()
        try:
            headers = await self._signer.headers("POST", url, body)
            # encoded=True: the path is sent exactly as it was signed.
            target = yarl.URL(url, encoded=True)
            async with self._http.post(target, data=body, headers=headers, timeout=TIMEOUT) as answer:
                return _read(answer.status, await answer.read())
        except (aiohttp.ClientError, TimeoutError, BotoCoreError, NoCredentials) as error:
            raise Unavailable(type(error).__name__) from error


def _read(status: int, content: bytes) -> dict[str, Any]:
    try:
        body = read_object(content, MAXIMUM_ANSWER_BYTES)
    except MalformedText:
        body = None
    detail = "" if body is None else str(body.get("detail", ""))[:200]
    if status == 409:
        raise Outdated(detail)
    if status == 429 or status >= 500 or (status < 300 and body is None):
        raise Unavailable(f"HTTP {status}")
    if status >= 300:
        raise Refused(f"HTTP {status} {detail}".strip())
    assert body is not None
    return body
