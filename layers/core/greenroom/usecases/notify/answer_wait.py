"""Tell a waiting machine what it waits for, if that is so already."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from greenroom.domain.errors import TaskGone
from greenroom.domain.session.session import Session, fact_for
from greenroom.ports.notify import HasTasks


class Ports(HasTasks, Protocol):
    """What is reached here, callees included."""


def answer_wait(session: Session, ports: Ports) -> None:
    """Call it with the row *after* any write of a wait or of a fact.

    Each of the two writes reads the whole row back, so whichever comes second sees both, and answers; when both do,
    the second answer finds the task gone. A task that is gone was timed out or answered: its own machine undoes.
    """
    fact = fact_for(session)
    if fact is None or session.task_token is None:
        return
    outcome = str(session.status_reason) if fact == "ended" and session.status_reason else fact
    with suppress(TaskGone):
        ports.tasks.succeed(session.task_token, {"sessionId": session.session_id, "fact": fact, "outcome": outcome})
