"""An agent as a small state machine: registers, is heard, starts its slots, reports, hangs, restarts, dies."""

from __future__ import annotations

from dataclasses import dataclass

from greenroom.domain.errors import GreenroomError, InstanceHasEnded, StaleBoot, UnknownInstance
from greenroom.domain.instance.instance import Boot
from greenroom.domain.session.session import Session
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.usecases.instance.record_heartbeat import record_heartbeat
from greenroom.usecases.instance.register_instance import register_instance
from greenroom.usecases.session.record_slot_event import SlotEvent, SlotFact, record_slot_event

from greenroom_lab.simulation.cloud import SimulatedEc2
from greenroom_lab.simulation.world import Crash, World

HEARTBEAT_S, LEASE_S = 10, 35
MOST_SILENT_AT_ONCE = 2
"""Three silent machines at once are taken for our own outage and left alone, by design: not what is looked for here."""


@dataclass(slots=True)
class Known:
    """A slot as its agent knows it."""

    epoch: int
    state: SlotState
    is_starting: bool = False


class Agent:
    """One boot of one machine after the other."""

    def __init__(self, world: World, ec2: SimulatedEc2, instance_id: str) -> None:
        self.world, self.ec2, self.instance_id = world, ec2, instance_id
        self.boot_number = 0
        self.is_deaf = False  # hung, or told to stop
        self.slots: dict[str, Known] = {}
        self.nonce = ""

    @property
    def is_up(self) -> bool:
        return not self.is_deaf and self.ec2.is_alive(self.instance_id)

    def boot(self) -> None:
        """A new process with a nonce of its own."""
        if not self.is_up:
            return
        self.boot_number += 1
        self.nonce = f"{self.world.random.getrandbits(128):032x}"
        self.slots = {}
        number = self.boot_number
        self._register(number)
        if self.world.strikes("doubled_event"):
            self.world.after(0.1, 5, lambda: self._register(number))
        self.world.after(HEARTBEAT_S, HEARTBEAT_S, lambda: self._heartbeat(number))

    def _register(self, number: int) -> None:
        if not self.is_up or number != self.boot_number:
            return
        self.world.counts["registration"] += 1
        try:
            boot = Boot(self.nonce)
            registration = self.world.invoke(lambda: register_instance(self.instance_id, boot, self.world.ports))
        except (UnknownInstance, StaleBoot):
            return  # the heartbeat hears the same, and stops it
        except (Crash, GreenroomError):
            self.world.after(1, 5, lambda: self._register(number))
            return
        for slot in registration.slots:
            self._learn(slot, number)

    def _heartbeat(self, number: int) -> None:
        if not self.is_up or number != self.boot_number:
            return
        self.world.after(HEARTBEAT_S, HEARTBEAT_S + 1, lambda: self._heartbeat(number))
        if self._breaks():
            return
        epochs = {slot_id: known.epoch for slot_id, known in self.slots.items()}
        try:
            heard = self.world.invoke(
                lambda: record_heartbeat(self.instance_id, self.nonce, epochs, LEASE_S, self.world.ports)
            )
        except InstanceHasEnded:
            self.is_deaf = True  # it stops, and its dead-man timer hears nothing more
            return
        except (UnknownInstance, StaleBoot):
            self._register(number)
            return
        except (Crash, GreenroomError):
            return
        for truth in heard.slots:
            self._learn(truth.slot, number)
        self._lose_a_streamer()

    def _lose_a_streamer(self) -> None:
        """A slot that was just called free is not ready after all: its report crosses claims, and those who claim."""
        for slot_id, known in self.slots.items():
            if known.state is SlotState.FREE and self.world.strikes("streamer_lost"):
                self.report(slot_id, known.epoch, SlotEvent.NOT_READY)

    def _breaks(self) -> bool:
        """Hangs for good, or starts anew."""
        if self.world.counts["silent_now"] < MOST_SILENT_AT_ONCE and self.world.strikes("agent_hangs"):
            self.is_deaf = True
            self.world.counts["silent_now"] += 1
            self.world.after(120, 120, self._no_longer_counts)
            return True
        if self.world.strikes("agent_restarts"):
            self.boot_number += 1
            self.world.after(3, 15, self.boot)
            return True
        return False

    def _no_longer_counts(self) -> None:
        """By then it was found."""
        if self.ec2.is_alive(self.instance_id):
            self.world.after(30, 30, self._no_longer_counts)
        else:
            self.world.counts["silent_now"] -= 1

    def _learn(self, slot: Slot, number: int) -> None:
        """The control plane's word; a slot to be reset is started, and again while its report was lost."""
        known = self.slots.get(slot.slot_id)
        is_starting = known is not None and known.is_starting and known.epoch == slot.epoch
        known = Known(slot.epoch, slot.state, is_starting)
        self.slots[slot.slot_id] = known
        if slot.state is SlotState.RESETTING and not is_starting:
            known.is_starting = True
            self.world.after(2, 6, lambda: self._started(slot.slot_id, slot.epoch, number))

    def _started(self, slot_id: str, epoch: int, number: int) -> None:
        known = self.slots.get(slot_id)
        if number != self.boot_number or known is None or known.epoch != epoch:
            return
        known.is_starting = False
        self.report(slot_id, epoch, SlotEvent.READY)

    def of_session(self, session: Session, event: SlotEvent) -> None:
        """What it saw of this session, as it knows it."""
        if (held := session.assignment) is not None:
            self.report(held.slot_id, held.epoch, event, session.session_id, session.join_number)

    def report(
        self, slot_id: str, epoch: int, event: SlotEvent, session_id: str | None = None, join: int | None = None
    ) -> None:
        """It may be lost, doubled or late on the way."""
        if self.is_up:
            fact = SlotFact(self.instance_id, self.nonce, slot_id, epoch, event, session_id, join)
            self.world.on_the_way("slot event", lambda: self._arrive(fact))

    def _arrive(self, fact: SlotFact) -> None:
        self.world.attempt(lambda: record_slot_event(fact, self.world.ports), lambda: self._arrive(fact))
