"""Gap: DescribeInstances ignores the filter `instance-id`, so asking for a stranger answers with everybody.

And a list never leaves out what it should show, as AWS's may: it does for those that a door named (omissions.py).

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from greenroom_lab.engine.omissions import OMISSIONS


def apply() -> None:
    matches = ec2._matches_filters

    def matches_id_too(instance: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        wanted = filters.get("instance-id")
        is_meant = (wanted is None or instance["InstanceId"] in wanted) and bool(matches(instance, filters))
        return is_meant and not (filters and OMISSIONS.strike(instance["InstanceId"]))

    ec2._matches_filters = matches_id_too
