"""docs/openapi.yaml = the template's routes = the handlers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import ApplicationKind
from greenroom.domain.session.session import SessionState, StatusReason
from greenroom.domain.session.session_view import session_view
from greenroom.domain.slot.slot import SlotState
from openapi_spec_validator import validate

from tests.architecture.reading import FUNCTIONS, ROOT, Route, functions, resources
from tests.architecture.test_tables import ENDED
from tests.functions.openapi import DOCUMENT

METHODS = ("get", "put", "post", "delete", "patch")


def documented() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def deployed() -> dict[tuple[str, str], Route]:
    return {(route.method, route.path): route for function in functions() for route in function.routes}


def test_the_document_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)


def test_the_document_and_the_template_have_the_same_routes() -> None:
    assert set(documented()) == set(deployed())


@pytest.mark.parametrize("key", deployed(), ids=" ".join)
def test_an_operation_names_the_function_and_the_signature_of_its_route(key: tuple[str, str]) -> None:
    operation, route = documented()[key], deployed()[key]
    assert operation["x-function"] == route.function
    is_signed = operation.get("security", DOCUMENT["security"]) == [{"instanceProfile": []}]
    assert is_signed == route.is_signed == route.path.startswith("/agent/")


@pytest.mark.parametrize("key", deployed(), ids=" ".join)
def test_every_operation_has_its_handler(key: tuple[str, str]) -> None:
    assert (FUNCTIONS / documented()[key]["x-function"] / "handler.py").is_file()


@pytest.mark.parametrize("key", documented(), ids=" ".join)
def test_an_operation_declares_its_path_parameters(key: tuple[str, str]) -> None:
    item = DOCUMENT["paths"][key[1]]
    given = {reference["$ref"].rpartition("/")[2] for reference in item.get("parameters", [])}
    assert given == set(re.findall(r"\{(\w+)\}", key[1]))


@pytest.mark.parametrize("key", documented(), ids=" ".join)
def test_every_call_with_a_body_can_be_told_what_is_wrong_with_it(key: tuple[str, str]) -> None:
    operation = documented()[key]
    if "requestBody" in operation:
        assert "400" in operation["responses"]


@pytest.mark.parametrize("key", documented(), ids=" ".join)
def test_an_answers_statuses_are_those_of_the_protocol(key: tuple[str, str]) -> None:
    """Where docs/protocol.md says `201`, so does the OpenAPI document."""
    text = (ROOT / "docs" / "protocol.md").read_text()
    row = re.search(rf"^\| `{key[0]} {re.escape(key[1])}` \|(.*)$", text, re.MULTILINE)
    if row is None:
        assert f"`{key[0]} {key[1]}`" in text
        return
    told = set(re.findall(r"\b(20\d|40\d)\b", row[1].rpartition("|")[0].rpartition("|")[2]))
    assert told <= set(documented()[key]["responses"])


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("SessionState", SessionState),
        ("SlotState", SlotState),
        ("InstanceState", InstanceState),
        ("StatusReason", StatusReason),
    ],
)
def test_the_documents_words_are_the_domains(name: str, states: Any) -> None:
    assert set(DOCUMENT["components"]["schemas"][name]["enum"]) == {str(each) for each in states}


def test_the_documents_kinds_are_the_domains() -> None:
    kinds = DOCUMENT["components"]["schemas"]["Application"]["properties"]["kind"]["enum"]
    assert set(kinds) == {str(kind) for kind in ApplicationKind}


def test_a_session_view_fits_its_schema() -> None:
    schema = {"$ref": "#/components/schemas/SessionView", "components": DOCUMENT["components"]}
    waiting = replace(ENDED, state=SessionState.QUEUED, assignment=None, status_reason=None, transitions={})
    for session in (ENDED, waiting):
        jsonschema.validate(session_view(session, 1), schema, cls=jsonschema.Draft202012Validator)
    assert set(DOCUMENT["components"]["schemas"]["SessionView"]["properties"]) == set(session_view(ENDED))


def test_every_other_route_asks_the_viewer_authorizer_each_time() -> None:
    """A cached answer would cover every route of the API."""
    (api,) = resources("AWS::Serverless::HttpApi").values()
    assert api["Auth"]["DefaultAuthorizer"] == "Viewer"
    viewer = api["Auth"]["Authorizers"]["Viewer"]
    assert viewer["Identity"] == {"Headers": ["Authorization"], "ReauthorizeEvery": 0}
    assert viewer["AuthorizerPayloadFormatVersion"] == "2.0"
    assert viewer["EnableSimpleResponses"] is True
    assert viewer["FunctionArn"] == {"Fn::GetAtt": ["AuthorizeViewerFunction", "Arn"]}


def test_both_apis_are_throttled() -> None:
    stages = [*resources("AWS::Serverless::HttpApi").values(), *resources("AWS::ApiGatewayV2::Stage").values()]
    assert {stage["StageName"] for stage in stages} == {"api", "socket"}  # the paths of the one origin
    for stage in stages:
        assert set(stage["DefaultRouteSettings"]) == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}


def test_only_connect_may_decide_who_is_on_the_socket() -> None:
    routes = {route["RouteKey"]: route for route in resources("AWS::ApiGatewayV2::Route").values()}
    assert set(routes) == {"$connect", "$disconnect", "$default"}
    assert routes["$connect"]["AuthorizationType"] == "CUSTOM"
    (authorizer,) = resources("AWS::ApiGatewayV2::Authorizer").values()
    assert authorizer["IdentitySource"] == ["route.request.querystring.ticket"]
