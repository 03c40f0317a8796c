"""What the catalogue says of events is what the rules do; every function has a sample."""

from __future__ import annotations

import json
from typing import Any

import pytest
from greenroom.domain import events
from greenroom.domain.session.session import StatusReason
from greenroom.entry.socket.socket_caller import admitted_of, context_of

from tests.architecture.reading import (
    ROOT,
    function_names,
    pascal,
    resources,
    state_machine,
    state_machine_names,
    states,
    template,
)
from tests.architecture.test_catalogue import FAMILIES, catalogue

FOLDER = ROOT / "events"
BUS = FAMILIES["events"]


def read(kind: str, name: str) -> Any:
    return json.loads((FOLDER / kind / f"{name}.json").read_text())


ALARM_TOPIC = "the alarm topic, when given"


def our_rules() -> dict[str, Any]:
    """Logical id -> rule, of those on our own bus."""
    rules = resources("AWS::Events::Rule")
    return {name: rule for name, rule in rules.items() if rule.get("EventBusName") == {"Ref": "Bus"}}


def started_by() -> dict[str, str]:
    """Event -> the machine its rule starts, or the alarm topic: those rules, and only those, exist when it is given."""
    found = {}
    for logical_id, rule in our_rules().items():
        (name,) = rule["EventPattern"]["detail-type"]
        (target,) = rule["Targets"]
        assert logical_id == f"{name}Rule"
        assert rule["EventPattern"]["source"] == [events.SOURCE]
        is_alarm = target["Arn"] == {"Ref": "AlarmTopicArn"}
        assert template()["Resources"][logical_id].get("Condition") == ("HasAlarms" if is_alarm else None), logical_id
        assert is_alarm or target["Arn"] == {"Ref": f"{pascal(target['Id'])}Machine"}
        found[name] = ALARM_TOPIC if is_alarm else target["Id"]
    return found


def test_samples_are_the_events_and_the_functions() -> None:
    assert {path.stem for path in (FOLDER / "samples").glob("*.json")} == set(BUS.classes) | set(function_names())


def test_the_schema_of_an_end_knows_every_reason() -> None:
    assert read("schemas", "SessionEnded")["properties"]["statusReason"]["enum"] == [
        str(reason) for reason in StatusReason
    ]


def test_what_the_catalogue_says_is_started_is_what_the_rules_start() -> None:
    said = {name: cells[2] for name, cells in catalogue(BUS).items() if cells[2] != "nothing yet"}
    assert said == started_by()


@pytest.mark.parametrize("rule", our_rules().values(), ids=our_rules())
def test_a_rule_tries_for_a_day_and_keeps_what_it_could_not_deliver(rule: dict[str, Any]) -> None:
    for target in rule["Targets"]:
        assert target["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
        if target["Arn"] != {"Ref": "AlarmTopicArn"}:  # a topic lets the rule in by its own policy
            assert target["RoleArn"] == {"Fn::GetAtt": ["RulesRole", "Arn"]}


def test_the_dead_letter_queue_lets_in_every_rule_and_no_other() -> None:
    (policy,) = resources("AWS::SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    plain = [each["Fn::If"][1] if "Fn::If" in each else each for each in sources]
    assert sorted(each["Fn::GetAtt"][0] for each in plain) == sorted(resources("AWS::Events::Rule"))
    conditional = {each["Fn::If"][1]["Fn::GetAtt"][0] for each in sources if "Fn::If" in each}
    assert conditional == {f"{name}Rule" for name, started in started_by().items() if started == ALARM_TOPIC}


@pytest.mark.parametrize("name", [name for name, started in started_by().items() if started == ALARM_TOPIC])
def test_an_alarm_is_one_readable_sentence_that_tells_all_the_event_says(name: str) -> None:
    transformer = our_rules()[f"{name}Rule"]["Targets"][0]["InputTransformer"]
    text, paths = transformer["InputTemplate"]["Fn::Sub"], transformer["InputPathsMap"]
    detail = read("samples", name)["detail"]
    assert {path.removeprefix("$.detail.") for path in paths.values()} == set(detail)
    for variable, path in paths.items():
        assert f"<{variable}>" in text
        text = text.replace(f"<{variable}>", str(detail[path.removeprefix("$.detail.")]))
    assert text.startswith('"Greenroom ${AWS::StackName}: ')
    assert text.endswith('."')
    assert "<" not in text
    assert text.count('"') == 2


def test_every_schedule_keeps_what_it_could_not_deliver() -> None:
    for name, schedule in resources("AWS::Scheduler::Schedule").items():
        assert schedule["Target"]["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}, name
        assert "RetryPolicy" in schedule["Target"], name
        assert schedule["GroupName"] == {"Ref": "ScheduleGroup"}, name


def payload_of(name: str) -> set[str] | None:
    """The keys that a machine sends to a function, or None when no machine calls it."""
    for each in state_machine_names():
        for _, state in states(state_machine(each)):
            arguments = state.get("Arguments")
            if isinstance(arguments, dict) and arguments.get("FunctionName") == f"${{{pascal(name)}Function}}":
                return set(arguments["Payload"])
    return None


def heard_on_the_default_bus() -> dict[str, list[dict[str, Any]]]:
    """Function -> the rules beside our own bus that call it: what AWS says to the whole account."""
    found: dict[str, list[dict[str, Any]]] = {}
    for logical_id, rule in resources("AWS::Events::Rule").items():
        if logical_id not in our_rules():
            (target,) = rule["Targets"]
            assert "EventBusName" not in rule
            assert target["Arn"] == {"Fn::GetAtt": [f"{pascal(target['Id'])}Function", "Arn"]}
            assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}}
            assert "RetryPolicy" in target
            found.setdefault(target["Id"], []).append(rule)
    return found


def fits(event: dict[str, Any], rule: dict[str, Any]) -> bool:
    pattern = rule["EventPattern"]
    inside = all(event["detail"].get(key) in values for key, values in pattern.get("detail", {}).items())
    return inside and event["source"] in pattern["source"] and event["detail-type"] in pattern["detail-type"]


def test_each_rule_on_the_default_bus_may_call_its_function_and_no_other_may() -> None:
    allowed = [
        (properties["FunctionName"]["Ref"], properties["SourceArn"]["Fn::GetAtt"][0])
        for properties in resources("AWS::Lambda::Permission").values()
        if properties["Principal"] == "events.amazonaws.com"
    ]
    rules = resources("AWS::Events::Rule")
    calls = [
        (f"{pascal(name)}Function", logical_id)
        for name, own in heard_on_the_default_bus().items()
        for logical_id in rules
        if rules[logical_id] in own
    ]
    assert sorted(allowed) == sorted(calls)


@pytest.mark.parametrize("name", function_names())
def test_a_functions_sample_is_what_its_state_machine_or_route_sends(name: str) -> None:
    sample = read("samples", name)
    keys = payload_of(name)
    if keys is not None:
        assert set(sample) == keys
        return
    if name in heard_on_the_default_bus():
        assert any(fits(sample, rule) for rule in heard_on_the_default_bus()[name])
        return
    from tests.architecture.reading import functions

    function = next(each for each in functions() if each.name == name)
    routes = {f"{route.method} {route.path}" for route in function.routes}
    given = sample.get("routeKey") or sample["requestContext"]["routeKey"]
    assert given in routes or given in ("$connect", "$disconnect", "$default") or name == "authorize_viewer"
    if routes:
        assert ("iam" in sample["requestContext"]["authorizer"]) == function.routes[0].is_signed


@pytest.mark.parametrize("name", ["record_connection", "relay_frame"])
def test_a_socket_sample_carries_what_the_authorizer_says(name: str) -> None:
    context = read("samples", name)["requestContext"]["authorizer"]
    said = context_of(admitted_of(read("samples", name)))
    assert {key: context[key] for key in said} == said
    assert set(context) - set(said) == {"principalId"}
