"""An application's relay policy survives its row, and so does a session's; rows of before it mean all ways."""

from __future__ import annotations

from dataclasses import replace

from greenroom.aws.pool.catalog_rows import application_of, application_row
from greenroom.aws.session.session_rows import session_of, session_row
from greenroom.domain.socket.relay import RelayPolicy

from tests.fakes.stage import launch, stage


def test_the_policy_is_read_as_it_was_written() -> None:
    ports = stage(1)
    application = replace(ports.catalog.application("demo"), relay=RelayPolicy.RELAY)
    session = replace(launch(ports).session, relay=RelayPolicy.RELAY)
    assert application_of(application_row(application)).relay is RelayPolicy.RELAY
    assert session_of(session_row(session)).relay is RelayPolicy.RELAY


def test_a_row_without_a_policy_means_all_ways() -> None:
    ports = stage(1)
    old_application = application_row(ports.catalog.application("demo"))
    old_session = session_row(launch(ports).session)
    del old_application["relay"], old_session["relay"]
    assert application_of(old_application).relay is session_of(old_session).relay is RelayPolicy.ALL
