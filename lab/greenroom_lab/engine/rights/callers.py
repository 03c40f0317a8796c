"""Who acts, and whether their policies allow it: for calls that services make inside the engine.

A request from outside is checked by ministack when it arrives. What a state machine, a rule or a schedule does happens
inside the engine, where nobody is asked: the mends set `CALLER` and put the question here.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, tagging


@dataclass(frozen=True, slots=True)
class Question:
    """May the caller do this to that, with these condition keys?"""

    action: str
    resource: str
    """An ARN; something that is yet to be made is asked about as `.../*`."""
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Condition keys of the request. A list is a key with several values; a key that is left out is absent."""


CALLER: contextvars.ContextVar[iam_evaluator.PrincipalInfo | None] = contextvars.ContextVar("caller", default=None)
"""Whose rights count for what happens now; None: the engine itself, which may do everything."""


def role_session(role_arn: str, session: str) -> iam_evaluator.PrincipalInfo:
    """The role as a service assumes it. A role that does not exist may do nothing."""
    account, name = get_account_id(), role_arn.rpartition("/")[2]
    return iam_evaluator.PrincipalInfo(
        arn=f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        type="AssumedRole",
        account=account,
        policies=iam_evaluator._gather_role_policies(name, account),
        limits=iam_evaluator._permissions_boundary(iam._roles, name, account),
    )


def refusal_of(caller: iam_evaluator.PrincipalInfo | None, questions: Iterable[Question]) -> str | None:
    """AWS's words for the first question that the caller's policies answer with no; None when all are allowed."""
    if caller is None or caller.policies is None:
        return None
    for question in questions:
        decision = iam_evaluator.evaluate(context_of(caller, question), caller.policies, *caller.limits).decision
        if decision != "Allow":
            return str(
                iam_actions.identity_denial_message(question.action, caller.arn, question.resource, decision == "Deny")
            )
    return None


def context_of(caller: iam_evaluator.PrincipalInfo, question: Question) -> iam_evaluator.EvalContext:
    tags = tagging.resource_tags(question.resource) or {}
    keys = {f"aws:resourcetag/{name}".lower(): value for name, value in tags.items()}
    keys.update({name.lower(): value for name, value in question.keys.items()})
    return iam_evaluator.EvalContext(
        principal_arn=caller.arn,
        principal_type=caller.type,
        principal_account=caller.account,
        action=question.action,
        resource_arn=question.resource,
        region=get_region(),
        service_context={"aws:tagkeys": None, **keys},  # without tags in the request the key is absent, not empty
        principal_keys=caller.keys,
    )
