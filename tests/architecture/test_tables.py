"""The tables of the template hold what the adapters read: index names, keys, and what an index shows."""

from __future__ import annotations

import re

from greenroom.aws.session.session_rows import NOT_LISTED, listed_session_of, session_row
from greenroom.aws.table.codec import BrokenRow, required
from greenroom.domain.session.session import Moving, Session, SessionState, StatusReason
from greenroom.domain.session.session_view import session_view
from greenroom.ports.quota import CountedSession

from tests.architecture.reading import CORE, Json, resources
from tests.builders import a_session, a_slot, an_assignment

ENDED = a_session(
    state=SessionState.ENDED,
    requested_at=1_000.0,
    version=7,
    status_reason=StatusReason.USER_LEFT,
    assignment=an_assignment(a_slot(epoch=4)),
    task_token="secret",
    transitions={SessionState.ASSIGNED: 1_001.0, SessionState.CONNECTED: 1_002.0, SessionState.ENDED: 1_003.0},
    migrations=2,
    moving=Moving(1_002.5, 1_100.0, StatusReason.SPOT_INTERRUPTED),
)
"""Every field of its SessionView is filled."""


def indexes() -> dict[str, Json]:
    """By name, over all tables; names are used once."""
    found = [
        index
        for table in resources("AWS::DynamoDB::Table").values()
        for index in table.get("GlobalSecondaryIndexes", [])
    ]
    names = {index["IndexName"]: index for index in found}
    assert len(names) == len(found)
    return names


def test_the_adapters_query_the_indexes_that_exist() -> None:
    used = {
        name
        for path in (CORE / "greenroom" / "aws").rglob("*.py")
        for name in re.findall(r'"?IndexName"?[=:] ?"(\w+)"', path.read_text())
    }
    assert used == set(indexes())


def test_every_key_is_declared_and_every_declaration_is_a_key() -> None:
    for name, table in resources("AWS::DynamoDB::Table").items():
        schemas = [table["KeySchema"], *(index["KeySchema"] for index in table.get("GlobalSecondaryIndexes", []))]
        keys = {key["AttributeName"] for schema in schemas for key in schema}
        assert {attribute["AttributeName"] for attribute in table["AttributeDefinitions"]} == keys, name
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"], name


def names_in(index: str) -> set[str]:
    """What an index shows of an item."""
    found = indexes()[index]
    keys = {key["AttributeName"] for key in found["KeySchema"]}
    return {"pk", "sk", *keys, *found["Projection"]["NonKeyAttributes"]}


def shown(row: Json) -> Json:
    """A session's item as the index `byViewer` shows it."""
    return {name: value for name, value in row.items() if name in names_in("byViewer") and value is not None}


def test_an_index_shows_each_attribute_that_its_reader_cannot_do_without() -> None:
    """What has a default is another matter: the view below says what of it is needed."""
    assert required(Session) - names_in("byViewer") == set(NOT_LISTED)
    assert required(CountedSession) - names_in("live") == {"sessionId"}  # taken from the key
    assert indexes()["byPool"]["Projection"]["ProjectionType"] == "ALL"


def test_the_viewers_index_shows_a_whole_session_view() -> None:
    assert session_view(listed_session_of(shown(session_row(ENDED)))) == session_view(ENDED)


def test_the_viewers_index_shows_nothing_that_a_view_does_not_need() -> None:
    row = shown(session_row(ENDED))
    assert "secret" not in str(row)
    for name in indexes()["byViewer"]["Projection"]["NonKeyAttributes"]:
        without = {key: value for key, value in row.items() if key != name}
        try:
            changed = session_view(listed_session_of(without)) != session_view(ENDED)
        except BrokenRow:
            changed = True
        assert changed, f"{name}: paid for in every write, shown to nobody"


def test_the_reapers_index_is_sparse() -> None:
    """A session that is over leaves it; otherwise each pass would read all sessions of the past."""
    assert session_row(ENDED)["liveShard"] is None
    assert indexes()["live"]["KeySchema"][0]["AttributeName"] == "liveShard"
    shown = indexes()["live"]["Projection"]["NonKeyAttributes"]
    assert shown == ["viewerId", "tenantId", "quotaShards"]  # what a recount counts by, fixed for a session's life
