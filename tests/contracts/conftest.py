"""Every contract runs on each implementation of the ports: in memory, and DynamoDB as moto simulates it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.houses import KINDS, DynamoHouse, House, MemoryHouse


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    """An empty house of one kind: its ports, and how to put instances and slots into it."""
    if request.param == "memory":
        yield MemoryHouse()
        return
    with DynamoHouse.on_moto(KINDS[request.param]) as built:
        yield built
