"""A function answers the routes that the template gives it, by a table, and no others."""

from __future__ import annotations

import pytest

from tests.architecture.reading import Function, functions, module_name, python_files, socket_routes
from tests.functions.invocations import module_of


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)
def test_a_functions_table_holds_the_routes_that_the_template_gives_it(function: Function) -> None:
    assert set(getattr(module_of(function.name), "ROUTES", {})) == function.route_keys


def test_the_routes_of_the_viewer_socket_are_found() -> None:
    assert socket_routes() == {
        "RecordConnectionFunction": {"$connect", "$disconnect"},
        "RelayFrameFunction": {"$default"},
    }


def test_the_route_of_an_event_is_read_in_one_place() -> None:
    """Whoever reads it elsewhere decides by a part of it, and what falls through is somebody else's route."""
    texts = {module_name(path): path.read_text() for path in python_files("functions", "layers/core")}
    told_by = ("routeKey", "rawPath", "resourcePath")
    assert {name for name, text in texts.items() if any(each in text for each in told_by)} == {"greenroom.entry.routes"}
