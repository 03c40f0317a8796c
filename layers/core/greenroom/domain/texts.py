"""Which characters a text from a user or another program must not contain.

Not allowed are: half characters (lone surrogates), which cannot be stored; control characters, which break lines; and
characters that change the reading direction, which make a text look like a different text.
"""

from __future__ import annotations

import re

IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_UNFIT = (
    (re.compile(r"[\ud800-\udfff]"), "half a character"),
    (re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"), "a control character or line break"),
    (re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"), "a character that turns the reading direction"),
)
"""Patterns of characters that are not allowed, each with its name for error messages. Surrogates cannot be encoded as
UTF-8: every AWS call with a text that contains a surrogate fails. The last pattern is exactly Unicode's Bidi_Control;
it contains neither letters of right-to-left scripts nor the joiners of emoji and Persian.
Source: Unicode 16, PropList.txt; UTR 36.
"""


def unfit_part(text: str) -> str | None:
    """The name of the text's first character that is not allowed; None when all its characters are allowed.

    Example: `a control character or line break (U+000A)`.
    """
    for pattern, what in _UNFIT:
        if found := pattern.search(text):
            return f"{what} (U+{ord(found.group()):04X})"
    return None


def is_whole(text: str) -> bool:
    """Whether the text can be encoded as UTF-8, so that it can be sent. Used for texts that are only passed on."""
    return _UNFIT[0][0].search(text) is None
