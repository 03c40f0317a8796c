"""Each layer is divided by the same nouns, and inside a layer a room uses only rooms below it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.reading import CORE, ROOT, imports, module_name

LAYERS = CORE / "greenroom"
ROOMS = {
    "domain": ["slot", "socket", "session", "instance", "quota", "pool", "event", "line"],
    "usecases": ["notify", "pool", "quota", "event", "socket", "line", "session", "instance", "reaper"],
    "aws": [
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
    "entry": ["event", "instance", "pool", "quota", "session", "socket"],
}
"""From the bottom up. What lies beside the rooms is below all of them, but for the composition root."""
ROOF = {"greenroom.entry.compose"}
MOST_FILES = 15
CROWDED = ("layers", "functions")
"""Folders in which no folder is a corridor."""


def room_of(layer: str, module: str) -> str | None:
    """`greenroom.aws.line.line` -> `line`; None for what lies beside the rooms, or is no module of the layer."""
    parts = module.split(".")
    if parts[:2] != ["greenroom", layer] or len(parts) < 3:
        return None
    return parts[2] if parts[2] in ROOMS[layer] else None


def uphill(layer: str, path: Path) -> set[str]:
    """What a module uses although it lies above it."""
    order, module = ROOMS[layer], module_name(path)
    own = room_of(layer, module)
    if own is None and module in ROOF:
        return set()
    level = -1 if own is None else order.index(own)
    used = {imported: room_of(layer, imported) for imported in imports(path)}
    return {imported for imported, room in used.items() if room is not None and order.index(room) > level}


@pytest.mark.parametrize("layer", ROOMS)
def test_a_room_uses_only_rooms_below_it(layer: str) -> None:
    modules = sorted((LAYERS / layer).rglob("*.py"))
    assert {module_name(path): found for path in modules if (found := uphill(layer, path))} == {}


@pytest.mark.parametrize("layer", ROOMS)
def test_every_room_is_listed_and_has_somebody_in_it(layer: str) -> None:
    rooms = {path.name for path in (LAYERS / layer).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms == set(ROOMS[layer])
    assert [room for room in rooms if len(list((LAYERS / layer / room).glob("*.py"))) < 2] == []


def test_no_folder_is_a_corridor() -> None:
    full = {}
    for top in CROWDED:
        for folder in [ROOT / top, *(path for path in (ROOT / top).rglob("*") if path.is_dir())]:
            files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
            if len(files) > MOST_FILES:
                full[str(folder.relative_to(ROOT))] = len(files)
    assert full == {}
