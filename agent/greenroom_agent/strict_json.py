"""Parses JSON from outside: limits its size and depth first, and accepts only strict JSON.

Python's own `json.loads` raises RecursionError for `"[" * 20000`, accepts NaN and Infinity, which are not JSON, and
accepts half a character (`"\\ud800"`), which no socket can send. No such text may stop the agent, because the agent
also serves other viewers.
"""

import json
import math
import re
from typing import Any, NoReturn

# Skips strings (an unfinished one to the end of the text), so that the search takes linear time for any text.
_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
MOST_DIGITS = 19
"""The most digits of an integer: as many as 64 bits hold. No field of a message needs more."""
DEEPEST = 16
"""The deepest nesting of objects and lists. The protocol needs four levels."""


class MalformedText(ValueError):
    """Raised for a text from outside that is not a JSON object, is too large or is too deeply nested."""


def read_object(
    text: str | bytes, most: int, *, deepest: int = DEEPEST, may_be_a_piece: bool = False
) -> dict[str, Any]:
    """Parses the text as one JSON object.

    `most`: the largest size of the text, in characters, or in bytes if `text` is bytes. `deepest`: the deepest nesting.
    `may_be_a_piece`: strings may begin or end in the middle of a surrogate pair, as pieces of a cut message do.
    Raises: MalformedText, and nothing else.
    """
    if len(text) > most:
        raise MalformedText(f"more than {most} characters")
    try:
        whole = _whole_characters(text.decode() if isinstance(text, bytes) else text, may_be_a_piece)
        _check_depth(whole, deepest)
        value = json.loads(whole, parse_constant=_refuse, parse_int=_integer, parse_float=_finite)
        if not may_be_a_piece and _HALF_ESCAPED.search(whole):
            json.dumps(value, ensure_ascii=False).encode()  # raises for half a surrogate pair
    except MalformedText:
        raise
    except ValueError as error:
        raise MalformedText(type(error).__name__) from error
    if not isinstance(value, dict):
        raise MalformedText("not an object")
    return value


def _whole_characters(text: str, may_be_a_piece: bool) -> str:
    """Joins the two halves of each surrogate pair in `text` into one character. Raises: UnicodeError for a lone half.

    A text that `may_be_a_piece` of a longer message is returned unchanged.
    """
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
    raise MalformedText(f"{constant} is not a number")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise MalformedText("a number is too long")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedText("a number is too large")
    return number
