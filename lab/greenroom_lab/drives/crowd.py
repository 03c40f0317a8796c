"""Headless viewers who come and go on time; each remembers what happened to them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from greenroom_viewer.api import UnexpectedAnswer
from greenroom_viewer.viewer import Viewer

HOT = 201
"""POST /sessions answered with a slot."""


@dataclass
class Guest:
    """One signed-in viewer. Times are epoch seconds."""

    who: Viewer
    requested_at: float | None = None
    status: int = 0
    """Of POST /sessions."""
    first_eta: dict[str, Any] | None = None
    """Of the same answer, when it was a place in line."""
    answered_at: float | None = None
    playing_at: float | None = None
    left_at: float | None = None
    trouble: str = ""
    arrival: asyncio.Task[None] | None = None
    """Kept, so that it is not collected while it runs."""

    @property
    def is_here(self) -> bool:
        """Has asked for a session and not left."""
        return self.requested_at is not None and self.left_at is None

    async def arrive(self, application_id: str) -> None:
        """Press Play and go on until the picture would flow; what went wrong is kept in `trouble`."""
        self.requested_at = time.time()
        try:
            answer = await self.who.request(application_id)
            self.status, self.answered_at = answer.status, time.time()
            self.first_eta = answer.body.get("eta")
            if answer.status >= 300:
                raise UnexpectedAnswer(f"POST /sessions answered {answer.status}: {answer.body}")
            await self.who.join()
            await self.who.until_connected()
            self.playing_at = time.time()
        except Exception as error:  # a guest's misfortune is a result, not the end of the drive
            self.trouble = f"{type(error).__name__}: {error}"

    async def leave(self) -> None:
        """Leave the session, if there is one."""
        if self.arrival:
            self.arrival.cancel()
        try:
            if self.who.session:
                await self.who.leave()
            await self.who.vanish()
        except Exception as error:
            self.trouble = self.trouble or f"leaving: {type(error).__name__}: {error}"
        self.left_at = time.time()


async def arrive_over(guests: Sequence[Guest], application_id: str, seconds: float) -> None:
    """One after the other, evenly; returns when the last one has asked. Their sessions go on."""
    began = time.monotonic()
    for number, guest in enumerate(guests):
        await asyncio.sleep(max(0.0, began + number * seconds / len(guests) - time.monotonic()))
        guest.arrival = asyncio.create_task(guest.arrive(application_id))
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))


async def leave_over(guests: Sequence[Guest], seconds: float) -> None:
    """One after the other, evenly."""
    began = time.monotonic()
    for number, guest in enumerate(guests, start=1):
        await asyncio.sleep(max(0.0, began + number * seconds / len(guests) - time.monotonic()))
        await guest.leave()
