"""Sends heartbeats, which report the slots and renew the instance's lease. Tells when the lease expires.

The lease is the time for which the control plane leaves the instance's sessions to its agent.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from greenroom_agent.control_plane.api_messages import HeartbeatAnswer, MalformedAnswer
from greenroom_agent.control_plane.control_plane import Refused, SlotReading, Unavailable
from greenroom_agent.control_plane.lease import Lease
from greenroom_agent.instance.dead_man import touch
from greenroom_agent.instance.notice import Ec2Notice

log = logging.getLogger(__name__)

RETRY_S = 2.0


class HeartbeatApi(Protocol):
    """The API that receives heartbeats."""

    async def heartbeat(self, slots: Sequence[SlotReading], notice: Ec2Notice | None) -> HeartbeatAnswer:
        """Sends one heartbeat and returns the control plane's answer.

        `notice`: EC2's announcement that this instance will or may be interrupted, if there is one.
        """


class Heartbeat:
    """Sends a heartbeat every `period_s`, sooner after a failure, and at once when EC2 gives notice.

    A notice says that EC2 will or may interrupt this instance; every later heartbeat repeats it. `readings` returns
    what to report of each slot. Each accepted heartbeat touches `alive_file`, so that the instance's dead-man timer
    does not power off the instance. `luck` returns random numbers in [0, 1).
    """

    def __init__(
        self,
        api: HeartbeatApi,
        lease: Lease,
        period_s: float,
        readings: Callable[[], Sequence[SlotReading]],
        clock: Callable[[], float],
        luck: Callable[[], float],
        alive_file: Path | None = None,
    ) -> None:
        self._api = api
        self._lease = lease
        self._period_s = period_s
        self._readings = readings
        self._clock = clock
        self._luck = luck
        self._alive_file = alive_file
        self._notice: Ec2Notice | None = None
        self._is_news = asyncio.Event()

    def notify(self, notice: Ec2Notice) -> None:
        """Sends a heartbeat at once, with EC2's notice that this instance will or may be interrupted."""
        self._notice = notice
        self._is_news.set()

    async def run(self, on_answer: Callable[[HeartbeatAnswer], None]) -> None:
        """Sends heartbeats until cancelled and calls `on_answer` with each answer.

        Raises: Outdated when a newer agent runs on this instance.
        """
        while True:
            answer = await self.beat()
            if answer is None:
                await self._pause(min(self._period_s, RETRY_S) * (0.5 + 0.5 * self._luck()))
                continue
            on_answer(answer)
            # Up to a tenth earlier, so that instances that started together do not send together for ever.
            await self._pause(self._period_s * (0.9 + 0.1 * self._luck()))

    async def beat(self) -> HeartbeatAnswer | None:
        """Sends one heartbeat. Returns the answer, or None when the control plane did not accept the heartbeat."""
        sent_at_s = self._clock()
        self._is_news.clear()
        try:
            answer = await self._api.heartbeat(self._readings(), self._notice)
        except (Unavailable, Refused, MalformedAnswer) as error:
            log.warning("heartbeat not accepted: %s %s", type(error).__name__, error)
            return None
        self._lease.renew(sent_at_s, answer.lease_s)
        try:
            touch(self._alive_file)
        except OSError:  # a full disk must not end running sessions; the dead-man timer decides later
            log.exception("the dead-man timer was not fed")
        return answer

    async def _pause(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._is_news.wait()
        except TimeoutError:
            return

    async def watch_lease(self, on_expired: Callable[[], None]) -> None:
        """Watches the lease until cancelled, and calls `on_expired` once a second while the lease is expired."""
        while True:
            remaining_s = self._lease.remaining_s(self._clock())
            if remaining_s <= 0:
                on_expired()
            await asyncio.sleep(max(0.01, remaining_s) if remaining_s > 0 else 1.0)
