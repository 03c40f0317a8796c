"""Sends a slot's events to the control plane in order, and repeats each event until it is accepted or outdated."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.control_plane.api_messages import MalformedAnswer, SlotTruth
from greenroom_agent.control_plane.control_plane import Outdated, Refused, Unavailable
from greenroom_agent.control_plane.report import Report

log = logging.getLogger(__name__)


class ReportApi(Protocol):
    """The API that receives the events of slots."""

    async def report(self, slot_id: str, report: Report) -> SlotTruth:
        """Sends one event of the slot. Returns the slot's state in the control plane after the event."""


class SlotReports:
    """Sends one event at a time, so that `disconnected` never overtakes the `connected` before it.

    `is_outdated` says whether an event belongs to an earlier claim of the slot, and need not be sent any more.
    `on_truth` is called with the slot's state from each answer. `luck` returns random numbers in [0, 1).
    """

    def __init__(
        self,
        slot_id: str,
        api: ReportApi,
        is_outdated: Callable[[Report], bool],
        on_truth: Callable[[SlotTruth], None],
        luck: Callable[[], float],
    ) -> None:
        self._slot_id = slot_id
        self._api = api
        self._is_outdated = is_outdated
        self._on_truth = on_truth
        self._luck = luck
        self._waiting: list[Report] = []
        self._is_news = asyncio.Event()

    def add(self, report: Report) -> None:
        """Adds an event to send, unless the last unsent event is the same."""
        if report not in self._waiting[-1:]:
            self._waiting.append(report)
            self._is_news.set()

    async def run(self) -> None:
        """Sends the added events, one after the other, until cancelled."""
        while True:
            while self._waiting:
                await self._deliver(self._waiting[0])
                self._waiting.pop(0)
            self._is_news.clear()
            await self._is_news.wait()

    async def _deliver(self, report: Report) -> None:
        attempt = 0
        while not self._is_outdated(report):
            try:
                truth = await self._api.report(self._slot_id, report)
            except Outdated:
                log.info("slot=%s event=%s epoch=%d is outdated", self._slot_id, report.event, report.epoch)
                return
            except (Unavailable, Refused, MalformedAnswer) as error:
                log.warning("slot=%s event=%s not accepted yet: %s", self._slot_id, report.event, error)
                await asyncio.sleep(full_jitter_s(attempt, 0.5, 15.0, self._luck()))
                attempt += 1
            else:
                log.info("slot=%s event=%s epoch=%d accepted", self._slot_id, report.event, report.epoch)
                self._on_truth(truth)
                return
