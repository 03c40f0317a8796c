"""A ramp through a market that runs empty: on-demand takes over, Spot rests and is tried again; attempts counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from greenroom.domain.errors import GreenroomError
from greenroom.domain.instance.instance import Boot
from greenroom.domain.instance.offering import (
    CAPACITY_COOLDOWN_S,
    JITTER,
    RECENT_S,
    Asked,
    FleetAnswer,
    LaunchedInstance,
    Offering,
    Refusal,
)
from greenroom.domain.journal.launch import InstanceLaunched, LaunchFailed
from greenroom.usecases.instance.abandon_launch import LONGEST_COOLDOWN_S, abandon_launch
from greenroom.usecases.instance.await_registration import await_registration
from greenroom.usecases.instance.prepare_launch import FleetRequest, prepare_launch
from greenroom.usecases.instance.register_instance import register_instance
from greenroom.usecases.pool.plan_pool import plan_pool
from greenroom.usecases.session.record_slot_event import SlotEvent
from greenroom_lab.memory.ports import FakePorts

from tests.builders import NONCE
from tests.fakes.launching import SUBNETS, policy
from tests.fakes.stage import report, stage
from tests.fakes.store import instances

STEP_S = 10


@dataclass
class Ramp:
    """A pool that grows by one instance a step, on a market of which some offerings are empty."""

    ports: FakePorts
    empty: set[str] = field(default_factory=set)
    """Markets without capacity."""
    asked: list[tuple[float, str]] = field(default_factory=list)
    """When which market was asked."""

    def call(self, request: FleetRequest) -> FleetAnswer:
        """As CreateFleet."""
        self.asked.append((self.ports.now(), request.market))
        asked = (Asked(request.market, request.offerings),)
        if request.market in self.empty:
            return FleetAnswer((), tuple(_refusal(each) for each in request.offerings), asked)
        instance_id = f"i-{len(self.asked):016x}"
        self.ports.ec2.add(instance_id, request.launch_id, self.ports.now())
        return FleetAnswer((LaunchedInstance(instance_id, "g5.xlarge", "us-east-1a", request.market),), (), asked)

    def launch(self, launch_id: str) -> str | None:
        """As the machine: Spot, then on-demand, then boot or undo; which market gave."""
        answer = FleetAnswer((), ())
        try:
            prepared = prepare_launch("demo", launch_id, SUBNETS, self.ports)
        except GreenroomError as error:
            abandon_launch("demo", launch_id, type(error).__name__, answer, self.ports)
            return None
        for request in (prepared.spot, prepared.on_demand):
            if request is not None and not answer.launched:
                got = self.call(request)
                answer = FleetAnswer(got.launched, answer.refusals + got.refusals, answer.asked + got.asked)
        if not answer.launched:
            abandon_launch("demo", launch_id, "CapacityUnavailable", answer, self.ports)
            return None
        await_registration("demo", launch_id, answer, f"t-{launch_id}", self.ports)
        for slot in register_instance(answer.launched[0].instance_id, Boot(NONCE), self.ports).slots:
            report(self.ports, None, slot, SlotEvent.READY)
        return answer.launched[0].market

    def play(self, steps: int, *, growing: bool = True) -> list[str | None]:
        """What came, launch by launch; a pass every step."""
        came = []
        for _ in range(steps):
            ready = len(instances(self.ports))
            policy(self.ports, always_on=ready + 1 if growing else max(ready, 1), maximum=1000)
            came += [self.launch(each) for each in plan_pool("demo", self.ports).launch_ids]
            self.ports.time += STEP_S
        return came

    def times(self, market: str) -> list[float]:
        return [at for at, asked in self.asked if asked == market]


def _refusal(offering: Offering) -> Refusal:
    return Refusal("InsufficientInstanceCapacity", "no", offering, offering.market)


def test_spot_emptied_in_mid_ramp_and_back() -> None:
    ramp = Ramp(_house())
    assert set(ramp.play(6)) == {"spot"}
    emptied_at = ramp.ports.now()
    ramp.empty = {"spot"}
    came = ramp.play(60)  # ten minutes
    assert came == ["on-demand"] * 60  # no launch is lost, none waits
    tried = [at for at in ramp.times("spot") if at >= emptied_at]
    most = 1 + int(60 * STEP_S / (CAPACITY_COOLDOWN_S * (1 - JITTER)))
    assert 3 <= len(tried) <= most  # left alone while it rests, and tried again after
    assert min(b - a for a, b in pairwise(tried)) >= CAPACITY_COOLDOWN_S * (1 - JITTER)
    ramp.empty = set()
    back = ramp.play(30)
    assert back.index("spot") * STEP_S <= CAPACITY_COOLDOWN_S * (1 + JITTER)
    assert set(back[back.index("spot") :]) == {"spot"}


def test_each_attempt_of_the_ramp_is_in_a_decision_record() -> None:
    ramp = Ramp(_house(), empty={"spot"})
    ramp.play(30)
    rows = ramp.ports.memory.entries(InstanceLaunched)
    told = Counter(attempt.market for each in rows for attempt in each.attempts)
    assert told == Counter(market for _, market in ramp.asked)
    first = rows[0].attempts
    assert [(each.market, bool(each.instance_ids)) for each in first] == [("spot", False), ("on-demand", True)]
    assert {each.code for each in first[0].refusals} == {"InsufficientInstanceCapacity"}


def test_when_nothing_is_to_be_had_the_launches_back_off_instead_of_looping() -> None:
    ramp = Ramp(_house(), empty={"spot", "on-demand"})
    ramp.play(360, growing=False)  # an hour, one slot wanted all the time
    launches = len({each.launch_id for each in ramp.ports.memory.entries(LaunchFailed)})
    # 30, 60, 120, 240, 480, then every 600 s
    assert 8 <= launches <= 14
    assert len(ramp.asked) <= 2 * launches
    assert ramp.ports.pools.read("demo").halted is None


def test_a_market_that_was_refused_comes_back_behind_what_was_not_and_is_forgotten_in_time() -> None:
    ramp = Ramp(_house(), empty={"spot"})
    ramp.play(1)
    ramp.empty = set()
    ramp.ports.time += RECENT_S + LONGEST_COOLDOWN_S
    assert ramp.play(1) == ["spot"]
    assert list(ramp.ports.offerings.refused("demo", ramp.ports.now())) == []


def _house() -> FakePorts:
    ports = stage(0)
    policy(ports, always_on=1, maximum=1000)
    return ports
