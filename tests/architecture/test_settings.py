"""A function's environment is read in one place, by names that the template writes."""

from __future__ import annotations

import json

import pytest
from greenroom.entry.settings import SettingMissing, Settings

from tests.architecture.reading import functions, shared_environment

POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
"""Read by Powertools."""
NAMES = sorted(name for name, each in vars(Settings).items() if isinstance(each, property))
WRITTEN = {"heartbeat_s": ("15", 15), "lease_s": ("45", 45)}
WRITTEN |= {"ice_servers": (json.dumps([{"urls": ["stun:x"]}]), ({"urls": ["stun:x"]},))}
WRITTEN |= dict.fromkeys(("user_pool_client_ids", "turn_urls", "subnet_ids"), ("a, b,", ("a", "b")))
"""A setting that is no text -> how it is written, and what is read."""


def test_every_variable_of_the_template_is_a_setting_and_no_setting_is_left_over() -> None:
    given = {name for function in functions() for name in function.environment}
    assert given | shared_environment() == {name.upper() for name in NAMES} | POWERTOOLS


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_the_variable_of_its_name(name: str) -> None:
    written, read = WRITTEN.get(name, ("as it is", "as it is"))
    assert getattr(Settings({name.upper(): written}), name) == read


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingMissing, match=name.upper()):
        getattr(Settings({}), name)


@pytest.mark.parametrize(("name", "written"), [("lease_s", "soon"), ("lease_s", ""), ("ice_servers", "stun:x")])
def test_a_malformed_setting_is_named(name: str, written: str) -> None:
    with pytest.raises(SettingMissing, match=name.upper()):
        getattr(Settings({name.upper(): written}), name)


def test_what_all_functions_are_told_is_told_once() -> None:
    own = {name for function in functions() for name in function.environment}
    assert not own & shared_environment()
