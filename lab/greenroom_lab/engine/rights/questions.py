"""More than one question about one request: ministack puts a single one, without the keys a condition may look at.

`ask_more("dynamodb", expand)` lets `expand` replace the question about each request to that service by others, which
must all be answered with yes. The refusal names the question that was refused, with its resource.
"""

from __future__ import annotations

import contextvars
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from greenroom_lab.engine.rights.callers import Question

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    body: bytes
    parameters: Mapping[str, Any]
    """Of the query string and of a form."""

    @functools.cached_property
    def document(self) -> Json:
        """The JSON body; empty when it is none (the service refuses that itself)."""
        try:
            document = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


Expand = Callable[[Request, Question], list[Question]]
_expands: dict[str, list[Expand]] = {}
_request: contextvars.ContextVar[Request | None] = contextvars.ContextVar("request", default=None)
_refused: contextvars.ContextVar[Question | None] = contextvars.ContextVar("refused", default=None)


def ask_more(service: str, expand: Expand) -> None:
    """Expand every question about a request to `service`; expansions are applied one after the other."""
    if not _expands:
        remember_requests()
        remember_policies()
        ask_each_question()
        name_what_was_refused()
    _expands.setdefault(service, []).append(expand)


def remember_requests() -> None:
    resource_of = iam_actions.extract_resource_arn

    def resource_of_remembered(
        service: str, method: str, path: str, headers: Json, body: bytes, query: Json, *place: str
    ) -> str:
        _request.set(Request(body, query))
        resource: str = resource_of(service, method, path, headers, body, query, *place)
        return resource

    iam_actions.extract_resource_arn = resource_of_remembered


def remember_policies() -> None:
    """Parse a policy's text once, not for every question: a claim's transaction has many."""
    parse = iam_evaluator.parse_policy_document
    parse_text = functools.lru_cache(maxsize=1024)(parse)

    def parse_once(document: Any) -> Any:
        return parse_text(document) if isinstance(document, str) else parse(document)

    iam_evaluator.parse_policy_document = parse_once


def ask_each_question() -> None:
    enforce = iam_evaluator.enforce

    def enforce_each(
        key: str, action: str, service: str, region: str, resource_arn: str = "*", service_context: Json | None = None
    ) -> Any:
        for question in expanded(service, Question(action, resource_arn, service_context or {})):
            denied = enforce(key, question.action, service, region, question.resource, dict(question.keys))
            if denied:
                _refused.set(question)
                return denied
        return None

    iam_evaluator.enforce = enforce_each


def expanded(service: str, question: Question) -> list[Question]:
    questions, request = [question], _request.get()
    if request is None:
        return questions
    for expand in _expands.get(service, ()):
        questions = [more for each in questions for more in expand(request, each)]
    return questions


def name_what_was_refused() -> None:
    respond = iam_actions.access_denied_response

    def respond_with_question(
        service: str, action: str, principal: str, request_id: str, *, error_code: str = "", **more: Any
    ) -> Any:
        question = _refused.get()
        if question and not error_code and service in _expands:
            message = iam_actions.identity_denial_message(
                question.action, principal, question.resource, bool(more.get("explicit_deny"))
            )
            more = {**more, "message": message}
        return respond(service, action, principal, request_id, error_code=error_code, **more)

    iam_actions.access_denied_response = respond_with_question
