"""What a cold start costs, as a ratio to importing boto3 and making its DynamoDB client: `make imports`.

Every function as it is built, its .pyc files in place, in fresh interpreters of the Python that runs functions on the
embedded AWS, which answers their calls. Baseline and function take turns, so that a noisy machine is noisy for both.
CPU time, medians. An environment loads the tracer only when one of its traces is recorded: those figures stand beside
the others.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenroom_cli.deployment.stack_build import build_stack
from greenroom_cli.toolchain import paths
from greenroom_lab.engine.process import EmbeddedAws, EngineSettings

from tests.architecture.cold_start.world import World
from tests.architecture.reading import functions
from tests.engine.conftest import free_port


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many times the baseline, with no trace recorded; None: nothing is promised."""

    imported: float
    called: float | None


LIMITS: Mapping[str, Limit] = {
    "request_session": Limit(imported=0.5, called=1.4),
    "authorize_viewer": Limit(imported=0.5, called=None),
}
ROUNDS, ROUNDS_OF_LIMITED = 3, 11
SUBJECT = Path(__file__).with_name("subject.py")
RECORDED = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
TRACER = "aws_xray_sdk"


@dataclass(frozen=True, slots=True)
class Ratios:
    """Import and first call, each over the baseline; `refusal`: the first call was one."""

    imported: float
    called: float
    refusal: str


@dataclass(frozen=True, slots=True)
class Start:
    """A cold start of a function, with no trace recorded and with one."""

    function: str
    plain: Ratios
    traced: Ratios

    @property
    def broken(self) -> str:
        """What the limits say against it."""
        limit = LIMITS.get(self.function)
        if limit is None:
            return ""
        over = [f"import over {limit.imported}"] if self.plain.imported > limit.imported else []
        if limit.called is not None and self.plain.called > limit.called:
            over.append(f"first call over {limit.called}")
        return ", ".join(over)


def main(names: list[str]) -> int:
    """0 when every limit is kept. `names`: only these functions."""
    template = build_stack()
    with EmbeddedAws(EngineSettings(port=free_port())) as engine, tempfile.TemporaryDirectory() as folder:
        bench = Bench(template.parent, World(engine, Path(folder)), Path(folder))
        print(f"{'':24}{'import':>8}{'to the first answer':>22}{'traced: import':>18}{'to the first answer':>22}")
        chosen = [each for each in sorted(functions(), key=lambda f: f.name) if not names or each.name in names]
        starts = [bench.start_of(each.name, each.logical_id) for each in chosen]
    return int(any(start.broken for start in starts))


class Bench:
    """Runs the cold starts and prints each function's line."""

    def __init__(self, built: Path, world: World, folder: Path) -> None:
        self._built, self._world, self._event_file = built, world, folder / "event.json"
        self._layers = [built / name / "python" for name in ("CoreLayer", "VendorLayer")]

    def start_of(self, function: str, logical_id: str) -> Start:
        rounds = ROUNDS_OF_LIMITED if function in LIMITS else ROUNDS
        runs: dict[str, list[Any]] = {"boto3": [], "plain": [], "traced": []}
        for _ in range(rounds + 1):
            runs["boto3"].append(self._run({}, "boto3"))
            for kind, more in (("plain", {}), ("traced", {"_X_AMZN_TRACE_ID": RECORDED})):
                runs[kind].append(self._first_call(function, self._built / logical_id, more))
        warm = {kind: found[1:] for kind, found in runs.items()}  # the first reads from the disk
        assert not any(TRACER in run["packages"] for run in warm["plain"]), f"{function} loads the tracer untraced"
        start = Start(function, ratios(warm["plain"], warm["boto3"]), ratios(warm["traced"], warm["boto3"]))
        print(line_of(start), flush=True)
        return start

    def _first_call(self, function: str, code: Path, more: Mapping[str, str]) -> Any:
        self._event_file.write_text(json.dumps(self._world.first_call(function)))
        path = os.pathsep.join(str(each) for each in (code, *self._layers))
        return self._run({"PYTHONPATH": path, **more}, "handler", str(self._event_file))

    def _run(self, more: Mapping[str, str], *arguments: str) -> Any:
        command = [str(paths.venv_python("engine")), str(SUBJECT), *arguments]
        environment = {**self._world.environment, **more}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])


def ratios(runs: list[Any], baseline: list[Any]) -> Ratios:
    base_s = statistics.median(run["imported_s"] for run in baseline)
    imported_s, called_s = (statistics.median(run[name] for run in runs) for name in ("imported_s", "called_s"))
    return Ratios(imported_s / base_s, called_s / base_s, next((run["refusal"] for run in runs if run["refusal"]), ""))


def line_of(start: Start) -> str:
    figures = (start.plain.imported, start.plain.called, start.traced.imported, start.traced.called)
    cells = "".join(f"{value:>{width}.2f}" for value, width in zip(figures, (8, 22, 18, 22), strict=True))
    said = "; ".join(filter(None, [start.plain.refusal and f"answered {start.plain.refusal}", start.broken]))
    return f"{start.function:24}{cells}  {said}".rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
