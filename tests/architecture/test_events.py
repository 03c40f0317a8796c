"""An event is the same in its class, schema, sample, rule and catalogue row; every function has a sample."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from typing import Any

import jsonschema
import pytest
from greenroom.domain import events
from greenroom.domain.session import StatusReason
from greenroom.entry.socket_caller import admitted_of, context_of

from tests.architecture.reading import (
    ROOT,
    function_names,
    machine,
    machine_names,
    pascal,
    python_files,
    resources,
    states,
)

CLASSES = {cls.__name__: cls for cls in events.Event.__subclasses__()}
FOLDER = ROOT / "events"
JSON_TYPES: dict[str, Any] = {"str": "string", "int": "integer", "str | None": ["string", "null"]}


def read(kind: str, name: str) -> Any:
    return json.loads((FOLDER / kind / f"{name}.json").read_text())


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def catalogue() -> dict[str, list[str]]:
    """Name -> the cells of its row."""
    rows = re.findall(r"^\| \[(\w+)\]\(([^)]+)\) \|(.*)\|$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert all(link == f"schemas/{name}.json" for name, link, _ in rows)
    return {name: [cell.strip() for cell in cells.split("|")] for name, _, cells in rows}


def started_by() -> dict[str, str]:
    """Event -> the machine its rule starts."""
    found = {}
    for logical_id, rule in resources("AWS::Events::Rule").items():
        (name,) = rule["EventPattern"]["detail-type"]
        (target,) = rule["Targets"]
        assert logical_id == f"{name}Rule"
        assert rule["EventPattern"]["source"] == [events.SOURCE]
        assert target["Arn"] == {"Ref": f"{pascal(target['Id'])}Machine"}
        found[name] = target["Id"]
    return found


def test_classes_schemas_and_rows_are_the_same_set() -> None:
    assert {path.stem for path in (FOLDER / "schemas").glob("*.json")} == set(CLASSES) == set(catalogue())


def test_samples_are_the_events_and_the_functions() -> None:
    assert {path.stem for path in (FOLDER / "samples").glob("*.json")} == set(CLASSES) | set(function_names())


@pytest.mark.parametrize("name", CLASSES)
def test_a_schema_has_the_fields_of_its_class(name: str) -> None:
    schema = read("schemas", name)
    fields = {camel(field.name): JSON_TYPES[str(field.type)] for field in dataclasses.fields(CLASSES[name])}
    assert schema["title"] == name
    assert schema["description"] == (CLASSES[name].__doc__ or "").replace("`", "")
    assert schema["required"] == list(fields) == list(schema["properties"])
    assert schema["additionalProperties"] is False
    for key, kind in fields.items():
        assert schema["properties"][key].get("type", "string") == kind


@pytest.mark.parametrize("name", CLASSES)
def test_a_sample_is_what_the_class_sends_and_fits_its_schema(name: str) -> None:
    sample, schema = read("samples", name), read("schemas", name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(sample["detail"], schema)
    snake = {field.name: sample["detail"][camel(field.name)] for field in dataclasses.fields(CLASSES[name])}
    event = CLASSES[name](**snake)
    assert (event.detail(), event.detail_type, events.SOURCE) == (
        sample["detail"],
        sample["detail-type"],
        sample["source"],
    )


def test_the_schema_of_an_end_knows_every_reason() -> None:
    assert read("schemas", "SessionEnded")["properties"]["statusReason"]["enum"] == [
        str(reason) for reason in StatusReason
    ]


def test_what_the_catalogue_says_is_started_is_what_the_rules_start() -> None:
    said = {name: cells[2] for name, cells in catalogue().items() if cells[2] != "nothing yet"}
    assert said == started_by()


@pytest.mark.parametrize("rule", resources("AWS::Events::Rule").values(), ids=resources("AWS::Events::Rule"))
def test_a_rule_tries_for_a_day_and_keeps_what_it_could_not_deliver(rule: dict[str, Any]) -> None:
    assert rule["EventBusName"] == {"Ref": "Bus"}
    for target in rule["Targets"]:
        assert target["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
        assert target["RoleArn"] == {"Fn::GetAtt": ["RulesRole", "Arn"]}


def test_every_schedule_keeps_what_it_could_not_deliver() -> None:
    for name, schedule in resources("AWS::Scheduler::Schedule").items():
        assert schedule["Target"]["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}, name
        assert "RetryPolicy" in schedule["Target"], name
        assert schedule["GroupName"] == {"Ref": "ScheduleGroup"}, name


def sent() -> set[str]:
    """Event classes that some code of ours constructs."""
    found = set()
    for path in python_files("functions", "layers/core/greenroom/usecases", "layers/core/greenroom/planning"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                found.add(ast.unparse(node.func).rpartition(".")[2])
    return found & set(CLASSES)


def test_every_event_is_sent_by_someone() -> None:
    assert sent() == set(CLASSES)


def payload_of(name: str) -> set[str] | None:
    """The keys that a machine sends to a function, or None when no machine calls it."""
    for each in machine_names():
        for _, state in states(machine(each)):
            arguments = state.get("Arguments")
            if isinstance(arguments, dict) and arguments.get("FunctionName") == f"${{{pascal(name)}Function}}":
                return set(arguments["Payload"])
    return None


@pytest.mark.parametrize("name", function_names())
def test_a_functions_sample_is_what_its_machine_or_door_sends(name: str) -> None:
    sample = read("samples", name)
    keys = payload_of(name)
    if keys is not None:
        assert set(sample) == keys
        return
    from tests.architecture.reading import functions

    function = next(each for each in functions() if each.name == name)
    routes = {f"{route.method} {route.path}" for route in function.routes}
    given = sample.get("routeKey") or sample["requestContext"]["routeKey"]
    assert given in routes or given in ("$connect", "$disconnect", "$default") or name == "authorize_viewer"
    if routes:
        assert ("iam" in sample["requestContext"]["authorizer"]) == function.routes[0].is_signed


@pytest.mark.parametrize("name", ["open_connection", "close_connection", "relay_frame"])
def test_a_socket_sample_carries_what_the_authorizer_says(name: str) -> None:
    context = read("samples", name)["requestContext"]["authorizer"]
    said = context_of(admitted_of(read("samples", name)))
    assert {key: context[key] for key in said} == said
    assert set(context) - set(said) == {"principalId"}
