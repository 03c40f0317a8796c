"""Instance rows and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from greenroom.aws.slot.slot_rows import instance_key, pool_index_key
from greenroom.aws.table.codec import decoded, encoded
from greenroom.domain.instance.instance import Instance, InstanceState

KEPT_S = 7 * 24 * 3600
"""How long the rows of a terminated instance are kept. The Journal keeps its history for good."""


def instance_row(instance: Instance) -> dict[str, Any]:
    """The whole item; `poolKey` puts it into the pool's index until it is Terminated."""
    is_gone = instance.state is InstanceState.TERMINATED
    own = {"pk": instance_key(instance.instance_id), "sk": "META"}
    return {**own, "poolKey": None if is_gone else pool_index_key(instance.pool_id), **encoded(instance)}


def instance_of(row: Mapping[str, Any]) -> Instance:
    return decoded(Instance, row)
