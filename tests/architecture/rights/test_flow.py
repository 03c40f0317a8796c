"""The walk through the adapters sees what they do: each write on its own table, in its own partitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.architecture.modules import module
from tests.architecture.reach import accesses, adapters
from tests.architecture.reading import ROOT, function_names
from tests.architecture.rights.access import PARTS, Access
from tests.architecture.rights.flow import Flow
from tests.architecture.rights.value import Value

RECORDED = ROOT / "tests" / "architecture" / "calls" / "hot_session.yaml"
CALL = re.compile(r"(?:dynamodb )?(\w+) (sessions|fleet|catalog|journal) (\w+)")
"""`Put sessions SESSION/META`, `dynamodb GetItem catalog ACCOUNT/META`."""


def seen(port: str, method: str) -> set[str]:
    """`GetItem sessions SESSION#*` of each access of a table."""
    return {
        f"{each.action.partition(':')[2]} {each.table.removesuffix('_table')} {key}"
        for each in adapters()[port].accesses(method)
        for key in each.keys
    }


def test_an_adapter_of_two_tables_is_told_apart_write_by_write() -> None:
    assert seen("claims", "migrate") == {
        "GetItem sessions SESSION#*",
        "UpdateItem sessions SESSION#*",
        "PutItem sessions LINE#default#*",
    }
    assert {
        "ConditionCheckItem fleet INSTANCE#*",
        "DeleteItem fleet FREE#default#*#*#*",
        "DeleteItem sessions LINE#default#*",
    } <= seen("claims", "hand_over")
    assert not {each for each in seen("claims", "hand_over") if each.startswith("PutItem sessions")}


@pytest.mark.parametrize(
    ("port", "method", "index"),
    [
        ("sessions", "list_of_viewer", "byViewer"),
        ("live_sessions", "list_ids", "live"),
        ("quota_counters", "list_counted", "live"),
        ("fleet", "list_of_pool", "byPool"),
    ],
)
def test_a_query_of_an_index_is_no_query_of_its_table(port: str, method: str, index: str) -> None:
    assert index in {each.index for each in adapters()[port].accesses(method) if each.action == "dynamodb:Query"}


def test_every_method_of_every_adapter_can_be_followed() -> None:
    """One whose table cannot be seen raises; one that asks nothing of AWS would be a walk that ended too early."""
    silent = [
        (port, name)
        for port, adapter in adapters().items()
        if adapter.is_on_aws
        for cls, _, name in (each.partition(".") for each in getattr(module(adapter.module), "functions", {}))
        if cls == adapter.cls and not name.startswith("_") and not adapter.accesses(name)
    ]
    assert silent == []


def recorded(calls: Any) -> Iterator[tuple[str, str, str]]:
    """(action, table, kind of key) of every call that the recorder wrote down, transactions taken apart."""
    if isinstance(calls, dict):
        for each in calls.values():
            yield from recorded(each)
    elif isinstance(calls, list):
        for each in calls:
            yield from recorded(each)
    elif found := CALL.match(str(calls)):
        yield PARTS.get(found[1], found[1]), found[2], found[3]


def test_what_was_seen_to_be_called_was_seen_by_the_walk() -> None:
    known = {
        (each.action.partition(":")[2], each.table.removesuffix("_table"), key.partition("#")[0])
        for name in function_names()
        for each in accesses(name)
        for key in each.keys
    }
    found = set(recorded(yaml.safe_load(RECORDED.read_text())))
    assert len(found) > 15
    assert {each for each in found - known if (*each[:2], "*") not in known} == set()


def test_a_write_of_a_table_that_cannot_be_seen_is_an_error() -> None:
    flow = Flow()
    with pytest.raises(AssertionError, match="cannot see on which table"):
        flow.called("greenroom.aws.table.rows", "read", [Value(), Value(), Value()])


def test_an_access_says_whether_it_writes() -> None:
    writes = {each.action for each in accesses("request_session") if each.is_write}
    assert writes <= {f"dynamodb:{each}" for each in PARTS.values()}
    assert not Access("events:PutEvents").is_write
