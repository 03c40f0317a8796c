"""A ramp under way: its crowd, its market, and what was seen of its pool every second."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from greenroom_lab.drives.crowd import Guest
from greenroom_lab.drives.drive import Drive, say
from greenroom_lab.drives.ramp_figures import Sample

POOL, SLOTS_EACH = "ramp", 2
SPOT_EMPTY_S, SPOT_BACK_S = 20.0, 45.0
SAY_EVERY_S = 5.0


@dataclass
class Ramp:
    """The drive's state and what it measured."""

    drive: Drive
    guests: list[Guest]
    samples: list[Sample] = field(default_factory=list)
    spot_is_empty: bool = False
    spot_back_at: float = 0.0

    async def watch(self) -> None:
        """A sample every second, a line every few."""
        said = 0.0
        while True:
            began = time.monotonic()
            try:
                sample = await self.look()
            except Exception as error:  # one answer that did not come is one sample fewer
                say(f"no sample: {type(error).__name__}: {error}")
            else:
                self.samples.append(sample)
                if began - said >= SAY_EVERY_S:
                    said = began
                    say(describe(sample))
            await asyncio.sleep(max(0.0, began + 1 - time.monotonic()))

    async def look(self) -> Sample:
        view, alive = await asyncio.gather(self.drive.pool(POOL), self.drive.alive())
        slots = view["slots"]
        busy = slots.get("reserved", 0) + slots.get("streaming", 0)
        free = slots.get("free", 0)
        return Sample(
            at=time.time(),
            demand=sum(guest.is_here for guest in self.guests),
            busy=busy,
            free=free,
            booting=max(0, int(view["demand"]["supply"]) - busy - free),
            queued=int(view["queued"]),
            launched=len(alive) * SLOTS_EACH,
            spot_is_empty=self.spot_is_empty,
        )

    async def empty_spot(self) -> None:
        """Spot has nothing for a while, and then everything."""
        await asyncio.sleep(SPOT_EMPTY_S)
        await self.drive.set_market({"market": "spot", "free": 0})
        self.spot_is_empty = True
        say("Spot is empty")
        await asyncio.sleep(SPOT_BACK_S - SPOT_EMPTY_S)
        await self.drive.set_market()
        self.spot_is_empty, self.spot_back_at = False, time.time()
        say("Spot is back")


def describe(sample: Sample) -> str:
    return (
        f"demand {sample.demand:2}  busy {sample.busy:2}  free {sample.free:2}  booting {sample.booting:2}  "
        f"queued {sample.queued:2}  launched {sample.launched:2}"
    )
