"""`make waiting`: 60 viewers come for 10 slots and stay as long as they like; some lose patience.

Real time throughout. Scaled: sessions last half a minute instead of half an hour (lognormal, clipped) and three minutes
at most, the boot of a machine 20 s. Every sixth viewer is of a tier with a head start. A dozen sessions come before, as
in any pool that is not new: a forecast needs lengths to learn from.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from statistics import quantiles
from typing import Any

from greenroom_lab.drives.crowd import Guest
from greenroom_lab.drives.drive import REPORTS, Drive, drive, run_drive, say, until
from greenroom_lab.drives.waiting_figures import Shown, Stay, accuracy, longest_silence, order_breaks

POOL, SLOTS_EACH, SLOTS, BOOT_S = "line", 2, 10, 20.0
POLICY = {"alwaysOn": SLOTS, "targetIdle": 0, "maximum": SLOTS, "scaleInAfter_s": 60}
TIERS = {"standard": 0, "early": 20}
HEAD_STARTED, STANDARD, HISTORY = 10, 50, 12
ARRIVE_S = 60.0
STAYS_S, LONGEST_S = (8.0, 90.0), 180
"""Shortest and longest session; most last about half a minute."""
IMPATIENT, PATIENCE_S = 0.12, (10.0, 60.0)
ALL_OVER_S = 600.0
COVERAGE, RATIO, SILENCE_S = 0.85, 3.0, 15.0
"""What must hold: first p90 above the true wait, its median over it, the longest time without a word (10 s; here
the functions share two cores with AWS and sixty viewers)."""


async def main() -> int:
    async with drive("waiting", BOOT_S) as stage:
        await stage.configure(POOL, "null", SLOTS_EACH, POLICY, maximumSession_s=LONGEST_S)
        await stage.api.must("PATCH", f"/pools/{POOL}", {"tiers": TIERS})
        say(f"{HEAD_STARTED + STANDARD} viewers sign in ...")
        guests = [*await stage.invite(HEAD_STARTED, "tier-early"), *await stage.invite(STANDARD)]
        history = await stage.invite(HISTORY)
        await until("the pool has its slots", lambda: is_ready(stage), 180)
        say(f"{HISTORY} sessions come before ...")
        await play(history, arrive_s=5.0)
        await until("the pool has its slots again", lambda: is_ready(stage), 60)
        await play(guests, arrive_s=ARRIVE_S)
        return await report(stage, guests)


async def is_ready(stage: Drive) -> bool:
    return int((await stage.pool(POOL))["slots"].get("free", 0)) >= SLOTS


async def play(guests: list[Guest], arrive_s: float) -> None:
    """Everybody comes once, in a random order, and is gone in the end."""
    rng = random.Random(1)
    order = rng.sample(guests, len(guests))
    began = time.monotonic()
    visits = [asyncio.create_task(visit(guest, rng.uniform(0, arrive_s), rng)) for guest in order]
    while any(not each.done() for each in visits):
        playing = sum(guest.playing_at is not None and guest.left_at is None for guest in guests)
        asked = sum(guest.requested_at is not None for guest in guests)
        gone = sum(guest.left_at is not None for guest in guests)
        say(f"{asked - playing - gone:2} wait, {playing:2} play, {gone:2} have left")
        if time.monotonic() - began > ALL_OVER_S:
            break
        await asyncio.sleep(10)
    for each in visits:
        each.cancel()
    await asyncio.gather(*visits, return_exceptions=True)


async def visit(guest: Guest, after_s: float, rng: random.Random) -> None:
    """Come, wait or not, play, go. All that is random is drawn before the first wait, so that runs draw the same."""
    stays_s = min(max(rng.lognormvariate(3.3, 0.6), STAYS_S[0]), STAYS_S[1])
    patience_s = rng.uniform(*PATIENCE_S) if rng.random() < IMPATIENT else ALL_OVER_S
    await asyncio.sleep(after_s)
    arrival = guest.arrival = asyncio.create_task(guest.arrive(POOL))
    done, _ = await asyncio.wait({arrival}, timeout=patience_s)
    while guest.answered_at is None and not guest.trouble:
        await asyncio.sleep(0.1)  # nobody can leave what was not answered yet
    if done and guest.playing_at is not None:
        await asyncio.sleep(stays_s)
    await guest.leave()


async def report(stage: Drive, guests: list[Guest]) -> int:
    """Judge, write down, and print the one line. 0 when everything holds."""
    await until("every session is over", lambda: all_over(stage), 60)
    own = {guest.who.session.get("sessionId"): guest for guest in guests}
    rows = [row for row in await stage.sessions() if session_id_of(row) in own]
    stays = [stay_of(row, own[session_id_of(row)]) for row in rows]
    shown = [shown_to(guest) for guest in guests if guest.who.session]
    ends = Counter(end_of(stay) for stay in stays)
    breaks, found = order_breaks(stays), accuracy(stays, shown)
    silence_s = longest_silence(stays, shown)
    print_waits(stays)
    say(f"order: {breaks or 'kept'}; first p90 / true wait: median {found.p90_ratio:.2f} over {found.judged} waits")
    say(f"longest time in line without a word {silence_s:.1f} s")
    line = f"waiting served={ends['served']} cancelled={ends['cancelled']} told={ends['told']}"
    line += f" order_breaks={len(breaks)} p90_coverage={found.coverage:.2f}"
    document = {"line": line, "stays": [asdict(each) for each in stays], "shown": [asdict(each) for each in shown]}
    await asyncio.to_thread(keep, document)
    print(line, flush=True)
    accounted = len(stays) == len(guests) == ends.total() and not ends["lost"]
    true_enough = found.coverage >= COVERAGE and found.p90_ratio <= RATIO and silence_s <= SILENCE_S
    return 0 if accounted and not breaks and true_enough else 1


async def all_over(stage: Drive) -> bool:
    return all(row["state"] in ("Ended", "Failed") for row in await stage.sessions())


def session_id_of(row: dict[str, Any]) -> str:
    return str(row["pk"]).partition("#")[2]


def stay_of(row: dict[str, Any], guest: Guest) -> Stay:
    """Whoever was told a place stood in line for sure; the row has only when it was asked for."""
    times = {state: float(at) for state, at in row["transitions"].items()}
    requested_at = float(row["requestedAt"])
    return Stay(
        session_id=session_id_of(row),
        tier=str(row.get("tier", "standard")),
        order_at=float(row["orderAt"]) if row.get("orderAt") else requested_at,
        requested_at=requested_at,
        queued_at=guest.answered_at if "Queued" in times else None,
        assigned_at=times.get("Assigned"),
        ended_as=str(row.get("statusReason")),
    )


def shown_to(guest: Guest) -> Shown:
    """The answer to the request first, then what was pushed."""
    told: list[tuple[float, dict[str, Any]]] = list(guest.who.channel.forecasts) if guest.who.channel else []
    if guest.first_eta is not None and guest.answered_at is not None:
        told.insert(0, (guest.answered_at, guest.first_eta))
    session_id = str(guest.who.session["sessionId"])
    return Shown(session_id, tuple((at, seconds(eta["p50"]), seconds(eta["p90"])) for at, eta in told))


def end_of(stay: Stay) -> str:
    """Served; cancelled by its viewer in line; or told why it could not be served."""
    if stay.assigned_at is not None and stay.ended_as in ("userLeft", "cancelled"):
        return "served"
    if stay.ended_as == "cancelled":
        return "cancelled"
    return "told" if stay.ended_as in ("capacityUnavailable", "connectionTimeout") else "lost"


def print_waits(stays: list[Stay]) -> None:
    for tier in TIERS:
        own = [each for each in stays if each.tier == tier and each.queued_at and each.assigned_at]
        waits = sorted((each.assigned_at or 0) - each.requested_at for each in own)
        if len(waits) > 1:
            cut = quantiles(waits, n=10)
            most = f"9 of 10 under {cut[8]:.0f} s, {waits[-1]:.0f} s at most"
            say(f"{tier}: {len(waits)} waited, median {cut[4]:.0f} s, {most}")


def keep(document: dict[str, Any]) -> None:
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / "waiting.json").write_text(json.dumps(document) + "\n")


def seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


if __name__ == "__main__":
    sys.exit(run_drive(main))
