"""What may happen to a slot: each move is one conditional change along an edge of SLOT_TRANSITIONS.

A store makes a move when the slot is as the move wants it, and `applied` says what the slot is then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from greenroom.domain.errors import IllegalTransition, SlotLost
from greenroom.domain.slot.slot import SLOT_TRANSITIONS, FreeSlot, Slot, SlotState

T = SlotState
ANY = frozenset(SlotState)
HELD = frozenset({T.RESERVED, T.STREAMING})


@dataclass(frozen=True, slots=True)
class Taker:
    """The session that takes a slot. `epoch`: the slot's from then on, newer than any that either of the two had."""

    session_id: str
    viewer_id: str
    application_id: str  # it gets no slot that runs another one
    epoch: int
    taken_at: float
    lease_until: float | None


@dataclass(frozen=True, slots=True)
class SlotMove:
    """One change of one slot, on the condition that it is as its first fields say.

    Every source must have an edge to `to`, or be `to` itself: then the state stays, and something else changes.
    Raises: IllegalTransition (when it is made, not when it is applied).
    """

    slot_id: str
    sources: frozenset[SlotState]
    to: SlotState
    at: float
    epoch: int  # compared: a slot that changed hands since is another one
    holder: str | None = None  # compared: the session that must hold it; None: whoever does
    taker: Taker | None = None  # holds it from now on, at an epoch of its own
    leaves: bool = False  # its holder, if it has one, is gone
    outdates: bool = False  # epoch + 1: what is still said of it as it was counts no more
    deadline_at: float | None = None  # until when it may stay so; None: for ever
    seen: SlotState | None = None  # as it was read, when there are several sources

    def __post_init__(self) -> None:
        for source in self.sources - {self.to}:
            if self.to not in SLOT_TRANSITIONS[source]:
                raise IllegalTransition(f"slot: {source} -> {self.to}")

    @property
    def next_epoch(self) -> int:
        """The epoch after it."""
        if self.taker is not None:
            return self.taker.epoch
        return self.epoch + 1 if self.outdates else self.epoch

    @property
    def ends_free_entry(self) -> bool:
        """Whether it may have been free: then its entry goes in the same step."""
        return T.FREE in self.sources

    @property
    def begins_free_entry(self) -> bool:
        """Whether it is free from now on: then its entry is written in the same step."""
        return self.to is T.FREE

    @property
    def free_change(self) -> int:
        """By how many its pool has more free slots. With several sources: if it still was as it was read."""
        (before,) = self.sources if len(self.sources) == 1 else (self.seen,)
        return (self.to is T.FREE) - (before is T.FREE)

    @property
    def taken_change(self) -> int:
        """1 when a session takes a free one."""
        return int(self.taker is not None and self.free_change < 0)


def applied(slot: Slot, move: SlotMove) -> Slot:
    """The slot after `move`: what every store must do, said once. Raises: SlotLost (it is not as the move wants it)."""
    if not _fits(slot, move):
        raise SlotLost(slot.slot_id)
    after = replace(slot, state=move.to, epoch=move.next_epoch, deadline_at=move.deadline_at)
    if move.leaves:
        return replace(after, session_id=None, viewer_id=None, lease_until=None)
    if (taker := move.taker) is None:
        return after
    held = replace(after, session_id=taker.session_id, viewer_id=taker.viewer_id)
    return replace(held, lease_until=taker.lease_until, taken_at=taker.taken_at)


def _fits(slot: Slot, move: SlotMove) -> bool:
    is_it = (slot.slot_id, slot.epoch) == (move.slot_id, move.epoch) and slot.state in move.sources
    is_held = move.holder in (None, slot.session_id)
    return is_it and is_held and (move.taker is None or move.taker.application_id == slot.application_id)


# -- a session comes


def claim(slot: Slot | FreeSlot, taker: Taker) -> SlotMove:
    """Whoever presses Play takes a free one."""
    return SlotMove(slot.slot_id, frozenset({T.FREE}), T.RESERVED, taker.taken_at, slot.epoch, taker=taker)


def hand_over(slot: Slot | FreeSlot, taker: Taker) -> SlotMove:
    """The first in line gets a free one, or one that is ready and was never published."""
    sources = frozenset({T.FREE, T.RESETTING})
    seen = slot.state if isinstance(slot, Slot) else T.FREE
    return SlotMove(slot.slot_id, sources, T.RESERVED, taker.taken_at, slot.epoch, taker=taker, seen=seen)


def start_streaming(slot_id: str, session_id: str, epoch: int, at: float) -> SlotMove:
    """The viewer of its session is connected; once is enough."""
    return SlotMove(slot_id, HELD, T.STREAMING, at, epoch, holder=session_id)


# -- a session goes


def release(slot: Slot, at: float, deadline_at: float) -> SlotMove:
    """Its session is over: a fresh process is started by the deadline; a retired one stays retired, with nobody."""
    to, until = (T.RETIRED, None) if slot.state is T.RETIRED else (T.RESETTING, deadline_at)
    return _left(slot, frozenset({slot.state}), to, at, until)


def give_up(slot: Slot, at: float, lingers_until: float, reset_timeout_s: float | None) -> SlotMove:
    """Its session has another one; its picture may be watched a little longer. No `reset_timeout_s`: it is retired."""
    if reset_timeout_s is None or slot.state is T.RETIRED:
        return _left(slot, frozenset({slot.state}), T.RETIRED, at, lingers_until)
    return _left(slot, frozenset({slot.state}), T.RESETTING, at, lingers_until + reset_timeout_s)


def reset(slot: Slot, at: float, deadline_at: float) -> SlotMove:
    """Its session holds it no longer, and nobody gave it back."""
    return _left(slot, HELD, T.RESETTING, at, deadline_at)


def _left(slot: Slot, sources: frozenset[SlotState], to: SlotState, at: float, until: float | None) -> SlotMove:
    """Only while the holder that was read still holds it."""
    return SlotMove(slot.slot_id, sources, to, at, slot.epoch, holder=slot.session_id, leaves=True, deadline_at=until)


# -- its application, or its instance


def publish(slot: Slot, at: float) -> SlotMove:
    """Its application answered: free for all."""
    return SlotMove(slot.slot_id, frozenset({T.RESETTING}), T.FREE, at, slot.epoch)


def withdraw(slot: Slot, at: float, deadline_at: float | None = None) -> SlotMove:
    """Its application must be started again, by the deadline; without one, when its instance serves again."""
    return SlotMove(slot.slot_id, frozenset({T.FREE}), T.RESETTING, at, slot.epoch, deadline_at=deadline_at)


def await_ready(slot: Slot, at: float, deadline_at: float) -> SlotMove:
    """Its instance serves again: the agent must report it ready by the deadline."""
    return SlotMove(slot.slot_id, frozenset({T.RESETTING}), T.RESETTING, at, slot.epoch, deadline_at=deadline_at)


def renew(slot: Slot, at: float, deadline_at: float) -> SlotMove:
    """Its machine started anew: whoever held it holds it no longer, and what the old boot says counts no more."""
    return SlotMove(
        slot.slot_id,
        ANY - {T.RETIRED},
        T.RESETTING,
        at,
        slot.epoch,
        leaves=True,
        outdates=True,
        deadline_at=deadline_at,
        seen=slot.state,
    )


def retire_free(slot: Slot, at: float) -> SlotMove:
    """Nobody took it, and nobody will."""
    return SlotMove(slot.slot_id, frozenset({T.FREE}), T.RETIRED, at, slot.epoch)


def retire_idle(slot: Slot, at: float) -> SlotMove:
    """Nobody holds it, and nobody will."""
    return SlotMove(slot.slot_id, frozenset({T.FREE, T.RESETTING}), T.RETIRED, at, slot.epoch, seen=slot.state)


def retire(slot: Slot, at: float) -> SlotMove:
    """Whoever holds it: the holder stays named until it is released. Retired already is fine."""
    return SlotMove(slot.slot_id, ANY, T.RETIRED, at, slot.epoch, seen=slot.state)
