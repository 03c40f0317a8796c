"""Mends leading_keys, event_keys, passed_roles: a role may be held to keys of a request, and to the roles it passes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.conftest import Clients, allow, refused

AS_ROLE = Callable[..., Clients]
OPERATORS = {"ForAllValues:StringLike": ["mine#*"], "ForAllValues:StringEquals": ["mine#1", "mine#2"]}


def row(pk: str, sk: str = "1") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


@pytest.fixture
def own_rows(aws: Any, as_role: AS_ROLE) -> Callable[[str], Any]:
    """A DynamoDB client for rows whose partition key begins with `mine`, by table and by index."""

    def make(operator: str) -> Any:
        actions = [f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete", "BatchGet", "BatchWrite")]
        arn = aws.outputs["TableArn"]
        keys = {operator: {"dynamodb:LeadingKeys": OPERATORS.get(operator, ["mine#*"])}}
        reading = [*actions, "dynamodb:ConditionCheckItem", "dynamodb:Query"]
        return as_role(allow(reading, [arn, f"{arn}/index/*"], **keys))("dynamodb")

    return make


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_role_may_touch_the_rows_whose_key_it_names_and_no_others(aws: Any, own_rows: Any, operator: str) -> None:
    table, client = {"TableName": aws.outputs["Table"]}, own_rows(operator)
    calls = [
        lambda pk: client.put_item(**table, Item=row(pk)),
        lambda pk: client.get_item(**table, Key=row(pk)),
        lambda pk: client.update_item(**table, Key=row(pk)),
        lambda pk: client.delete_item(**table, Key=row(pk)),
    ]
    for call in calls:
        assert not refused(lambda call=call: call("mine#1"))
        assert refused(lambda call=call: call("theirs#1"))


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_query_is_held_to_the_key_of_what_it_asks(aws: Any, own_rows: Any, operator: str) -> None:
    client = own_rows(operator)

    def query(value: str, name: str, **more: Any) -> Any:
        return client.query(
            TableName=aws.outputs["Table"],
            KeyConditionExpression="#s <= :s AND #k = :k" if name == "pk" else "sk = :k",
            ExpressionAttributeValues={":k": {"S": value}, **({":s": {"S": "z"}} if name == "pk" else {})},
            **({"ExpressionAttributeNames": {"#k": "pk", "#s": "sk"}} if name == "pk" else {}),
            **more,
        )

    assert not refused(lambda: query("mine#1", "pk"))
    assert refused(lambda: query("theirs#1", "pk"))
    assert not refused(lambda: query("mine#1", "sk", IndexName="bySortKey"))
    assert refused(lambda: query("theirs#1", "sk", IndexName="bySortKey"))


def test_leading_keys_without_their_modifier_allow_nothing(aws: Any, own_rows: Any) -> None:
    """AWS wants ForAllValues with this key, whatever the call."""
    assert refused(lambda: own_rows("StringLike").get_item(TableName=aws.outputs["Table"], Key=row("mine#1")))


def test_each_item_of_a_transaction_is_asked_about(aws: Any, as_role: AS_ROLE) -> None:
    arn, name = aws.outputs["TableArn"], aws.outputs["Table"]
    client = as_role(
        allow("dynamodb:PutItem", arn, **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}}),
        allow("dynamodb:PutItem", arn, **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["b"]}}),
        allow("dynamodb:ConditionCheckItem", arn, **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["c"]}}),
    )("dynamodb")

    def write(*keys: str, checked: str = "c") -> Any:
        puts = [{"Put": {"TableName": name, "Item": row(key)}} for key in keys]
        absent = {"TableName": name, "Key": row(checked), "ConditionExpression": "attribute_not_exists(pk)"}
        return client.transact_write_items(TransactItems=[*puts, {"ConditionCheck": absent}])

    assert not refused(lambda: write("a", "b"))
    assert refused(lambda: write("a", "c"))
    assert refused(lambda: write("a", checked="b"))


def test_a_batch_is_refused_for_one_row_of_somebody_else(aws: Any, own_rows: Any) -> None:
    name, client = aws.outputs["Table"], own_rows("ForAllValues:StringLike")

    def read(*keys: str) -> Any:
        return client.batch_get_item(RequestItems={name: {"Keys": [row(key) for key in keys]}})

    def write(*keys: str) -> Any:
        puts = [{"PutRequest": {"Item": row(key)}} for key in keys]
        return client.batch_write_item(RequestItems={name: puts})

    for call in (read, write):
        assert not refused(lambda call=call: call("mine#1", "mine#2"))
        assert refused(lambda call=call: call("mine#1", "theirs#1"))


def test_a_refusal_names_the_action_and_the_resource(aws: Any, own_rows: Any) -> None:
    client = own_rows("ForAllValues:StringLike")
    with pytest.raises(client.exceptions.ClientError) as raised:
        client.put_item(TableName=aws.outputs["Table"], Item=row("theirs"))
    message = raised.value.response["Error"]["Message"]
    assert f"not authorized to perform: dynamodb:PutItem on resource: {aws.outputs['TableArn']} because" in message


@pytest.mark.parametrize("operator", ["StringEquals", "ForAllValues:StringEquals"])
def test_a_role_may_send_the_events_it_names_and_no_others(aws: Any, as_role: AS_ROLE, operator: str) -> None:
    keys = {operator: {"events:source": "greenroom.rights", "events:detail-type": ["Begun", "Ended"]}}
    client = as_role(allow("events:PutEvents", aws.outputs["BusArn"], **keys))("events")

    def send(*types: str, source: str = "greenroom.rights", bus: str = aws.outputs["Bus"]) -> Any:
        entries = [{"Source": source, "DetailType": each, "Detail": "{}", "EventBusName": bus} for each in types]
        return client.put_events(Entries=entries)

    assert not refused(lambda: send("Begun", "Ended"))
    assert refused(lambda: send("Begun", "Forged"))
    assert refused(lambda: send("Begun", source="greenroom.other"))
    assert refused(lambda: send("Begun", bus="default"))


def test_a_schedule_gets_only_a_role_that_its_maker_may_pass(aws: Any, as_role: AS_ROLE, role_of: Any) -> None:
    mine, other = role_of(allow("sqs:SendMessage", "*")), role_of(allow("sqs:SendMessage", "*"))
    client = as_role(
        allow("scheduler:CreateSchedule", "*"),
        allow("iam:PassRole", mine, StringEquals={"iam:PassedToService": "scheduler.amazonaws.com"}),
        allow("iam:PassRole", other, StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
    )("scheduler")

    def schedule(role: str) -> Any:
        return client.create_schedule(
            Name=f"later-{uuid.uuid4()}",
            ScheduleExpression="at(2099-01-01T00:00:00)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": aws.outputs["MachineArn"], "RoleArn": role, "Input": "{}"},
        )

    assert not refused(lambda: schedule(mine))
    assert refused(lambda: schedule(other))


def test_a_function_is_held_to_a_managed_policy_of_its_stack(aws: Any) -> None:
    def keep(under: str) -> Any:
        payload = {"do": "keep", "execution": f"managed-{uuid.uuid4()}", "token": "t", "under": under}
        answer = aws.client("lambda").invoke(FunctionName=aws.outputs["MisbehaveFunction"], Payload=json.dumps(payload))
        return json.load(answer["Payload"])

    assert keep("token")["do"] == "keep"
    assert "AccessDeniedException" in keep("other")["errorMessage"]
