"""Gap: DescribeInstances ignores the filter `instance-id`, so asking for a stranger answers with everybody.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2


def apply() -> None:
    matches = ec2._matches_filters

    def matches_id_too(instance: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        wanted = filters.get("instance-id")
        return (wanted is None or instance["InstanceId"] in wanted) and bool(matches(instance, filters))

    ec2._matches_filters = matches_id_too
