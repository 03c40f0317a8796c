"""Mends ttl and scheduler: what happens by itself when its time has come."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from typing import Any

from tests.engine.conftest import allow, eventually


def test_an_expired_row_goes_and_its_stream_says_so(aws: Any) -> None:
    table = aws.outputs["Table"]
    database, streams = aws.client("dynamodb"), aws.client("dynamodbstreams")
    described = database.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"}
    row = {"pk": {"S": "expiring"}, "sk": {"S": "1"}, "expiresAt": {"N": str(int(time.time()) - 1)}}
    database.put_item(TableName=table, Item=row)
    database.put_item(TableName=table, Item={**row, "sk": {"S": "2"}, "expiresAt": {"S": "not a number"}})
    key = {"pk": row["pk"], "sk": row["sk"]}
    eventually(lambda: "Item" not in database.get_item(TableName=table, Key=key), within_s=8)
    assert "Item" in database.get_item(TableName=table, Key={**key, "sk": {"S": "2"}})
    stream = database.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    removals = [record for record in records if record["eventName"] == "REMOVE"]
    assert "userIdentity" in removals[-1]  # its members are spelled as a function gets them, so boto3 drops them
    assert removals[-1]["dynamodb"]["OldImage"] == row


def test_one_time_schedules_start_their_machine_on_time(aws: Any, role_of: Callable[..., str]) -> None:
    role = role_of(allow("states:StartExecution", aws.outputs["MachineArn"]))
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    due = [now + datetime.timedelta(seconds=3), now + datetime.timedelta(seconds=7)]  # one sweep cannot serve both
    for number, moment in enumerate(due):
        schedule(aws, number, moment, role)
    started = eventually(lambda: starts_of_scheduled(aws), within_s=12)
    for number, moment in enumerate(due):
        assert -0.1 < (started[number] - moment).total_seconds() < 2.5


def schedule(aws: Any, number: int, moment: datetime.datetime, role: str) -> None:
    aws.client("scheduler").create_schedule(
        Name=f"soon-{number}",
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": aws.outputs["MachineArn"],
            "RoleArn": role,
            "Input": json.dumps({"case": "scheduled", "number": number}),
        },
    )


def starts_of_scheduled(aws: Any) -> dict[int, datetime.datetime] | None:
    """When the executions of both schedules started."""
    steps = aws.client("stepfunctions")
    starts = {}
    for each in steps.list_executions(stateMachineArn=aws.outputs["MachineArn"])["executions"]:
        execution = steps.describe_execution(executionArn=each["executionArn"])
        given = json.loads(execution["input"])
        if given["case"] == "scheduled":
            starts[given["number"]] = execution["startDate"]
    return starts if len(starts) == 2 else None
