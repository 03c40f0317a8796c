"""Gap: nobody is asked for `iam:PassRole`: whoever may create a schedule may give it any role of the account.

CreateSchedule and UpdateSchedule ask it of the target's role, with `iam:PassedToService` scheduler.amazonaws.com. What
a launch asks is in launch_rights.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from greenroom_lab.engine.rights.callers import Question
from greenroom_lab.engine.rights.questions import Request, ask_more

PASSING = {"scheduler:CreateSchedule", "scheduler:UpdateSchedule"}


def apply() -> None:
    ask_more("scheduler", expand)


def expand(request: Request, question: Question) -> list[Question]:
    role = (request.document.get("Target") or {}).get("RoleArn")
    if question.action not in PASSING or not role:
        return [question]
    return [question, Question("iam:PassRole", role, {"iam:PassedToService": "scheduler.amazonaws.com"})]
