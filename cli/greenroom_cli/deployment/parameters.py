"""The template's parameters as an operator gives them: read from GREENROOM_PARAMETERS, checked, handed to `sam`.

GREENROOM_PARAMETERS='VolumeSize=100 IceServers=[{"urls": ["stun:stun.example.org"]}]'
"""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from greenroom_cli.failures import CallRefused
from greenroom_cli.toolchain.paths import ROOT


class ParameterInvalid(CallRefused):
    """Which parameter, what is wrong with it, how it is written."""


def read_parameters(words: str, template: Path = ROOT / "template.yaml") -> dict[str, str]:
    """`Key=Value Key=Value` by the shell's rules of quoting; a JSON value needs no quotes. Raises: ParameterInvalid."""
    given = dict(_pairs(words))
    known = template_parameters(template)
    for name, value in given.items():
        _check(name, value, known)
    return given


@cache
def template_parameters(template: Path = ROOT / "template.yaml") -> Mapping[str, Any]:
    """The `Parameters` of a template by name; every value in them is text."""
    found: Mapping[str, Any] = yaml.load(template.read_text(), Loader=yaml.BaseLoader)["Parameters"]
    return found


def text_for_sam(parameters: Mapping[str, str]) -> str:
    """A YAML file for `--parameter-overrides file://…`, from which `sam` takes every value as it stands.

    Its command line cannot carry every text. From a file it takes off a value's outer quotes and unescapes, twice.
    """
    return json.dumps({name: _quoted(_quoted(value)) for name, value in parameters.items()}, ensure_ascii=False)


def _quoted(value: str) -> str:
    """One backslash more before what `sam` unescapes: a quote or a space after a backslash."""
    escaped = re.sub(r"""\\(?=["' ])""", r"\\\\", value)
    return f'"{escaped}"'


def _pairs(words: str) -> Iterator[tuple[str, str]]:
    remaining = words.strip()
    while remaining:
        found = re.match(r"(\w+)=", remaining)
        if found is None:
            raise ParameterInvalid(
                "GREENROOM_PARAMETERS", f"{_short(remaining)} is not Key=Value", "put a value with spaces in quotes"
            )
        value, remaining = _value(found[1], remaining[found.end() :])
        yield found[1], value
        remaining = remaining.strip()


def _value(name: str, text: str) -> tuple[str, str]:
    """The value at the beginning, and what follows it."""
    if text.startswith(("[", "{")):
        try:
            _, end = json.JSONDecoder().raw_decode(text)
        except ValueError as error:
            example = _EXAMPLES.get(name, "[...]")
            raise ParameterInvalid(name, f"not JSON: {error}", f"write {name}={example}") from error
        return text[:end], text[end:]
    if not text or text[0].isspace():
        return "", text
    stream = io.StringIO(text)
    lexer = shlex.shlex(stream, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        value = lexer.get_token()
    except ValueError as error:
        raise ParameterInvalid(name, f"{error}: a quote is opened and not closed", "close it") from error
    return value or "", stream.read()


def _check(name: str, value: str, known: Mapping[str, Any]) -> None:
    if name not in known:
        raise ParameterInvalid(name, "the template has no such parameter", f"it has {', '.join(sorted(known))}")
    allowed = known[name].get("AllowedValues")
    if allowed and value not in allowed:
        raise ParameterInvalid(name, f"{_short(value)} is not allowed", f"take one of {', '.join(allowed)}")
    if name in _EXAMPLES and (wrong := _wrong_with_ice_servers(value)):
        raise ParameterInvalid(name, wrong, f"write {name}={_EXAMPLES[name]}")


_EXAMPLES = {"IceServers": '[{"urls": ["stun:stun.example.org:3478"]}]'}
"""The parameters that hold JSON, each as it is written."""


def _wrong_with_ice_servers(value: str) -> str:
    try:
        servers = json.loads(value)
    except ValueError as error:
        return f"not JSON: {error}"
    if not isinstance(servers, list):
        return "a JSON list of servers is needed"
    for server in servers:
        urls = server.get("urls") if isinstance(server, dict) else None
        if not urls or not (
            isinstance(urls, str) or (isinstance(urls, list) and all(isinstance(u, str) for u in urls))
        ):
            return 'each server needs "urls", one text or a list of them'
    return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
