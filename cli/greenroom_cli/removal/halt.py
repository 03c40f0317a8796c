"""Every pool's policy becomes zero in its own row, so that nothing launches while the rest goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from greenroom_cli.aws.account import Account
from greenroom_cli.removal.resources import Resource

AMOUNTS = ("alwaysOn", "targetIdle", "maximum", "warmInstances")
"""What a pool's policy asks for."""


@dataclass(frozen=True, slots=True)
class Halted:
    """`pools`: how many launch nothing more; None when they could not be halted, and `why`."""

    pools: int | None
    why: str = ""


def halt_pools(account: Account, resources: Sequence[Resource]) -> Halted:
    """Never raises for what is missing: on a stack that is half gone the rest is still to be ended."""
    catalog = next((each.name for each in resources if each.logical_id == "CatalogTable"), "")
    if not catalog:
        return Halted(None, "the table of pools is gone")
    try:
        return Halted(_halt_rows(account.client("dynamodb"), catalog))
    except (BotoCoreError, ClientError) as error:
        return Halted(None, str(error))


def _halt_rows(table: Any, catalog: str) -> int:
    pools: Sequence[Mapping[str, Any]] = table.scan(
        TableName=catalog,
        FilterExpression="begins_with(pk, :pool) AND sk = :meta",
        ExpressionAttributeValues={":pool": {"S": "POOL#"}, ":meta": {"S": "META"}},
    )["Items"]
    for pool in pools:
        table.update_item(
            TableName=catalog,
            Key={"pk": pool["pk"], "sk": pool["sk"]},
            UpdateExpression="SET " + ", ".join(f"#policy.#{name} = :zero" for name in AMOUNTS),
            ExpressionAttributeNames={f"#{name}": name for name in ("policy", *AMOUNTS)},
            ExpressionAttributeValues={":zero": {"N": "0"}},
        )
    return len(pools)
