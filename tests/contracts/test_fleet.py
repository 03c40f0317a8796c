"""What every store of instances, pools and launches must do; on the fakes and on DynamoDB as moto simulates it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from greenroom.aws import clients
from greenroom.aws.instance.ec2 import AwsEc2
from greenroom.aws.instance.fleet import DynamoFleet
from greenroom.aws.instance.launches import DynamoLaunches
from greenroom.aws.instance.offerings import DynamoOfferings
from greenroom.aws.instance.orphans import DynamoOrphans
from greenroom.aws.pool.catalog import DynamoCatalog
from greenroom.aws.reaper.reaper_lease import DynamoReaperLease
from greenroom.aws.session.live_sessions import DynamoLiveSessions
from greenroom.domain.errors import Conflict, InstanceHasEnded, NotFound, SlotLost, StaleBoot
from greenroom.domain.event.scheduled_event import EventReservation
from greenroom.domain.instance.instance import Boot, Instance, InstanceState, changed, registered, started
from greenroom.domain.instance.launch import Launch, LaunchState, advanced
from greenroom.domain.instance.offering import RECENT_S, Cooldown, Offering
from greenroom.domain.pool.pool import ApplicationKind, Halt
from greenroom.domain.session.session_length import LENGTHS_KEPT, SessionLength
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.slot.slot_move import renew, reset, retire, withdraw
from greenroom.ports.instance import Ec2State
from greenroom.ports.pool import BOOTS_KEPT
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NOW, a_launch, a_policy, a_pool, a_slot, an_application, an_instance
from tests.contracts.houses import KINDS, REGION, DynamoHouse

INSTANCE = "i-0000000000000001"


class FleetHouse(DynamoHouse):
    """The fleet's adapters beside the sessions'."""

    def __init__(self, sessions_table: str, fleet_table: str) -> None:
        super().__init__(sessions_table, fleet_table)
        self.fleet = DynamoFleet(fleet_table)
        self.launches = DynamoLaunches(fleet_table)
        self.offerings = DynamoOfferings(fleet_table)
        self.orphans = DynamoOrphans(fleet_table)
        self.reaper = DynamoReaperLease(fleet_table)
        self.live_sessions = DynamoLiveSessions(sessions_table)
        self.catalog = DynamoCatalog(fleet_table)  # keyed alike; its rows lie apart


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield FakePorts()
        return
    with FleetHouse.on_moto(KINDS[request.param]) as built:
        yield built


def instance(instance_id: str = INSTANCE, **facts: Any) -> Instance:
    """Launched, with two slots; its agent did not register yet."""
    launched = {"state": InstanceState.LAUNCHING, "slot_count": 2, "deadline_at": NOW + 1200, "boot_nonce": None}
    return an_instance(instance_id, **{**launched, **facts})


def slots(instance_id: str = INSTANCE, count: int = 2) -> list[Slot]:
    of = instance(instance_id)
    return [a_slot(of, number, SlotState.RESETTING, deadline_at=NOW + 1200) for number in range(1, count + 1)]


def ready(house: Any) -> Instance:
    """A Ready instance with both slots Free."""
    house.fleet.add(instance())
    house.fleet.save(registered(house.fleet.get(INSTANCE), Boot("a" * 32), NOW, NOW + 1200))
    house.fleet.add_slots(slots(), NOW)
    stands: Instance = house.fleet.mark_ready(INSTANCE, "a" * 32, NOW)
    for slot in house.slots.list_of_instance(INSTANCE):
        house.claims.publish(slot, NOW)
    return stands


def free_slots(house: Any) -> list[str]:
    pages = [house.claims.free_page("demo", "demo", each.shard, "i-", 8) for each in slots()]
    return sorted({each.slot_id for page in pages for each in page})


def intent(launch_id: str = "lch-1") -> Launch:
    return a_launch(launch_id, slots=2)


def test_an_instance_is_added_once_and_reads_back_whole(house: Any) -> None:
    assert house.fleet.add(instance(private_ip="10.0.0.9")) == instance(private_ip="10.0.0.9")
    assert house.fleet.add(instance(zone="elsewhere")).zone == "us-east-1a"
    assert house.fleet.get(INSTANCE) == instance(private_ip="10.0.0.9")


def test_saving_is_on_the_condition_that_nobody_was_faster(house: Any) -> None:
    before = house.fleet.add(instance())
    after = house.fleet.save(changed(before, InstanceState.BOOTING))
    assert (after.version, house.fleet.get(INSTANCE).state) == (2, InstanceState.BOOTING)
    with pytest.raises(Conflict):
        house.fleet.save(changed(before, InstanceState.TERMINATING))


def test_a_heartbeat_lives_beside_the_version_and_is_never_set_back(house: Any) -> None:
    read = ready(house)
    house.fleet.record_heartbeat(INSTANCE, "a" * 32, NOW + 50)
    with pytest.raises(Conflict):
        house.fleet.save(changed(read, InstanceState.QUARANTINED), unless_heard=True)
    assert house.fleet.save(changed(read, InstanceState.DRAINING)).state is InstanceState.DRAINING
    assert house.fleet.get(INSTANCE).heartbeat_at == NOW + 50


def test_heartbeats_of_strangers_and_earlier_boots_are_refused(house: Any) -> None:
    ready(house)
    with pytest.raises(StaleBoot):
        house.fleet.record_heartbeat(INSTANCE, "b" * 32, NOW)
    with pytest.raises(NotFound):
        house.fleet.record_heartbeat("i-0000ffff", "a" * 32, NOW)


def test_heartbeats_of_what_is_terminated_are_refused_and_not_written(house: Any) -> None:
    over = house.fleet.save(changed(ready(house), InstanceState.TERMINATED))
    with pytest.raises(InstanceHasEnded):
        house.fleet.record_heartbeat(INSTANCE, "a" * 32, NOW + 50)
    with pytest.raises(StaleBoot):
        house.fleet.record_heartbeat(INSTANCE, "b" * 32, NOW + 50)
    assert house.fleet.get(INSTANCE).heartbeat_at == over.heartbeat_at


def test_a_new_boot_keeps_the_earlier_nonce_in_mind(house: Any) -> None:
    read = ready(house)
    house.fleet.save(registered(read, Boot("b" * 32), NOW, NOW, "build-1"))
    assert house.fleet.get(INSTANCE).build == "build-1"
    assert house.fleet.get(INSTANCE).past_nonces == ("a" * 32,)


def test_slots_are_added_once(house: Any) -> None:
    ready(house)
    house.fleet.add_slots(slots(), NOW)
    assert [each.state for each in house.slots.list_of_instance(INSTANCE)] == [SlotState.FREE, SlotState.FREE]


def test_an_idle_instance_is_drained_whole(house: Any) -> None:
    read = ready(house)
    drained = house.fleet.drain_idle(read, house.slots.list_of_instance(INSTANCE), NOW, "scaledIn")
    assert house.fleet.get(INSTANCE) == drained
    assert {each.state for each in house.slots.list_of_instance(INSTANCE)} == {SlotState.RETIRED}
    assert free_slots(house) == []


def test_one_slot_lost_to_somebody_saves_the_whole_instance(house: Any) -> None:
    read, known = ready(house), house.slots.list_of_instance(INSTANCE)
    house.slots.move(known[0], withdraw(known[0], NOW, NOW))
    with pytest.raises(SlotLost):
        house.fleet.drain_idle(read, known, NOW, "scaledIn")
    assert house.fleet.get(INSTANCE).state is InstanceState.READY
    assert house.slots.get(known[1].slot_id).state is SlotState.FREE
    assert free_slots(house) == [known[1].slot_id]


def test_a_changed_instance_is_not_drained(house: Any) -> None:
    read = ready(house)
    house.fleet.save(changed(read, InstanceState.INTERRUPTED))
    with pytest.raises(SlotLost):
        house.fleet.drain_idle(read, house.slots.list_of_instance(INSTANCE), NOW, "scaledIn")
    assert len(free_slots(house)) == 2


def test_a_renewed_slot_outdates_its_holder(house: Any) -> None:
    ready(house)
    slot = house.slots.list_of_instance(INSTANCE)[0]
    house.slots.move(slot, renew(slot, NOW, NOW + 30))
    after = house.slots.get(slot.slot_id)
    assert (after.state, after.epoch, after.session_id, after.deadline_at) == (SlotState.RESETTING, 1, None, NOW + 30)
    assert slot.slot_id not in free_slots(house)
    with pytest.raises(SlotLost):
        house.slots.move(slot, renew(slot, NOW, NOW + 30))


def test_a_retired_slot_stays_retired(house: Any) -> None:
    ready(house)
    slot = house.slots.list_of_instance(INSTANCE)[0]
    for _ in range(2):
        house.slots.move(slot, retire(slot, NOW))
    assert house.slots.get(slot.slot_id).state is SlotState.RETIRED
    assert slot.slot_id not in free_slots(house)
    with pytest.raises(SlotLost):
        house.slots.move(slot, renew(slot, NOW, NOW))
    with pytest.raises(SlotLost):
        house.slots.move(slot, retire(replace(slot, epoch=7), NOW))


def test_only_a_held_slot_is_reset_and_only_from_this_holder(house: Any) -> None:
    ready(house)
    slot = house.slots.list_of_instance(INSTANCE)[0]
    with pytest.raises(SlotLost):
        house.slots.move(slot, reset(slot, NOW, NOW + 30))


def test_a_pool_lists_what_is_not_terminated(house: Any) -> None:
    read = ready(house)
    house.fleet.add(instance("i-0000000000000002"))
    found = {each.instance.instance_id: len(each.slots) for each in house.fleet.list_of_pool("demo")}
    assert found == {INSTANCE: 2, "i-0000000000000002": 0}
    house.fleet.save(changed(read, InstanceState.TERMINATED))
    assert [each.instance.instance_id for each in house.fleet.list_of_pool("demo")] == ["i-0000000000000002"]
    assert house.fleet.list_of_pool("other") == []


def test_a_pool_that_was_just_read_is_listed_without_reading_its_members_again(house: Any) -> None:
    read = ready(house)
    house.fleet.add(instance("i-0000000000000002"))
    member_ids = house.pools.read("demo").member_ids
    assert sorted(member_ids) == [INSTANCE, "i-0000000000000002"]
    assert house.fleet.list_of_pool("demo", member_ids) == house.fleet.list_of_pool("demo")
    house.fleet.save(changed(read, InstanceState.TERMINATED))
    assert house.pools.read("demo").member_ids == ("i-0000000000000002",)
    listed = house.fleet.list_of_pool("demo", member_ids)  # one of them is gone since
    assert [each.instance.instance_id for each in listed] == ["i-0000000000000002"]


def test_intents_are_committed_by_one_pass_only(house: Any) -> None:
    house.pools.commit_launches("demo", 0, [intent("lch-1"), intent("lch-2")])
    with pytest.raises(Conflict):
        house.pools.commit_launches("demo", 0, [intent("lch-3")])
    rows = house.pools.read("demo")
    assert (rows.version, [each.launch_id for each in rows.launches]) == (1, ["lch-1", "lch-2"])
    house.pools.commit_launches("demo", 1, [intent("lch-3")])


def test_a_launch_is_saved_on_its_version(house: Any) -> None:
    house.pools.commit_launches("demo", 0, [intent()])
    first = house.launches.get("demo", "lch-1")
    asked = house.launches.save(advanced(first, LaunchState.REQUESTED, NOW))
    kept = house.launches.save(replace(asked, task_token="t", instance_ids=(INSTANCE,)))
    assert house.launches.get("demo", "lch-1") == kept
    with pytest.raises(Conflict):
        house.launches.save(advanced(first, LaunchState.FAILED, NOW))
    with pytest.raises(NotFound):
        house.launches.get("demo", "lch-x")


def test_a_pools_clocks_and_counts(house: Any) -> None:
    pools = house.pools
    pools.record_surplus("demo", NOW, 3)
    pools.record_launch_failed("demo", NOW + 30)
    pools.record_launch_failed("demo", NOW + 60)
    rows = pools.read("demo")
    assert (rows.surplus_since, rows.failed_launches, rows.launch_rests_until) == (NOW, 2, NOW + 60)
    pools.record_surplus("demo", None, 0)
    pools.record_launch_registered("demo")
    rows = pools.read("demo")
    assert (rows.surplus_since, rows.failed_launches, rows.launch_rests_until) == (None, 0, 0)


def test_the_least_surplus_only_falls_and_only_on_its_own_clock(house: Any) -> None:
    pools = house.pools
    pools.lower_surplus("demo", NOW, 3)
    assert pools.read("demo").surplus_since is None
    pools.record_surplus("demo", NOW, 8)
    pools.lower_surplus("demo", NOW, 5)
    pools.lower_surplus("demo", NOW, 6)
    pools.lower_surplus("demo", NOW - 600, 1)
    rows = pools.read("demo")
    assert (rows.surplus_since, rows.surplus_least) == (NOW, 5)


def test_what_is_started_again_was_not_heard_yet(house: Any) -> None:
    stands = house.fleet.stop_idle(ready(house), house.slots.list_of_instance(INSTANCE), NOW, "warmTier")
    stands = house.fleet.save(replace(stands, stopped_at=NOW + 60.5))
    house.fleet.record_heartbeat(INSTANCE, "a" * 32, NOW + 1)
    again = house.fleet.save(started(house.fleet.get(INSTANCE), NOW + 3600, NOW + 4800))
    assert again.state is InstanceState.LAUNCHING
    kept = house.fleet.get(INSTANCE)
    assert (kept.heartbeat_at, kept.stopped_at, kept.launched_at) == (None, None, NOW + 3600)
    assert kept.deadline_at == NOW + 4800


def test_a_launch_remembers_its_market_and_its_purpose(house: Any) -> None:
    asked = replace(intent(), market="on-demand", for_warm_tier=True)
    house.pools.commit_launches("demo", 0, [asked])
    assert house.launches.get("demo", "lch-1") == asked


def test_an_events_slots_are_set_and_given_back_once(house: Any) -> None:
    for slots_held in (5, 5):
        house.pools.reserve_for_event("demo", "evt-abc", slots_held, NOW + 600)
    house.pools.reserve_for_event("demo", "evt-def", 2, NOW + 600)
    assert house.pools.read("demo").reservations == {"evt-abc": EventReservation(5), "evt-def": EventReservation(2)}
    assert house.pools.end_event("demo", "evt-abc", NOW + 1800)
    assert not house.pools.end_event("demo", "evt-abc", NOW + 1800)
    house.pools.record_given_back("demo", 2)
    rows = house.pools.read("demo")
    assert (dict(rows.reservations), rows.give_back_slots, rows.give_back_until) == (
        {"evt-def": EventReservation(2)},
        3,
        NOW + 1800,
    )


def test_a_pass_once_begun_lets_the_next_one_be_asked_for(house: Any) -> None:
    assert house.pools.begin_pass("demo", NOW)
    assert not house.pools.begin_pass("demo", NOW)
    house.pools.clear_pending("demo")
    assert house.pools.begin_pass("demo", NOW)


def test_the_free_counter_is_corrected_only_if_it_stands_as_seen(house: Any) -> None:
    house.pools.correct_free("demo", None, 4)
    assert house.pools.free("demo") == 4
    house.pools.correct_free("demo", 9, 1)
    house.pools.correct_free("demo", None, 1)
    assert house.pools.free("demo") == 4


def test_an_orphan_is_first_seen_once(house: Any) -> None:
    assert house.orphans.first_seen(INSTANCE, NOW) == NOW
    assert house.orphans.first_seen(INSTANCE, NOW + 40) == NOW


def test_the_reapers_lease(house: Any) -> None:
    assert not house.reaper.is_held(NOW)
    assert house.reaper.take("a", NOW, NOW + 60)
    assert not house.reaper.take("b", NOW + 59, NOW + 120)
    assert house.reaper.take("a", NOW + 59, NOW + 119)
    house.reaper.give_up("b")
    assert house.reaper.is_held(NOW + 100)
    house.reaper.give_up("a")
    assert house.reaper.take("b", NOW + 100, NOW + 160)


def test_the_catalog_keeps_what_operators_set(house: Any) -> None:
    command = ("run", "{streamerUrl}")
    application = an_application(kind=ApplicationKind.UNREAL, command=command, slots_per_instance=2)
    policy = a_policy(always_on=1, target_idle=2, maximum=3)
    pool = a_pool(policy=policy, instance_types=("g6.xlarge",), markets=("spot",))
    house.catalog.save_application(application)
    house.catalog.save_pool(pool)
    assert house.catalog.application("demo") == application
    assert house.catalog.pool("demo") == replace(pool, version=1)
    assert list(house.catalog.pool_ids()) == ["demo"]
    for missing in (house.catalog.application, house.catalog.pool):
        with pytest.raises(NotFound):
            missing("nothing")


def test_live_sessions_are_listed_by_deadline_until_they_are_over(house: Any) -> None:
    from tests.contracts.test_claims import queued

    house.claims.enqueue(queued("ses-late", "ada", NOW + 50), 1)
    house.claims.enqueue(queued("ses-soon", "bob", NOW), 1)
    assert list(house.live_sessions.list_ids(10)) == ["ses-soon", "ses-late"]
    assert list(house.live_sessions.list_ids(1)) == ["ses-soon"]
    assert house.line.length("demo") == 2


def test_ec2_shows_only_this_stacks_instances_and_ends_them_one_by_one() -> None:
    with FleetHouse.on_moto():
        clients.client.cache_clear()
        ec2, other = AwsEc2(lambda: "ours"), AwsEc2(lambda: "theirs")
        ours = _run("ours", "lch-1")
        _run("theirs", "lch-1")
        (seen,) = ec2.list_all()
        assert (seen.instance_id, seen.pool_id, seen.launch_id) == (ours, "demo", "lch-1")
        assert (seen.state, seen.market, seen.instance_type) == (Ec2State.RUNNING, "on-demand", "g5.xlarge")
        assert ec2.find(ours) == seen
        assert other.find(ours) is None
        assert [each.instance_id for each in ec2.list_of_launch("lch-1")] == [ours]
        ec2.terminate("i-0123456789abcdef0")  # unknown: gone is gone
        ec2.terminate(ours)
        assert ec2.list_all()[0].state in (Ec2State.SHUTTING_DOWN, Ec2State.TERMINATED)
    clients.client.cache_clear()


def _run(stack: str, launch_id: str) -> str:
    named = {"stack": stack, "pool": "demo", "launch": launch_id}
    tags = [{"Key": f"greenroom:{name}", "Value": value} for name, value in named.items()]
    ec2: Any = boto3.client("ec2", region_name=REGION)
    answer = ec2.run_instances(
        ImageId="ami-12c6146b",
        InstanceType="g5.xlarge",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    return str(answer["Instances"][0]["InstanceId"])


def test_refusals_of_offerings_are_kept_and_only_the_first_of_many_is_news(house: Any) -> None:
    key = Offering("g5.xlarge", "subnet-a", "spot").key
    first = Cooldown(key, "InsufficientInstanceCapacity", NOW, NOW + 180.5)
    assert house.offerings.cool_down("demo", first)
    assert list(house.offerings.refused("demo", NOW)) == [first]
    again = Cooldown(key, "Unsupported", NOW + 60, NOW + 60 + RECENT_S + 100)
    assert not house.offerings.cool_down("demo", again)
    assert list(house.offerings.refused("demo", NOW + RECENT_S + 61)) == [again]  # it rests still
    assert list(house.offerings.refused("demo", again.until)) == []
    assert list(house.offerings.refused("other", NOW)) == []
    assert house.offerings.cool_down("demo", Cooldown(key, "Unsupported", again.until, again.until + 180))


def test_a_row_of_failed_boots_counts_each_instance_once_and_ends_when_one_is_ready(house: Any) -> None:
    pools = house.pools
    assert [pools.record_boot_failed("demo", each) for each in ("i-1", "i-1", "i-2")] == [1, 1, 2]
    pools.record_launch_registered("demo")
    assert pools.read("demo").failed_boots == 2
    pools.record_boot("demo", 61.04)
    assert (pools.read("demo").failed_boots, pools.read("demo").boot_times) == (0, (61.0,))
    assert pools.record_boot_failed("demo", "i-3") == 1
    pools.record_boot("demo", None)
    assert (pools.read("demo").failed_boots, pools.read("demo").boot_times) == (0, (61.0,))
    assert pools.record_boot_failed("demo", "i-3") == 1
    assert pools.halt("demo", Halt("broken", NOW, "greenroom"))
    assert not pools.halt("demo", Halt("again", NOW, "ada"))
    assert pools.read("demo").halted == Halt("broken", NOW, "greenroom")
    assert pools.resume("demo")
    assert not pools.resume("demo")
    rows = pools.read("demo")
    assert (rows.failed_boots, rows.halted, rows.boot_times) == (0, None, (61.0,))


def test_a_pool_remembers_its_last_boots(house: Any) -> None:
    for seconds in range(BOOTS_KEPT + 3):
        house.pools.record_boot("demo", float(seconds))
    assert house.pools.read("demo").boot_times == tuple(range(3, BOOTS_KEPT + 3))


def test_a_pool_remembers_how_long_its_last_sessions_were(house: Any) -> None:
    assert house.pools.read("demo").session_lengths == ()
    ends = [SessionLength(60.5 + each, NOW + each) for each in range(LENGTHS_KEPT + 3)]
    for each in ends:
        house.pools.record_length("demo", each)
    assert house.pools.read("demo").session_lengths == tuple(ends[3:])


def test_reapers_note_for_each_other_what_they_saw(house: Any) -> None:
    assert house.reaper.last_recorded("SILENCE#demo", NOW) is None
    assert house.reaper.last_recorded("SILENCE#other", NOW + 5) is None
    assert house.reaper.last_recorded("SILENCE#demo", NOW + 10) == NOW
    assert house.reaper.last_recorded("SILENCE#demo", NOW + 20) == NOW + 10
    assert not house.reaper.is_held(NOW)
