"""The ramp as a picture: who asked, what stood ready, what booted, what EC2 ran, and every request for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from greenroom_lab.drives.ramp_figures import Sample

mpl.use("Agg")  # no display
from matplotlib import pyplot as plt

BUSY, FREE, BOOTING, LINE = "#3b6ea8", "#7fb685", "#f2c14e", "#222222"
MARKETS = {"spot": ("#3b6ea8", 1), "on-demand": ("#b3541e", 0)}


def draw_ramp(samples: Sequence[Sample], fleets: Sequence[Mapping[str, Any]], title: str, to: Path) -> None:
    """Write the PNG; `fleets` as the embedded EC2 remembers them."""
    start = samples[0].at
    seconds = [each.at - start for each in samples]
    figure, (slots, requests) = plt.subplots(
        2, 1, figsize=(12, 7), sharex=True, height_ratios=[5, 1], layout="constrained"
    )
    layers = {"busy": (BUSY, "busy"), "free": (FREE, "ready and free"), "booting": (BOOTING, "booting")}
    slots.stackplot(
        seconds,
        *([getattr(each, name) for each in samples] for name in layers),
        colors=[colour for colour, _ in layers.values()],
        labels=[label for _, label in layers.values()],
        step="post",
        alpha=0.85,
    )
    slots.step(
        seconds, [each.launched for each in samples], where="post", color=LINE, ls="--", lw=1.2, label="launched"
    )
    slots.step(seconds, [each.demand for each in samples], where="post", color="#c1121f", lw=2, label="demand")
    slots.set(ylabel="slots (demand: viewers)", title=title)
    slots.grid(alpha=0.25)
    for axis in (slots, requests):
        _shade(axis, samples, start)
    slots.legend(loc="upper right", framealpha=0.95)
    _mark_requests(requests, fleets, start)
    figure.savefig(to, dpi=110)
    plt.close(figure)


def _shade(axis: Any, samples: Sequence[Sample], start: float) -> None:
    empty = [each.at - start for each in samples if each.spot_is_empty]
    if empty:
        axis.axvspan(empty[0], empty[-1], color="#888888", alpha=0.22, lw=0, label="no Spot to be had")


def _mark_requests(axis: Any, fleets: Sequence[Mapping[str, Any]], start: float) -> None:
    for fleet in fleets:
        colour, row = MARKETS[fleet["market"]]
        got = fleet["launched"] > 0
        axis.plot(fleet["at"] - start, row, marker="o" if got else "x", color=colour, ms=7, alpha=0.8)
    axis.set(yticks=[row for _, row in MARKETS.values()], yticklabels=list(MARKETS), ylim=(-0.6, 1.6))
    axis.set(xlabel="seconds since the first viewer", ylabel="requests\n(x: refused)")
    axis.grid(alpha=0.25, axis="x")
