"""The one way in which a text from outside becomes an object: bounded before it is parsed, strict while it is.

Python's own `json.loads` raises RecursionError for `"[" * 20000`, takes NaN and Infinity, which are no JSON, and lets
half a character through (`"\\ud800"`), which no socket can send on. One such text must not end an agent that serves
others.
"""

import json
import math
import re
from typing import Any, NoReturn

# Strings are skipped, an unfinished one to the end of the text, so that the search is linear whatever comes.
_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
MOST_DIGITS = 19
"""Of a whole number: what 64 bits hold. No field that crosses needs more."""
DEEPEST = 16
"""Objects and lists inside each other. The deepest that the protocol knows has four."""


class MalformedText(ValueError):
    """A text from outside that is no JSON object, or one that is too large or too deep to be looked at."""


def read_object(
    text: str | bytes, most: int, *, deepest: int = DEEPEST, may_be_a_piece: bool = False
) -> dict[str, Any]:
    """The JSON object that the text holds; `most` counts characters, or bytes where it came as bytes.

    `may_be_a_piece`: its strings may begin or end inside a character of two halves, as a message in pieces does.
    Raises: MalformedText, and nothing else.
    """
    if len(text) > most:
        raise MalformedText(f"more than {most} characters")
    try:
        whole = _whole_characters(text.decode() if isinstance(text, bytes) else text, may_be_a_piece)
        _check_depth(whole, deepest)
        value = json.loads(whole, parse_constant=_refuse, parse_int=_integer, parse_float=_finite)
        if not may_be_a_piece and _HALF_ESCAPED.search(whole):
            json.dumps(value, ensure_ascii=False).encode()  # raises for half a character
    except MalformedText:
        raise
    except ValueError as error:
        raise MalformedText(type(error).__name__) from error
    if not isinstance(value, dict):
        raise MalformedText("no object")
    return value


def _whole_characters(text: str, may_be_a_piece: bool) -> str:
    """Two halves that came in two pieces become one character; a half without its other raises UnicodeError."""
    if may_be_a_piece or not _HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _check_depth(text: str, deepest: int) -> None:
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[0] in "[{":
            depth += 1
        elif found[0] in "]}":
            depth -= 1
        if depth > deepest:
            raise MalformedText(f"nested deeper than {deepest}")


def _refuse(constant: str) -> NoReturn:
    raise MalformedText(f"{constant} is no number")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise MalformedText("a number is too long")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedText("a number is too large")
    return number
