"""Each function's Settings is exactly its environment in the template."""

from __future__ import annotations

import dataclasses
import importlib

import pytest

from tests.architecture.reading import Function, function_names, functions, pascal

COMMON = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
"""Set for all functions, read by Powertools."""


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)
def test_settings_are_the_functions_environment(function: Function) -> None:
    settings = importlib.import_module("greenroom.entry.settings")
    name = f"{pascal(function.name)}Settings"
    assert hasattr(settings, name), f"greenroom/entry/settings.py has no {name}"
    declared = {field.name.upper() for field in dataclasses.fields(getattr(settings, name))}
    assert declared == set(function.environment), "Settings and template.yaml disagree"


@pytest.mark.parametrize("name", function_names())
def test_settings_are_frozen(name: str) -> None:
    settings = getattr(importlib.import_module("greenroom.entry.settings"), f"{pascal(name)}Settings", None)
    assert settings is not None
    assert settings.__dataclass_params__.frozen
    assert callable(settings.from_env)


def test_no_settings_class_is_left_over() -> None:
    settings = importlib.import_module("greenroom.entry.settings")
    classes = {name for name in vars(settings) if name.endswith("Settings") and name != "Settings"}
    assert classes <= {f"{pascal(name)}Settings" for name in function_names()}


def test_the_common_environment_is_powertools_alone() -> None:
    from tests.architecture.reading import template

    assert set(template()["Globals"]["Function"]["Environment"]["Variables"]) == COMMON
