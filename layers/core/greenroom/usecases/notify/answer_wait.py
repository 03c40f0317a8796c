"""Answers a state machine that waits for a fact about a session, when the session's row already shows that fact."""

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
    """Answers the state machine that waits for this session, if the session's state is what it waits for.

    A waiting state machine has stored its task token in the session's row. Call this function with the row as it is
    *after* a write of a task token or of a fact (a change of state that a state machine may wait for). Each of the two
    writes reads the whole row back, so the later write sees both the token and the fact, and its caller answers. If
    both callers see both, both answer, and the second answer finds that the task is gone. The task is also gone when
    the state machine timed out; it then undoes its work by itself.
    """
    fact = fact_for(session)
    if fact is None or session.task_token is None:
        return
    outcome = str(session.status_reason) if fact == "ended" and session.status_reason else fact
    with suppress(TaskGone):
        ports.tasks.succeed(session.task_token, {"sessionId": session.session_id, "fact": fact, "outcome": outcome})
