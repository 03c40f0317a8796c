"""An event of the bus and an entry of the Journal are the same in class, schema, sample and catalogue row.

And somebody sends or writes each of them.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from greenroom.domain import events
from greenroom.domain.journal.entry import Entry
from greenroom.domain.names import camel

from tests.architecture.event_schemas import (
    description_of,
    entry_classes,
    entry_of,
    event_of,
    fields_of,
    schema_of,
)
from tests.architecture.reading import ROOT, code_of, python_files

FOLDER = ROOT / "events"
KEPT = ("schemas", "samples")
OF_EVERY_ROW = {"pk", "sk", "kind", "at"}


@dataclass(frozen=True, slots=True)
class Family:
    """Classes that are told alike; `folder` as the catalogue links it."""

    classes: dict[str, type]
    folder: str
    tells_null: bool

    def read(self, what: str, name: str) -> Any:
        return json.loads((FOLDER / self.folder / what / f"{name}.json").read_text())


FAMILIES = {
    "events": Family({each.__name__: each for each in events.Event.__subclasses__()}, "", True),
    "journal": Family(dict(entry_classes()), "journal/", False),
}
KINDS = [(family, name) for family in FAMILIES for name in FAMILIES[family].classes]


def catalogue(family: Family) -> dict[str, list[str]]:
    """Name -> the cells of its row."""
    rows = re.findall(r"^\| \[(\w+)\]\(([^)]+)\) \|(.*)\|$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    own = {name: cells for name, link, cells in rows if link == f"{family.folder}schemas/{name}.json"}
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in own.items()}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_classes_schemas_samples_and_rows_are_the_same_set(family: Family) -> None:
    schemas, samples = ({path.stem for path in (FOLDER / family.folder / kind).glob("*.json")} for kind in KEPT)
    assert schemas == set(family.classes) == set(catalogue(family))
    assert set(family.classes) <= samples
    assert samples == set(family.classes) or family is FAMILIES["events"]  # beside them: the functions' inputs


def test_every_row_of_the_catalogue_is_of_one_family() -> None:
    linked = re.findall(r"^\| \[\w+\]\(.*$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert len(linked) == len(KINDS)


@pytest.mark.parametrize(("of", "name"), KINDS)
def test_a_schema_says_what_its_class_says(of: str, name: str) -> None:
    family = FAMILIES[of]
    cls, schema = family.classes[name], family.read("schemas", name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (schema["title"], schema["description"]) == (name, description_of(cls))
    assert list(differences(schema, schema_of(cls, tells_null=family.tells_null))) == []


def differences(schema: Any, derived: Any, where: str = "") -> Iterator[str]:
    """Where a schema is not what its class says; it may say more of a value, such as a pattern."""
    if derived == {"type": "string"} and "enum" in schema:
        return
    if not isinstance(derived, dict):
        if schema != derived:
            yield f"{where}: {schema} and not {derived}"
        return
    if where.endswith("/properties") and list(schema) != list(derived):
        yield f"{where}: {list(schema)} and not {list(derived)}"
        return
    for key, value in derived.items():
        yield from differences(schema.get(key), value, f"{where}/{key}")


@pytest.mark.parametrize("name", FAMILIES["events"].classes)
def test_a_sample_is_what_an_event_sends_and_fits_its_schema(name: str) -> None:
    family = FAMILIES["events"]
    sample = family.read("samples", name)
    jsonschema.validate(sample["detail"], family.read("schemas", name))
    event = event_of(family.classes[name], sample["detail"])
    assert (event.detail(), event.detail_type, events.SOURCE) == (
        sample["detail"],
        sample["detail-type"],
        sample["source"],
    )


@pytest.mark.parametrize("name", FAMILIES["journal"].classes)
def test_a_sample_is_what_an_entry_writes_and_fits_its_schema(name: str) -> None:
    family = FAMILIES["journal"]
    sample = family.read("samples", name)
    facts = {key: value for key, value in sample.items() if key not in OF_EVERY_ROW}
    jsonschema.validate(facts, family.read("schemas", name))
    entry = entry_of(family.classes[name], sample)
    assert json.loads(json.dumps(entry.facts(), default=float)) == facts
    assert sample["pk"] in entry.entities
    assert sample["kind"] == entry.kind
    assert re.fullmatch(rf"{sample['at']}#{name}#[0-9a-f]{{8}}", sample["sk"])


@pytest.mark.parametrize("name", FAMILIES["journal"].classes)
def test_no_fact_takes_the_name_of_what_every_row_has(name: str) -> None:
    assert not OF_EVERY_ROW & {camel(each) for each in fields_of(FAMILIES["journal"].classes[name])}


@pytest.mark.parametrize("name", FAMILIES["journal"].classes)
def test_the_catalogue_says_whom_an_entry_is_about_and_who_writes_it(name: str) -> None:
    about, _, written_by = catalogue(FAMILIES["journal"])[name]
    family = FAMILIES["journal"]
    entry = entry_of(family.classes[name], family.read("samples", name))
    assert {entity.partition("#")[0] for entity in entry.entities} <= set(about.split(", "))
    assert set(written_by.split(", ")) == tellers()[of_journal(name)]


@pytest.mark.parametrize(("of", "name"), KINDS)
def test_everything_is_told_by_someone(of: str, name: str) -> None:
    assert tellers().get(f"{FAMILIES[of].classes[name].__module__}.{name}")


def of_journal(name: str) -> str:
    cls: type[Entry] = FAMILIES["journal"].classes[name]
    return f"{cls.__module__}.{name}"


@cache
def tellers() -> dict[str, set[str]]:
    """Class, with its module -> the modules that make one or name it in a call; an import alone tells nothing."""
    found: dict[str, set[str]] = {}
    for path in python_files("functions", "layers/core/greenroom/usecases", "layers/core/greenroom/planning"):
        for named in called(path):
            found.setdefault(named, set()).add(path.stem)
    return found


def called(path: Path) -> Iterator[str]:
    """Full names of what a module calls or passes on."""
    tree, known = code_of(path), dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            known |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for part in (node.func, *node.args, *(each.value for each in node.keywords)):
                head, *rest = ast.unparse(part).split(".")
                yield ".".join([known.get(head, head), *rest])
