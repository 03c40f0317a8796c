"""Each layer is divided by the same nouns, and inside a layer a room uses only rooms below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.reading import CORE, ROOT, imports, module_name

PARTS = {
    "greenroom.domain": ["slot", "socket", "session", "instance", "quota", "pool", "event", "line", "journal"],
    "greenroom.usecases": ["notify", "pool", "quota", "event", "socket", "line", "session", "instance", "reaper"],
    "greenroom.aws": [
        "table",
        "event",
        "notify",
        "quota",
        "slot",
        "socket",
        "instance",
        "session",
        "line",
        "pool",
        "reaper",
    ],
    "greenroom.entry": ["event", "instance", "pool", "quota", "session", "socket", "reaper"],
    "greenroom_agent": ["instance", "control_plane", "channel", "runner", "slot", "demo"],
    "greenroom_cli": ["toolchain", "aws", "deployment", "removal", "commands"],
    "greenroom_lab": ["engine", "memory", "simulation", "ec2", "platform", "drives"],
}
"""Rooms from the bottom up. What lies beside them is below all of them, but for the roof."""
ROOF = {"greenroom.entry.compose", "greenroom_agent.agent", "greenroom_agent.__main__", "greenroom_cli.__main__"}
"""What puts a part together uses every room of it."""
ROOTS = {
    "greenroom": CORE,
    "greenroom_agent": ROOT / "agent",
    "greenroom_cli": ROOT / "cli",
    "greenroom_lab": ROOT / "lab",
}
MOST_FILES = 15
CROWDED = ("layers", "functions", "agent", "cli", "lab")
"""Folders in which no folder is a corridor."""


def folder_of(part: str) -> Path:
    return ROOTS[part.split(".")[0]].joinpath(*part.split("."))


def room_of(part: str, module: str) -> str | None:
    """`greenroom.aws.line.line` -> `line`; None for what lies beside the rooms, or is no module of the part."""
    head, _, tail = module.partition(f"{part}.")
    first = tail.split(".")[0]
    return first if not head and first in PARTS[part] else None


def uphill(part: str, path: Path) -> set[str]:
    """What a module uses although it lies above it."""
    order, module = PARTS[part], module_name(path)
    own = room_of(part, module)
    if own is None and module in ROOF:
        return set()
    level = -1 if own is None else order.index(own)
    used = {imported: room_of(part, imported) for imported in imports(path)}
    return {imported for imported, room in used.items() if room is not None and order.index(room) > level}


@pytest.mark.parametrize("part", PARTS)
def test_a_room_uses_only_rooms_below_it(part: str) -> None:
    modules = sorted(folder_of(part).rglob("*.py"))
    assert {module_name(path): found for path in modules if (found := uphill(part, path))} == {}


@pytest.mark.parametrize("part", PARTS)
def test_every_room_is_listed_and_has_somebody_in_it(part: str) -> None:
    rooms = {path.name for path in folder_of(part).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(PARTS[part])
    assert [room for room in rooms if len(list((folder_of(part) / room).glob("*.py"))) < 2] == []


def test_no_folder_is_a_corridor() -> None:
    full = {}
    for top in CROWDED:
        for folder in [ROOT / top, *(path for path in (ROOT / top).rglob("*") if path.is_dir())]:
            files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            if len(files) > MOST_FILES:
                full[str(folder.relative_to(ROOT))] = len(files)
    assert full == {}
