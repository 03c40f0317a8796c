"""Every call of the AWS command line in our scripts against botocore's model, which the command line is made from."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import jmespath
from botocore import xform_name
from botocore.model import OperationModel, Shape
from jmespath.exceptions import JMESPathError

from tests.judge.api_calls import operation_model, service_model
from tests.judge.findings import Finding, Opinion
from tests.judge.scripts import Script, scripts

COMMAND = re.compile(r"(?<![\w./-])aws\s+(?=[a-z])")
END = frozenset("();<>|&") | {"||", "&&", ";;", ">>", "\n"}
ANYWHERE = frozenset(
    {
        *("ca-bundle", "cli-connect-timeout", "cli-input-json", "cli-read-timeout", "color", "debug", "endpoint-url"),
        *("no-cli-pager", "no-paginate", "no-sign-request", "no-verify-ssl", "output", "profile", "query", "region"),
    }
)
"""Options of every command. Source: AWS CLI user guide, command line options."""
PAGES = frozenset({"max-items", "page-size", "starting-token"})


@dataclass(frozen=True, slots=True)
class Command:
    """`aws <service> <operation>` with its options, each with its first value."""

    file: str
    line: int
    service: str
    operation: str
    options: dict[str, str]


def give_opinion() -> Opinion:
    found = tuple(commands(scripts()))
    return Opinion(f"{len(found)} in all scripts", tuple(each for command in found for each in findings(command)))


def commands(found: Iterable[Script]) -> Iterator[Command]:
    for script in found:
        text = re.sub(r"\\\n", "  ", script.text)
        for number, line in enumerate(text.splitlines(), 1):
            for begin in () if line.lstrip().startswith("#") else COMMAND.finditer(line):
                yield _command(script.file, number, line[begin.end() :])


def _command(file: str, line: int, rest: str) -> Command:
    words: list[str] = []
    lexer = shlex.shlex(rest, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for word in lexer:
        if word in END:
            break
        words.append(word)
    options: dict[str, str] = {}
    for word, following in zip(words, [*words[1:], "--"], strict=True):
        if word.startswith("--"):
            options[word[2:]] = "" if following.startswith("--") else following
    return Command(file, line, words[0], next(iter(words[1:]), ""), options)


def findings(command: Command) -> Iterator[Finding]:
    for problem in problems(command):
        rule = f"aws {command.service} {command.operation}"
        yield Finding(command.file, command.line, rule, command.file, problem)


def problems(command: Command) -> Iterator[str]:
    operation = _operation(command)
    if operation is None:
        yield "the command line has no such command"
        return
    members = dict(operation.input_shape.members) if operation.input_shape else {}
    known = {xform_name(name, "-"): name for name in members}
    known |= {f"no-{option}": name for option, name in known.items() if members[name].type_name == "boolean"}
    for option in sorted(command.options.keys() - known.keys() - ANYWHERE - PAGES):
        yield f"no option --{option}"
    given = {known[option] for option in command.options if option in known}
    for name in operation.input_shape.required_members if operation.input_shape else ():
        if name not in given and "cli-input-json" not in command.options:
            yield f"--{xform_name(name, '-')} is required"
    if query := command.options.get("query"):
        yield from _query_problems(query, operation.output_shape)


def _operation(command: Command) -> OperationModel | None:
    model = service_model(command.service)
    names = model.operation_names if model else ()
    named = (name for name in names if xform_name(name, "-") == command.operation)
    return next((operation_model(command.service, name) for name in named), None)


def _query_problems(query: str, shape: Shape | None) -> Iterator[str]:
    try:
        parsed = jmespath.compile(query).parsed
    except JMESPathError as error:
        yield f"--query: {error}"
        return
    if (missing := _missing(parsed, shape)[0]) is not None:
        yield f"--query: the answer has no {missing}"


def _missing(node: dict[str, Any], shape: Any) -> tuple[str | None, Any]:
    """The first field that the answer does not have, and what a path of plain fields leads to; else nothing is said."""
    if node["type"] == "field":
        if shape is not None and shape.type_name == "structure" and node["value"] not in shape.members:
            return str(node["value"]), None
        inside = shape.members[node["value"]] if shape is not None and shape.type_name == "structure" else None
        return None, inside
    if node["type"] == "subexpression":
        for child in node["children"]:
            missing, shape = _missing(child, shape)
            if missing is not None:
                return missing, None
        return None, shape
    return None, None
