"""Answers a state machine that waits for a fact about a session, when the session's row already shows that fact.

A fact is that the session has a slot, that its viewer is connected, or that it has ended.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from greenroom.domain.errors import TaskGone
from greenroom.domain.session.session import fact_for

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.ports.notify import HasTasks

    class Ports(HasTasks, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def answer_wait(session: Session, ports: Ports) -> None:
    """Answers the state machine that waits for this session, if what the state machine waits for has happened.

    A state machine waits by storing its task token (of Step Functions) in the session's row. It waits for a fact, such
    as that the session has a slot.
    Call this function after each write of a task token or of a fact, with the session's row as it is after that write.
    The later of the two writes finds both in the row, so its caller answers. If both callers find both, both answer,
    and Step Functions refuses the second answer, because the task is over. The task is also over when the state machine
    timed out; then the state machine undoes its work by itself.
    """
    fact = fact_for(session)
    if fact is None or session.task_token is None:
        return
    outcome = str(session.status_reason) if fact == "ended" and session.status_reason else fact
    with suppress(TaskGone):
        ports.tasks.succeed(session.task_token, {"sessionId": session.session_id, "fact": fact, "outcome": outcome})
