"""Answers a waiting state machine when the fact that it waits for is already there."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from greenroom.domain.errors import TaskGone
from greenroom.domain.session.session import Session, fact_for
from greenroom.ports.notify import HasTasks


class Ports(HasTasks, Protocol):
    """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def answer_wait(session: Session, ports: Ports) -> None:
    """Answers the session's pending wait, if its state is what the wait asks for.

    Call it with the row as it is *after* a write of a wait or of a fact. Each of the two writes reads the whole row
    back, so whichever comes second sees both, and answers. If each sees the other's write, both answer, and the second
    answer finds that the task is gone. It is also gone when the state machine timed out, which then undoes its work
    itself.
    """
    fact = fact_for(session)
    if fact is None or session.task_token is None:
        return
    outcome = str(session.status_reason) if fact == "ended" and session.status_reason else fact
    with suppress(TaskGone):
        ports.tasks.succeed(session.task_token, {"sessionId": session.session_id, "fact": fact, "outcome": outcome})
