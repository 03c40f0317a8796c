"""What no text from outside may hold: what cannot be stored, what breaks a line, what makes it read as another text."""

from __future__ import annotations

import re

IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_UNFIT = (
    (re.compile(r"[\ud800-\udfff]"), "half a character"),
    (re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"), "a control character or line break"),
    (re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"), "a character that turns the reading direction"),
)
"""Surrogates are no UTF-8: every AWS call with one fails. The last are all that Unicode calls Bidi_Control; letters of
right-to-left scripts and the joiners of emoji and Persian are none. Source: Unicode 16, PropList.txt; UTR 36."""


def unfit_part(text: str) -> str | None:
    """What must be left out, or None. Example: `a control character or line break (U+000A)`."""
    for pattern, what in _UNFIT:
        if found := pattern.search(text):
            return f"{what} (U+{ord(found.group()):04X})"
    return None


def is_whole(text: str) -> bool:
    """Whether it can be sent at all: for what only passes through, and may hold anything else."""
    return _UNFIT[0][0].search(text) is None
