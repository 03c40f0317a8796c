"""Many histories, one after the other or side by side.

`python -m greenroom_lab.simulation.histories --seed 1 --count 1000`
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable
from multiprocessing import Pool

from greenroom_lab.simulation.history import History, Told

INJECTED = [
    "launch",
    "launch_refused",
    "spot_interrupted",
    "spot_warned",
    "rebalance_advised",
    "market_runs_dry",
    "stop_lost",
    "start_lost",
    "start_refused",
    "event",
    "event_edit",
    "event_cancel",
    "admission",
    "drain",
    "halt",
    "agent_hangs",
    "agent_restarts",
    "streamer_lost",
    "never_boots",
    "lost_event",
    "doubled_event",
    "delayed_event",
    "reply_lost",
    "terminate_lost",
    "list_omits",
    "unknown_yet",
    "viewer_vanishes",
    "crash",
    "preemption",
    "conflict",
]
"""Kinds of fault; `launch` and what operators do are no faults, but are asked for all the same."""


def tell(seed: int) -> Told:
    """The history of this seed."""
    return History(seed).tell()


def main(arguments: list[str] | None = None) -> int:
    """0 when nothing broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first one")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    asked = parser.parse_args(arguments)
    seeds = range(asked.seed, asked.seed + asked.count)
    if asked.processes > 1 and asked.count > 1:
        with Pool(asked.processes) as workers:
            return _report(workers.imap_unordered(tell, seeds, chunksize=5))
    return _report(map(tell, seeds))


def _report(histories: Iterable[Told]) -> int:
    counts: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    double_held = leaked = overdue = other = told = 0
    for one in histories:
        told += 1
        counts.update(one.counts)
        counts.update(acts=one.acts, virtual_min=round(one.virtual_s / 60))
        errors.update(one.errors)
        double_held, leaked = double_held + len(one.found.double_held), leaked + len(one.found.leaked)
        overdue, other = overdue + len(one.found.overdue), other + len(one.found.other)
        if not one.found.is_clean:
            print(f"broken: {one.found}")
            print(f"replay: python -m greenroom_lab.simulation.histories --seed {one.seed} --count 1", flush=True)
    print("injected: " + ", ".join(f"{kind} {counts[kind]}" for kind in INJECTED))
    print("also: " + ", ".join(f"{kind} {counts[kind]}" for kind in sorted(counts) if kind not in INJECTED))
    print("refused: " + ", ".join(f"{name} {number}" for name, number in errors.most_common(12)))
    print(f"other invariants broken: {other}")
    print(f"histories={told} double_held={double_held} leaked={leaked} overdue={overdue}")
    return int(bool(double_held or leaked or overdue or other))


if __name__ == "__main__":
    sys.exit(main())
