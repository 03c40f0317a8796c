"""What operators set is written down with who set it, and two operators at once lose nothing."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from greenroom.domain.errors import InvalidField
from greenroom.domain.journal.pool import PoolConfigured
from greenroom.domain.pool.pool import PoolPolicy
from greenroom.domain.slot.slot import SlotState, shard_of, shards_of
from greenroom.domain.socket.relay import RelayPolicy
from greenroom.usecases.line.find_free_slots import find_free_slots
from greenroom.usecases.pool.configure_catalog import PoolChange, change_pool, configure_application, configure_pool
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_policy, a_pool
from tests.fakes.stage import add_slot, stage
from tests.fakes.store import change, remove


def test_configuring_asks_for_a_pass_and_says_who_did_it() -> None:
    ports = stage(1)
    application, pool = ports.catalog.application("demo"), ports.catalog.pool("demo")
    configure_application(application, "op", ports)
    configure_pool(pool, "op", ports)
    assert ports.bus.kinds() == ["PoolChanged"]
    assert [(each.entry.kind, each.entry.facts()["operator"]) for each in ports.memory.journal] == [
        ("ApplicationConfigured", "op"),
        ("PoolConfigured", "op"),
    ]


def test_a_relay_can_be_insisted_on_only_where_there_is_one() -> None:
    ports = stage(1)
    relayed = replace(ports.catalog.application("demo"), relay=RelayPolicy.RELAY)
    with pytest.raises(InvalidField, match=r"relay: must be all.*TurnUrls"):
        configure_application(relayed, "op", ports)
    assert ports.catalog.application("demo").relay is RelayPolicy.ALL
    assert not ports.memory.journal
    ports.turn_urls = ("turn:turn.example",)
    assert configure_application(relayed, "op", ports) == ports.catalog.application("demo") == relayed


def test_a_change_made_between_reading_and_writing_is_kept() -> None:
    ports = stage(1)
    others = [PoolChange({"maximum": 50}), PoolChange({"spot_share": 40})]

    def between(step: str) -> None:
        if step == "catalog.save_pool" and others:
            change_pool("demo", others.pop(), "eve", ports)

    ports.memory.between = between
    change_pool("demo", PoolChange({"target_idle": 3}), "ada", ports)
    assert ports.catalog.pool("demo").policy == PoolPolicy(0, 3, 50, spot_share=40)
    made = [
        (each.operator, each.before and each.before.version, each.after.version)
        for each in ports.memory.entries(PoolConfigured)
    ]
    assert made == [("eve", 0, 1), ("eve", 1, 2), ("ada", 2, 3)]


def test_a_change_is_checked_against_what_it_meets_when_it_is_written() -> None:
    ports = stage(1)
    lowered = [PoolChange({"maximum": 2})]

    def between(step: str) -> None:
        if step == "catalog.save_pool" and lowered:
            change_pool("demo", lowered.pop(), "eve", ports)

    ports.memory.between = between
    with pytest.raises(InvalidField, match=r"policy\.targetIdle: must be at most 2"):
        change_pool("demo", PoolChange({"target_idle": 3}), "ada", ports)
    assert ports.catalog.pool("demo").policy.target_idle == 0


@given(st.lists(st.integers(0, 1500), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_slot_is_in_sight_whatever_the_maximum_was_when_it_came_and_became_since(
    maxima: list[int], rng: Random
) -> None:
    ports = stage(0)
    remove(ports, ports.catalog.pool("demo"))
    instance_id = f"i-{rng.getrandbits(64):016x}"
    configure_pool(a_pool(policy=a_policy(maximum=maxima[0])), "op", ports)
    slot = add_slot(ports, instance_id, SlotState.FREE)
    change(ports, slot, shard=shard_of(instance_id, ports.catalog.pool("demo").policy.maximum))
    for maximum in maxima[1:]:
        change_pool("demo", PoolChange({"maximum": maximum}), "op", ports)
        found = next(find_free_slots(ports.catalog.pool("demo"), ports))
        assert found.slot_id == slot.slot_id
    assert ports.catalog.pool("demo").shards == shards_of(max(maxima))


def test_replacing_a_pool_keeps_in_sight_what_a_higher_maximum_left() -> None:
    ports = stage(0)
    remove(ports, ports.catalog.pool("demo"))
    configure_pool(a_pool(policy=a_policy(maximum=1000)), "op", ports)
    assert configure_pool(a_pool(policy=a_policy(maximum=10)), "op", ports).shards == 16
