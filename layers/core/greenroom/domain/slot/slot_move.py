"""Every change that may happen to a slot, as a SlotMove: one conditional change of the slot's state.

A store makes a move only if the slot is as the move requires. `applied` says what the slot is afterwards. A slot's
epoch is its fencing number: it is raised each time the slot changes hands, and reports with an older epoch are refused.
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
    """The session that takes a slot, with what the slot must store about the session.

    `epoch`: the slot's new epoch (fencing number), higher than any that the slot or the session had before.
    """

    session_id: str
    viewer_id: str
    application_id: str  # the slot must run the same application
    epoch: int
    taken_at: float
    lease_until: float | None


@dataclass(frozen=True, slots=True)
class SlotMove:
    """One change of one slot, made only if the slot matches `slot_id`, `sources` and the fields marked "compared".

    `sources`: the states that the slot may have before the move. SLOT_TRANSITIONS must allow the change from each of
    them to `to`. If `to` is one of the sources, the slot may keep its state, and only its other fields change.
    Raises: IllegalTransition (when the move is constructed, not when it is applied).
    """

    slot_id: str
    sources: frozenset[SlotState]
    to: SlotState
    at: float
    epoch: int  # compared: the slot must not have changed hands since it was read
    holder: str | None = None  # compared: the session that must have the slot; None: any session, or no session
    taker: Taker | None = None  # the session that has the slot after the move, and the slot's new epoch
    leaves: bool = False  # the slot's session, if there is one, no longer has the slot
    outdates: bool = False  # raises the epoch by 1, so that reports about the slot before the move are refused
    deadline_at: float | None = None  # how long the slot may stay in this state; None: without limit
    seen: SlotState | None = None  # the state in which the slot was read, when there are several sources

    def __post_init__(self) -> None:
        for source in self.sources - {self.to}:
            if self.to not in SLOT_TRANSITIONS[source]:
                raise IllegalTransition(f"slot: {source} -> {self.to}")

    @property
    def next_epoch(self) -> int:
        """The slot's epoch (fencing number) after the move."""
        if self.taker is not None:
            return self.taker.epoch
        return self.epoch + 1 if self.outdates else self.epoch

    @property
    def ends_free_entry(self) -> bool:
        """Whether the slot may be free before the move, so that the move also deletes its free-slot entry.

        A free-slot entry is the row by which a claim finds a free slot.
        """
        return T.FREE in self.sources

    @property
    def begins_free_entry(self) -> bool:
        """Whether the slot is free after the move, so that the move also writes its free-slot entry.

        A free-slot entry is the row by which a claim finds a free slot.
        """
        return self.to is T.FREE

    @property
    def free_change(self) -> int:
        """By how much the move changes the pool's number of free slots: -1, 0 or 1.

        If `sources` names several states, the slot is assumed to have the state in which it was read (`seen`) before
        the move.
        """
        (before,) = self.sources if len(self.sources) == 1 else (self.seen,)
        return (self.to is T.FREE) - (before is T.FREE)

    @property
    def taken_change(self) -> int:
        """By how much the move raises the pool's count of taken slots: 1 when a session takes a free slot, else 0."""
        return int(self.taker is not None and self.free_change < 0)


def applied(slot: Slot, move: SlotMove) -> Slot:
    """Returns the slot as it is after `move`. Every store must make the change as this function does.

    Raises: SlotLost (the slot is not as the move requires).
    """
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


# -- a session takes the slot


def claim(slot: Slot | FreeSlot, taker: Taker) -> SlotMove:
    """The move by which a session that was just requested takes a free slot."""
    return SlotMove(slot.slot_id, frozenset({T.FREE}), T.RESERVED, taker.taken_at, slot.epoch, taker=taker)


def hand_over(slot: Slot | FreeSlot, taker: Taker) -> SlotMove:
    """The move by which the first session in line gets a slot.

    The slot is free, or it has just become ready and is given to the session before it is ever free.
    """
    sources = frozenset({T.FREE, T.RESETTING})
    seen = slot.state if isinstance(slot, Slot) else T.FREE
    return SlotMove(slot.slot_id, sources, T.RESERVED, taker.taken_at, slot.epoch, taker=taker, seen=seen)


def start_streaming(slot_id: str, session_id: str, epoch: int, at: float) -> SlotMove:
    """The move after the session's viewer has connected to the slot. Making the move again changes nothing."""
    return SlotMove(slot_id, HELD, T.STREAMING, at, epoch, holder=session_id)


# -- a session leaves the slot


def release(slot: Slot, at: float, deadline_at: float) -> SlotMove:
    """The move after the slot's session has ended: a fresh process of the application must be ready by `deadline_at`.

    A Retired slot remains Retired, without a session.
    """
    to, until = (T.RETIRED, None) if slot.state is T.RETIRED else (T.RESETTING, deadline_at)
    return _left(slot, frozenset({slot.state}), to, at, until)


def give_up(slot: Slot, at: float, lingers_until: float, reset_timeout_s: float | None) -> SlotMove:
    """The move by which a session leaves its old slot because it got another slot.

    The old slot may stream to the viewer until `lingers_until`. After that, it must be ready again within
    `reset_timeout_s`; None retires the old slot instead.
    """
    if reset_timeout_s is None or slot.state is T.RETIRED:
        return _left(slot, frozenset({slot.state}), T.RETIRED, at, lingers_until)
    return _left(slot, frozenset({slot.state}), T.RESETTING, at, lingers_until + reset_timeout_s)


def reset(slot: Slot, at: float, deadline_at: float) -> SlotMove:
    """The move by which a slot is taken from a session that no longer holds the slot, but never gave it back.

    A fresh process of the application must be ready by `deadline_at`.
    """
    return _left(slot, HELD, T.RESETTING, at, deadline_at)


def _left(slot: Slot, sources: frozenset[SlotState], to: SlotState, at: float, until: float | None) -> SlotMove:
    """The move by which a session leaves the slot, made only if the slot still has the session that was read."""
    return SlotMove(slot.slot_id, sources, to, at, slot.epoch, holder=slot.session_id, leaves=True, deadline_at=until)


# -- the slot's application or instance changes


def publish(slot: Slot, at: float) -> SlotMove:
    """The move by which a slot becomes free after its application is ready: any session may claim it then."""
    return SlotMove(slot.slot_id, frozenset({T.RESETTING}), T.FREE, at, slot.epoch)


def withdraw(slot: Slot, at: float, deadline_at: float | None = None) -> SlotMove:
    """The move by which a free slot stops being free, because its application must start again by `deadline_at`.

    `deadline_at` is None when the instance takes no sessions: the deadline is set when the instance takes sessions
    again.
    """
    return SlotMove(slot.slot_id, frozenset({T.FREE}), T.RESETTING, at, slot.epoch, deadline_at=deadline_at)


def await_ready(slot: Slot, at: float, deadline_at: float) -> SlotMove:
    """The move that sets a new deadline after the slot's instance takes sessions again.

    The instance's agent must report the slot as ready by `deadline_at`.
    """
    return SlotMove(slot.slot_id, frozenset({T.RESETTING}), T.RESETTING, at, slot.epoch, deadline_at=deadline_at)


def renew(slot: Slot, at: float, deadline_at: float) -> SlotMove:
    """The move after the slot's instance restarted: the slot loses its session, if it has one.

    The epoch (the slot's fencing number) is raised, so that reports from before the restart are refused.
    """
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
    """The move by which a free slot is taken out of use for good."""
    return SlotMove(slot.slot_id, frozenset({T.FREE}), T.RETIRED, at, slot.epoch)


def retire_idle(slot: Slot, at: float) -> SlotMove:
    """The move by which a slot without a session is taken out of use for good."""
    return SlotMove(slot.slot_id, frozenset({T.FREE, T.RESETTING}), T.RETIRED, at, slot.epoch, seen=slot.state)


def retire(slot: Slot, at: float) -> SlotMove:
    """The move by which a slot is taken out of use for good, with or without a session.

    The slot keeps naming its session until the session is released. Retiring a Retired slot changes nothing.
    """
    return SlotMove(slot.slot_id, ANY, T.RETIRED, at, slot.epoch, seen=slot.state)
