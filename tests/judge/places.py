"""Which line of a YAML file says what: judges that read the data want to name the place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

Keys = tuple[str | int, ...]
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def nodes(text: str) -> Iterator[tuple[Keys, yaml.Node]]:
    """Every node with the keys that lead to it; tags such as `!Sub` add no key."""
    root = yaml.compose(text, Loader=LOADER)
    if root is not None:
        yield from _below((), root)


def _below(path: Keys, node: yaml.Node) -> Iterator[tuple[Keys, yaml.Node]]:
    yield path, node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _below((*path, key.value), value)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _below((*path, number), value)


def lines(text: str) -> dict[Keys, int]:
    """Keys -> line, counted from 1: where the value begins, and for a mapping in a mapping where its key stands."""
    return {path: _line(node, path) for path, node in nodes(text)}


def _line(node: yaml.Node, path: Keys) -> int:
    in_block = isinstance(node, yaml.MappingNode | yaml.SequenceNode) and not node.flow_style
    key_is_above = in_block and bool(path) and isinstance(path[-1], str)
    return int(node.start_mark.line) + (0 if key_is_above else 1)


def nearest(known: dict[Keys, int], path: Keys) -> int:
    """The line of the longest beginning of `path` that the file has."""
    while path and path not in known:
        path = path[:-1]
    return known.get(path, 1)
