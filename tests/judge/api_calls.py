"""An AWS call as somebody writes it, against botocore's model of the API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import (
    ListShape,
    OperationModel,
    OperationNotFoundError,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)
from botocore.validate import ParamValidator

from tests.judge.findings import Finding

JSON_TEXTS = {("lambda", "Invoke"): "Payload", ("stepfunctions", "StartExecution"): "input"}
"""The parameter whose JSON Step Functions writes into the call as text."""
SAMPLES: dict[str, Any] = {
    "blob": b"",
    "boolean": True,
    "double": 1.0,
    "float": 1.0,
    "integer": 1,
    "long": 1,
    "map": {},
    "timestamp": "2026-01-01T00:00:00Z",
}


@dataclass(frozen=True, slots=True)
class ApiCall:
    """`arguments` are named as Step Functions names them and may hold expressions; None: nobody knows them."""

    file: str
    line: int
    subject: str
    service: str
    operation: str
    arguments: Mapping[str, Any] | None


@cache
def service_model(service: str) -> ServiceModel | None:
    """None: botocore knows no such service."""
    session = botocore.session.get_session()
    try:
        return session.get_service_model(service)
    except UnknownServiceError:
        return None


def operation_model(service: str, operation: str) -> OperationModel | None:
    """None: there is no such operation."""
    model = service_model(service)
    try:
        return model.operation_model(operation) if model else None
    except OperationNotFoundError:
        return None


def findings(call: ApiCall) -> Iterator[Finding]:
    for problem in problems(call):
        yield Finding(call.file, call.line, f"{call.service}:{call.operation}", call.subject, problem)


def problems(call: ApiCall) -> Iterator[str]:
    operation = operation_model(call.service, call.operation)
    if operation is None:
        yield "AWS has no such operation"
        return
    if call.arguments is None:
        yield "the arguments are an expression, and no sample says what it gives"
        return
    shape = operation.input_shape or StructureShape("NoInput", {"type": "structure", "members": {}})
    given = filled(shape, call.arguments, JSON_TEXTS.get((call.service, call.operation), ""))
    report = ParamValidator().validate(given, shape)
    yield from report.generate_report().splitlines()
    yield from unlisted(shape, given, call.operation)


def filled(shape: Shape, value: Any, text: str = "") -> Any:
    """The value as botocore names it, with a sample for each expression; `text` is the member that holds JSON."""
    if isinstance(value, str) and value.startswith("{%"):
        return sample(shape)
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return dict(_member(shape, name, each, text) for name, each in value.items())
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [filled(shape.member, each) for each in value]
    return value


def _member(shape: StructureShape, name: str, value: Any, text: str) -> tuple[str, Any]:
    """Step Functions writes every name with a capital letter; what it does not know stays as it is, to be refused."""
    names = {each[0].upper() + each[1:]: each for each in shape.members}
    if name not in names:
        return (f"{name} (not with a small letter)" if name in shape.members else name), value
    if names[name] == text:
        return text, json.dumps(value)
    return names[name], filled(shape.members[names[name]], value)


def sample(shape: Shape) -> Any:
    """The least that the model takes."""
    if isinstance(shape, StructureShape):
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, ListShape):
        return [sample(shape.member)] * shape.metadata.get("min", 1)
    if isinstance(shape, StringShape):
        return next(iter(shape.enum), "x" * max(1, shape.metadata.get("min", 1)))
    return SAMPLES[shape.type_name]


def unlisted(shape: Shape, value: Any, where: str) -> Iterator[str]:
    """Values of a closed list that are not in it: botocore leaves them to the service."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name in sorted(value.keys() & shape.members.keys()):
            yield from unlisted(shape.members[name], value[name], f"{where}.{name}")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, each in enumerate(value):
            yield from unlisted(shape.member, each, f"{where}[{number}]")
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{where} is {value!r}, and can be {', '.join(shape.enum)}"
