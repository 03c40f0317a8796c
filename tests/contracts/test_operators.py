"""What operators' calls need of every store: versioned pools, the journal read back, instances drained by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from greenroom.aws.notify.journal import DynamoJournal
from greenroom.domain.errors import Conflict, SlotLost
from greenroom.domain.instance.instance import InstanceState
from greenroom.domain.journal.entry import instance_entity, pool_entity
from greenroom.domain.journal.instance import InstanceDrained
from greenroom.domain.journal.pool import PoolEntry
from greenroom.domain.pool.pool import Placement, PoolPolicy
from greenroom.domain.slot.slot import SlotState
from greenroom.domain.slot.slot_move import withdraw
from greenroom_lab.memory.ports import FakePorts

from tests.architecture.event_schemas import entry_classes, entry_of
from tests.architecture.reading import ROOT
from tests.builders import NOW, a_pool
from tests.contracts.houses import KINDS
from tests.contracts.test_fleet import FleetHouse, instance, slots


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield FakePorts()
        return
    with FleetHouse.on_moto(KINDS[request.param]) as built:
        built.journal = DynamoJournal("fleet")  # type: ignore[attr-defined]  # keyed alike
        yield built


WHOLE = PoolPolicy(1, 2, 30, 4, 0, 5, 60, Placement.DISTRIBUTED)


def test_every_part_of_a_pool_is_kept_and_its_version_grows(house: Any) -> None:
    pool = a_pool(policy=WHOLE, instance_types=("g6.xlarge",), markets=("spot",))
    first = house.catalog.save_pool(pool)
    assert first == replace(pool, version=1) == house.catalog.pool("demo")
    second = house.catalog.save_pool(replace(first, markets=("on-demand",)))
    assert second == replace(first, version=2, markets=("on-demand",)) == house.catalog.pool("demo")


def test_whoever_read_an_older_pool_loses(house: Any) -> None:
    pool = a_pool(policy=WHOLE)
    first = house.catalog.save_pool(pool)
    house.catalog.save_pool(first)
    for outdated in (pool, first, replace(pool, version=7)):
        with pytest.raises(Conflict):
            house.catalog.save_pool(outdated)
    with pytest.raises(Conflict):
        house.catalog.save_pool(a_pool("other", policy=WHOLE, version=1))
    assert house.catalog.pool("demo").version == 2


@dataclass(frozen=True, slots=True)
class LookedAt:
    """Facts inside of facts."""

    queued: int
    rest_s: float
    markets: tuple[str, ...]
    halted: str | None = None


@dataclass(frozen=True, slots=True)
class SomethingLooked(PoolEntry):
    """An entry with all that an entry may have."""

    wanted: int
    inputs: LookedAt


def looked(pool_id: str, wanted: int) -> SomethingLooked:
    return SomethingLooked(pool_id, wanted, LookedAt(0, 1.5, ("spot",)))


def test_the_journal_is_read_newest_first_by_entity(house: Any) -> None:
    for number in range(5):
        house.journal.append(looked("demo", number), NOW + number)
    house.journal.append(looked("other", 9), NOW + 9)
    found = house.journal.newest(pool_entity("demo"), 3)
    assert [each.facts["wanted"] for each in found] == [4, 3, 2]
    assert (found[0].kind, found[0].at) == ("SomethingLooked", "2027-01-15T08:00:04.000Z")
    assert found[0].facts == {"wanted": 4, "inputs": {"queued": 0, "rest_s": 1.5, "markets": ["spot"]}}
    assert len(house.journal.newest(pool_entity("demo"), 200)) == 5
    assert list(house.journal.newest(pool_entity("nothing"), 10)) == []


def test_every_kind_of_entry_is_read_as_its_sample_says(house: Any) -> None:
    for number, (name, cls) in enumerate(entry_classes().items()):
        sample = json.loads((ROOT / f"events/journal/samples/{name}.json").read_text())
        house.journal.append(entry_of(cls, sample), NOW + number)
        newest = house.journal.newest(sample["pk"], 1)[0]
        assert newest.kind == name
        facts = json.loads(json.dumps(newest.facts, default=float))
        assert facts == {key: value for key, value in sample.items() if key not in ("pk", "sk", "kind", "at")}


def test_an_entry_about_two_stands_under_both(house: Any) -> None:
    entry = InstanceDrained("op", "i-1", "demo")
    house.journal.append(entry, NOW)
    for entity in (instance_entity("i-1"), pool_entity("demo")):
        (row,) = house.journal.newest(entity, 9)
        assert (row.kind, row.facts) == ("InstanceDrained", entry.facts())
        assert row.facts == {"operator": "op", "instanceId": "i-1", "poolId": "demo"}


def ready(house: Any) -> Any:
    """Instance with two slots: the first free, the second being reset."""
    one = house.fleet.add(instance(state=InstanceState.READY))
    house.fleet.add_slots(slots(), NOW)
    house.claims.publish(house.slots.get(slots()[0].slot_id), NOW)
    return one


def own(house: Any) -> list[Any]:
    return list(house.slots.list_of_instance(instance().instance_id))


def entries(house: Any) -> list[str]:
    return [each.slot_id for shard in range(16) for each in house.claims.free_page("demo", "demo", shard, "i-", 8)]


def test_a_drain_leaves_nothing_to_claim(house: Any) -> None:
    one = ready(house)
    after = house.fleet.drain(one, own(house), NOW + 5, "operatorDrain")
    stored = house.fleet.get(one.instance_id)
    assert (stored.state, stored.status_reason, stored.version) == (
        InstanceState.DRAINING,
        "operatorDrain",
        one.version + 1,
    )
    assert after.version == stored.version
    assert [each.state for each in own(house)] == [SlotState.RESETTING, SlotState.RESETTING]
    assert own(house)[0].deadline_at is None
    assert entries(house) == []
    with pytest.raises(SlotLost):
        house.claims.publish(own(house)[0], NOW + 6)


def test_a_drain_that_was_overtaken_changes_nothing(house: Any) -> None:
    one = ready(house)
    seen = own(house)
    house.claims.publish(seen[1], NOW)
    with pytest.raises(SlotLost):  # the second slot is free since
        house.fleet.drain(one, seen, NOW + 5, "operatorDrain")
    house.slots.move(own(house)[0], withdraw(own(house)[0], NOW, NOW + 60))
    with pytest.raises(SlotLost):  # the first one no longer is
        house.fleet.drain(one, [seen[0], own(house)[1]], NOW + 5, "operatorDrain")
    house.fleet.save(one)
    with pytest.raises(SlotLost):  # the instance changed
        house.fleet.drain(one, own(house), NOW + 5, "operatorDrain")
    assert house.fleet.get(one.instance_id).state is InstanceState.READY
    assert entries(house) == [seen[1].slot_id]


def test_a_drain_taken_back_gives_its_slots_time(house: Any) -> None:
    one = ready(house)
    drained = house.fleet.drain(one, own(house), NOW + 5, "operatorDrain")
    house.fleet.undrain(drained, own(house), NOW + 6, NOW + 126)
    stored = house.fleet.get(one.instance_id)
    assert (stored.state, stored.status_reason) == (InstanceState.READY, None)
    assert {each.deadline_at for each in own(house)} == {NOW + 126}
    house.claims.publish(own(house)[0], NOW + 7)
    assert entries(house) == [slots()[0].slot_id]
    with pytest.raises(SlotLost):
        house.fleet.undrain(drained, own(house), NOW + 8, NOW + 128)
