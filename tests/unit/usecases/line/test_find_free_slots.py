"""Where a claim looks: the pool's own partitions, the instance its placement prefers, and no herd after one slot.

A herd is simulated in lockstep, the worst there is: everybody looks, then everybody tries, then whoever lost looks
again. Printed with `pytest -s`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from statistics import mean

import pytest
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.pool.pool import Placement, Pool
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import SHARDS, FreeSlot, Slot, shard_of
from greenroom.usecases.line.find_free_slots import FEW_PAGE, find_free_slots
from greenroom.usecases.session.request_session import LOSSES_BEFORE_LINE
from greenroom_lab.memory.ports import FakePorts
from greenroom_lab.memory.slots import free_entry

from tests.builders import a_policy, a_pool, a_slot, an_instance
from tests.fakes.stage import launch, stage
from tests.fakes.store import change_policy, free_count, free_entries, instances, is_free, put, remove

Search = Callable[[FakePorts], Iterator[FreeSlot]]
PACKED, DISTRIBUTED = Placement.PACKED, Placement.DISTRIBUTED


def pool_of(maximum: int, placement: Placement = PACKED) -> Pool:
    return a_pool(policy=a_policy(maximum=maximum, placement=placement))


def add_entries(
    ports: FakePorts, free: Sequence[int], shard: Callable[[Slot], int], zones: Sequence[str] = ("a",)
) -> list[Slot]:
    """The free entries of one instance for each number, with so many free slots."""
    found = []
    for index, count in enumerate(free):
        instance_id = f"i-{(index + 1) * 2654435761 % 2**32:08x}"
        instance = an_instance(instance_id, zone=zones[index % len(zones)])
        for number in range(1, count + 1):
            slot = a_slot(instance, number)
            slot = replace(slot, shard=shard(slot))
            put(ports, free_entry(slot))
            found.append(slot)
    return found


def first_tries(free: Sequence[int], placement: Placement, zones: Sequence[str] = ("a",)) -> list[FreeSlot]:
    """Where 60 claims that do not meet would go."""
    found = []
    for seed in range(60):
        ports = FakePorts(seed=seed)
        add_entries(ports, free, lambda slot: 0, zones)
        found.append(next(find_free_slots(pool_of(64, placement), ports)))
    return found


@pytest.mark.parametrize(("placement", "best"), [(PACKED, 1), (DISTRIBUTED, 4)])
def test_the_first_try_is_where_the_placement_wants_it(placement: Placement, best: int) -> None:
    free = (3, 1, 4, 2, 3)
    chosen = {each.instance_id for each in first_tries(free, placement)}
    assert chosen == {f"i-{(free.index(best) + 1) * 2654435761 % 2**32:08x}"}


def test_of_equal_instances_a_random_zone_counts_and_not_the_number_in_it() -> None:
    zones = Counter(each.zone for each in first_tries([2] * 10, PACKED, ["a", "b", "b", "b", "b"]))
    assert 18 <= zones["a"] <= 42  # 30 expected, were it by instance: 12
    assert len({each.slot_id for each in first_tries([2] * 10, PACKED)}) > 10


def test_after_a_loss_the_next_tries_are_random() -> None:
    second = set()
    for seed in range(60):
        ports = FakePorts(seed=seed)
        add_entries(ports, (4, 1, 4), lambda slot: 0)
        tries = find_free_slots(pool_of(64), ports)
        remove(ports, next(tries))
        second.add(next(tries).slot_id)
    assert len(second) == 8


def reads(ports: FakePorts) -> list[str]:
    seen: list[str] = []
    ports.memory.between = seen.append
    return seen


def test_a_small_pool_is_read_in_one_query() -> None:
    ports = FakePorts()
    add_entries(ports, [1], lambda slot: 0)
    seen = reads(ports)
    next(find_free_slots(pool_of(64), ports))
    assert seen == ["claims.free_page"]


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("few", [True, False])
def test_an_entry_is_found_wherever_an_earlier_maximum_left_it(shard: int, few: bool) -> None:
    ports = FakePorts()
    (slot,) = add_entries(ports, [1], lambda slot: shard)
    assert next(find_free_slots(pool_of(100), ports, few=few)).slot_id == slot.slot_id


@pytest.mark.parametrize(("maximum", "shards"), [(10, 1), (100, 2), (10, 3), (2000, 16)])
def test_no_shard_is_searched_that_the_pool_never_used(maximum: int, shards: int) -> None:
    ports = FakePorts()
    seen = reads(ports)
    assert list(find_free_slots(replace(pool_of(maximum), shards=shards), ports)) == []
    assert seen == ["claims.free_page"] * shards


def test_a_search_ends_when_all_is_empty_and_when_all_is_lost() -> None:
    ports = FakePorts()
    assert list(find_free_slots(pool_of(64), ports)) == []
    add_entries(ports, [1], lambda slot: 0)
    assert 1 < len(list(find_free_slots(pool_of(64), ports))) < 20  # its entry never goes: each try was lost


def test_entries_elsewhere_wait_until_the_own_ones_are_gone() -> None:
    ports = FakePorts()
    own, other = add_entries(ports, [1, 1], lambda slot: 0 if slot.slot_id.startswith("i-9e37") else 9)
    assert {each.slot_id for each in find_free_slots(pool_of(64), ports)} == {own.slot_id}
    remove(ports, free_entry(own))
    assert next(find_free_slots(pool_of(64), ports)).slot_id == other.slot_id


# -- many at once


def scattered(ports: FakePorts) -> Iterator[FreeSlot]:
    """The search of before: entries in 16 partitions whatever the pool, three tries from each look."""
    for _ in range(3):
        found = False
        for shard in ports.rng.sample(range(SHARDS), SHARDS):
            page = list(ports.claims.free_page("demo", "demo", shard, "i-", 8))
            found = found or bool(page)
            ports.rng.shuffle(page)
            yield from page[:3]
        if not found:
            return


def lost_tries(search: Search, free: Sequence[int], shard: Callable[[Slot], int], claims: int, seed: int) -> int:
    """All claims at once; whoever finds nothing waits in line, and whoever sees a line joins it."""
    ports, rng = FakePorts(seed=seed), Random(seed)
    add_entries(ports, free, shard)
    searches = {number: search(ports) for number in range(claims)}
    losses, is_line = Counter[int](), False
    while searches:
        looked = {number: next(tries, None) for number, tries in searches.items()}
        for number, entry in rng.sample(sorted(looked.items(), key=lambda each: each[0]), len(looked)):
            if entry is not None and is_free(ports, entry):
                remove(ports, entry)
                del searches[number]
                continue
            if entry is None:
                is_line = True
                del searches[number]
                continue
            losses[number] += 1
            if is_line and losses[number] % LOSSES_BEFORE_LINE == 0:
                del searches[number]
    assert not free_entries(ports) or claims < sum(free)
    return losses.total()


def average(search: Search, free: Sequence[int], shard: Callable[[Slot], int], claims: int = 50) -> float:
    return mean(lost_tries(search, free, shard, claims, seed) for seed in range(40))


@pytest.mark.parametrize("placement", [PACKED, DISTRIBUTED])
@pytest.mark.parametrize("free", [[1] * 20, [2] * 10, [4] * 5], ids=str)
@pytest.mark.parametrize("claims", [50, 20])
def test_fifty_claims_on_twenty_slots_lose_no_more_tries_than_before(
    placement: Placement, free: Sequence[int], claims: int
) -> None:
    before = average(scattered, free, lambda slot: shard_of(slot.slot_id, SHARDS * FEW_PAGE), claims)
    now = average(lambda ports: find_free_slots(pool_of(20, placement), ports), free, lambda slot: 0, claims)
    print(f"{claims} claims on {free} {placement}: {now:.0f} lost tries, before {before:.0f}")
    assert now <= before


@pytest.mark.parametrize(("placement", "free"), [(PACKED, [1, 2, 2, 3, 3, 4, 5]), (DISTRIBUTED, [1, 2, 2, 3, 3, 4, 5])])
def test_a_herd_on_a_half_filled_pool_loses_at_most_one_try_more_each(
    placement: Placement, free: Sequence[int]
) -> None:
    """All of it prefers the same instance: that costs the first try, and no more."""
    before = average(scattered, free, lambda slot: shard_of(slot.slot_id, SHARDS * FEW_PAGE))
    now = average(lambda ports: find_free_slots(pool_of(20, placement), ports), free, lambda slot: 0)
    print(f"50 claims on {free} {placement}: {now:.0f} lost tries, before {before:.0f}")
    assert now <= before + 50


def idle_instances(placement: Placement, seed: int) -> float:
    """20 instances of 4 slots, about 30 viewers who come and go one by one: how many instances nobody plays on."""
    ports, rng = FakePorts(seed=seed), Random(seed)
    add_entries(ports, [4] * 20, lambda slot: shard_of(slot.instance_id, 80))
    held: list[FreeSlot] = []
    idle = []
    for step in range(1500):
        if held and rng.random() < len(held) / 60:
            put(ports, held.pop(rng.randrange(len(held))))
        elif free := free_entries(ports):
            taken = next(find_free_slots(pool_of(80, placement), ports, few=len(free) <= FEW_PAGE))
            remove(ports, taken)
            held.append(taken)
        if step > 300:
            free_on = Counter(each.instance_id for each in free_entries(ports))
            idle.append(sum(count == 4 for count in free_on.values()))
    return mean(idle)


def test_packed_leaves_more_instances_idle_than_distributed() -> None:
    packed, distributed = (mean(idle_instances(each, seed) for seed in range(3)) for each in (PACKED, DISTRIBUTED))
    print(f"idle of 20: packed {packed:.1f}, distributed {distributed:.1f}")
    assert packed > distributed + 4


@pytest.mark.parametrize(("placement", "used"), [(PACKED, 2), (DISTRIBUTED, 4)])
def test_viewers_one_after_the_other_go_where_the_pools_policy_says(placement: Placement, used: int) -> None:
    ports = stage(0)
    change_policy(ports, maximum=64, placement=placement)
    for slot in add_entries(ports, [2] * 4, lambda slot: 0):
        put(ports, an_instance(slot.instance_id), slot)
    assert free_count(ports) == 8
    taken = [launch(ports, f"viewer-{number}").session for number in range(4)]
    assert all(each.state is SessionState.ASSIGNED for each in taken)
    assert len({each.assignment.instance_id for each in taken if each.assignment}) == used
    assert {each.state for each in instances(ports)} == {InstanceState.READY}
