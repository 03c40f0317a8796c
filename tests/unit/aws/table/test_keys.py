"""Keys of what people name hold its tenant, so that a second tenant may use the same names and no row has to move."""

from __future__ import annotations

import re

import pytest
from greenroom.aws.event.event_rows import EVENTS, event_key
from greenroom.aws.instance.launch_rows import launch_row
from greenroom.aws.instance.offerings import refusals_key
from greenroom.aws.pool.catalog_rows import POOLS, application_key
from greenroom.aws.session.session_rows import line_key, session_key, viewer_key
from greenroom.aws.slot.slot_rows import free_key, instance_key, pool_index_key, pool_key
from greenroom.domain.instance.launch import Launch, LaunchState

from tests.architecture.reading import CORE

KEYS = {
    "POOL#default#demo": pool_key("demo"),
    "LINE#default#demo": line_key("demo"),
    "FREE#default#demo#app#03": free_key("demo", "app", 3),
    "OFFERING#default#demo": refusals_key("demo"),
    "APPLICATION#default#demo": application_key("demo"),
    "EVENT#default#evt-1": event_key("evt-1"),
    "EVENTS#default": EVENTS,
    "POOLS#default": POOLS,
    "default#demo": pool_index_key("demo"),
    "SESSION#ses-1": session_key("ses-1"),
    "VIEWER#ada": viewer_key("ada"),
    "INSTANCE#i-1": instance_key("i-1"),
}
OWNED = ("POOL", "LINE", "FREE", "OFFERING", "APPLICATION", "EVENT", "EVENTS", "POOLS")


@pytest.mark.parametrize("key", KEYS)
def test_what_people_name_is_under_its_tenant_and_what_is_random_is_not(key: str) -> None:
    assert KEYS[key] == key


def test_a_launch_lies_under_its_pool() -> None:
    launch = Launch("demo", "lau-1", "demo", 2, LaunchState.INTENDED, 0.0, "wanted")
    assert launch_row(launch)["pk"] == "POOL#default#demo"


def test_no_adapter_writes_such_a_key_by_hand() -> None:
    by_hand = re.compile(rf'f?"(?:{"|".join(OWNED)})#(?!\{{THE_TENANT\}})')
    adapters = (CORE / "greenroom" / "aws").rglob("*.py")
    assert [path.name for path in adapters if by_hand.search(path.read_text())] == []
