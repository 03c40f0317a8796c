"""What a class of an event or a journal entry looks like as JSON: its schema, and itself out of JSON.

Run by hand after an entry was added or changed; it keeps what nobody changed:

    PYTHONPATH=layers/core .greenroom/venv/dev/bin/python -m tests.architecture.event_schemas
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any

from greenroom.domain.events import Event
from greenroom.domain.journal.entry import Entry
from greenroom.domain.names import camel

from tests.architecture.reading import CORE, ROOT, Json

JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", Decimal: "number"}
NAME, INSTANCE_ID, LAUNCH_ID = "^[A-Za-z0-9_.-]{1,64}$", "^i-[0-9a-f]{8,17}$", "^lch-[a-z2-7]{26}$"
PATTERNS = {
    "poolId": NAME,
    "applicationId": NAME,
    "instanceId": INSTANCE_ID,
    "instanceIds": INSTANCE_ID,
    "startIds": INSTANCE_ID,
    "stoppedIds": INSTANCE_ID,
    "retiredIds": INSTANCE_ID,
    "launchId": LAUNCH_ID,
    "launchIds": LAUNCH_ID,
    "sessionId": "^ses-[a-z2-7]{26}$",
    "slotId": "^i-[0-9a-f]{8,17}\\.[1-9][0-9]*$",
}
"""By the name of a field; of a list, what each of its values looks like."""
BY_HEARSAY = {"OrphanTerminated"}
"""Its ids are what the tags of an instance say: anything."""


def entry_classes() -> dict[str, type[Entry]]:
    """Every kind of the Journal: all entries of its rooms but those that others are made from."""
    found: list[type[Entry]] = []
    for path in sorted((CORE / "greenroom/domain/journal").glob("*.py")):
        module = import_module(f"greenroom.domain.journal.{path.stem}")
        own = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
        found += [each for each in own if issubclass(each, Entry)]
    bases = {base for each in found for base in each.__bases__}
    return {each.__name__: each for each in found if each not in bases}


def fields_of(cls: type) -> dict[str, Any]:
    """Its fields that are told, with their types."""
    hidden = cls.NAMED_BY_ENTITY if issubclass(cls, Entry) else frozenset()
    hints = typing.get_type_hints(cls)
    return {each.name: hints[each.name] for each in dataclasses.fields(cls) if each.name not in hidden}


def optional_part(hint: Any) -> Any:
    """`X | None` -> X; None for what is never None."""
    parts = typing.get_args(hint) if isinstance(hint, UnionType) else ()
    return next((each for each in parts if each is not type(None)), None)


def schema_of(hint: Any, *, tells_null: bool) -> Json:
    """`tells_null`: what is None is sent as null; otherwise it is left out, as rows do."""
    if (present := optional_part(hint)) is not None:
        schema = schema_of(present, tells_null=tells_null)
        return {**schema, "type": [schema["type"], "null"]} if tells_null else schema
    if dataclasses.is_dataclass(hint):
        return _object(typing.cast(type, hint), tells_null=tells_null)
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": schema_of(typing.get_args(hint)[0], tells_null=tells_null)}
    if typing.get_origin(hint) is Mapping:
        values = schema_of(typing.get_args(hint)[1], tells_null=tells_null)
        return {"type": "object", "additionalProperties": values}
    if issubclass(hint, StrEnum):
        return {"enum": [each.value for each in hint]}
    return {"type": JSON_TYPES[hint]}


def _object(cls: type, *, tells_null: bool) -> Json:
    hints = fields_of(cls)
    needed = [camel(name) for name, hint in hints.items() if tells_null or optional_part(hint) is None]
    return {
        "type": "object",
        "properties": {camel(name): schema_of(hint, tells_null=tells_null) for name, hint in hints.items()},
        "required": needed,
        "additionalProperties": False,
    }


def description_of(cls: type) -> str:
    """Its docstring in one line."""
    return " ".join((cls.__doc__ or "").replace("`", "").split())


def built(hint: Any, value: Any) -> Any:
    """What `value` was made of."""
    hint = optional_part(hint) or hint
    if value is None:
        return None
    if dataclasses.is_dataclass(hint):
        hints = fields_of(typing.cast(type, hint))
        own = {name: built(each, value.get(camel(name))) for name, each in hints.items()}
        return typing.cast(type, hint)(**own)
    if typing.get_origin(hint) is tuple:
        return tuple(built(typing.get_args(hint)[0], each) for each in value)
    if typing.get_origin(hint) is Mapping:
        return dict(value)
    return Decimal(str(value)) if hint is Decimal else hint(value)


def event_of(cls: type[Event], detail: Json) -> Event:
    return cls(**{name: detail[camel(name)] for name in fields_of(cls)})


def entry_of(cls: type[Entry], row: Json) -> Entry:
    """Of a whole row: what is no fact stands behind the entity's own name."""
    owner = row["pk"].partition("#")[2].removeprefix("default#") or None
    return cls(
        **dict.fromkeys(cls.NAMED_BY_ENTITY, owner),
        **{name: built(hint, row.get(camel(name))) for name, hint in fields_of(cls).items()},
    )


def _with_patterns(schema: Json) -> Json:
    for name, each in schema.get("properties", {}).items():
        told = each.get("items", each)
        _with_patterns(told)
        if name in PATTERNS and told.get("type") == "string":
            told["pattern"] = PATTERNS[name]
    return schema


def main(folder: Path = ROOT / "events" / "journal" / "schemas") -> None:
    """Write the schemas of all entries."""
    for name, cls in entry_classes().items():
        schema = schema_of(cls, tells_null=False)
        head = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"https://greenroom.dev/events/journal/{name}.json",
            "title": name,
            "description": description_of(cls),
        }
        whole = head | (schema if name in BY_HEARSAY else _with_patterns(schema))
        (folder / f"{name}.json").write_text(json.dumps(whole, indent=2) + "\n")


if __name__ == "__main__":
    main()
