"""Mends ttl and scheduler: what happens by itself when its time has come."""

from __future__ import annotations

import datetime
import json
import time
from typing import Any

from tests.engine.conftest import eventually


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
    assert removals[-1]["userIdentity"]["PrincipalId"] == "dynamodb.amazonaws.com"
    assert removals[-1]["dynamodb"]["OldImage"] == row


def test_a_one_time_schedule_starts_its_machine_on_time(aws: Any) -> None:
    scheduler, steps = aws.client("scheduler"), aws.client("stepfunctions")
    due = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=3)
    scheduler.create_schedule(
        Name="soon",
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": aws.outputs["MachineArn"],
            "RoleArn": "arn:aws:iam::000000000000:role/scheduler",
            "Input": json.dumps({"case": "scheduled"}),
        },
    )

    def started() -> Any:
        executions = steps.list_executions(stateMachineArn=aws.outputs["MachineArn"])["executions"]
        inputs = (steps.describe_execution(executionArn=each["executionArn"])["input"] for each in executions)
        return any(json.loads(each) == {"case": "scheduled"} for each in inputs)

    eventually(started, within_s=7)
    late = (datetime.datetime.now(datetime.UTC) - due).total_seconds()
    assert -1.5 < late < 3
