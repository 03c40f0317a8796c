"""The call by which `greenroom destroy` halts every pool: only past the HTTP API, and the Journal names it."""

from __future__ import annotations

import pytest
from greenroom.domain.errors import InvalidField, StoreBusy
from greenroom_cli.removal.halt import payload
from greenroom_lab.memory.conflicts import conflicts
from greenroom_lab.memory.ports import FakePorts

from tests.builders import a_pool
from tests.fakes.stage import stage
from tests.functions.invocations import body_of, handle_of, sample, viewer_event
from tests.functions.test_routes import called


def two_pools() -> FakePorts:
    ports = stage(1)
    ports.catalog.save_pool(a_pool("game"))
    return ports


def test_every_pool_is_halted_and_the_journal_says_by_what() -> None:
    ports = two_pools()
    assert handle_of("operate_pool")(payload(), ports) == {"halted": ["demo", "game"]}
    for pool_id in ("demo", "game"):
        halt = ports.pools.read(pool_id).halted
        assert halt is not None
        assert (halt.by, halt.reason) == ("greenroom destroy", "the stack is being deleted")
    written = [each.entry for each in ports.memory.journal]
    assert [(each.kind, each.facts()["operator"]) for each in written] == [("PoolHalted", "greenroom destroy")] * 2
    assert ports.bus.kinds() == ["PoolHalted", "PoolHalted"]


def test_a_second_call_changes_nothing() -> None:
    ports = two_pools()
    for _ in range(2):
        assert handle_of("operate_pool")(payload(), ports) == {"halted": ["demo", "game"]}
    assert len(ports.memory.journal) == 2


def test_a_pool_whose_halt_fails_keeps_no_other_from_its_turn() -> None:
    ports = two_pools()
    with conflicts(ports, every=2), pytest.raises(StoreBusy):  # of each pool the second write, the Journal's
        handle_of("operate_pool")(payload(), ports)
    assert [pool_id for pool_id in ("demo", "game") if ports.pools.read(pool_id).halted] == ["demo", "game"]


@pytest.mark.parametrize("field", ["reason", "by"])
@pytest.mark.parametrize("value", [None, "", 7])
def test_a_call_without_a_reason_or_a_caller_does_nothing(field: str, value: object) -> None:
    with pytest.raises(InvalidField, match=field):
        called("operate_pool", {**payload(), field: value})


@pytest.mark.parametrize("at", ["body", "pathParameters", "queryStringParameters", "headers"])
def test_a_viewer_of_the_http_api_cannot_make_it(at: str) -> None:
    """Whatever a request holds, API Gateway puts it one level down, beside a context of its own."""
    ports = two_pools()
    event = {**viewer_event("POST /pools/{poolId}/halt", payload(), poolId="demo"), at: payload()}
    if at == "body":
        event = viewer_event("POST /pools/{poolId}/halt", payload(), poolId="demo")
    assert handle_of("operate_pool")(event, ports)["statusCode"] == 403
    assert ports.memory.journal == []


def test_a_request_of_the_api_is_one_even_if_it_looks_like_the_call() -> None:
    ports = two_pools()
    answer = handle_of("operate_pool")({**sample("operate_pool"), **payload()}, ports)
    assert body_of(answer)["poolId"] == "demo"
    assert ports.pools.read("game").halted is None


@pytest.mark.parametrize("command", [None, "resumeEveryPool", "", 7])
def test_another_command_is_none(command: object) -> None:
    assert called("operate_pool", {**payload(), "command": command})["statusCode"] == 404
