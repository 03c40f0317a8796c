"""What the functions of a running platform logged.

`python -m greenroom_lab.platform.function_logs [part of a name]`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import boto3

from greenroom_lab.local_file import NoLocalPlatform, read_local_platform

PREFIX = "/aws/lambda/"


def function_logs(logs: Any, part: str = "") -> Iterator[str]:
    """Each line with its function's name, function by function. `logs` is a CloudWatch Logs client."""
    for group in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=PREFIX):
        for name in (each["logGroupName"] for each in group["logGroups"] if part in each["logGroupName"]):
            for stream in logs.describe_log_streams(logGroupName=name)["logStreams"]:
                events = logs.get_log_events(
                    logGroupName=name, logStreamName=stream["logStreamName"], startFromHead=True
                )["events"]
                yield from (f"{name.removeprefix(PREFIX)}: {event['message'].rstrip()}" for event in events)


def main(arguments: list[str]) -> int:
    try:
        platform = read_local_platform()
    except NoLocalPlatform as error:
        print(f"greenroom: {error}", file=sys.stderr)
        return 1
    logs = boto3.client(
        "logs",
        endpoint_url=platform.aws_endpoint_url,
        region_name=platform.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for line in function_logs(logs, arguments[0] if arguments else ""):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
