"""A font of 5 × 7 pixels for the texts in the demo's scene."""

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 5, 7

# Seven rows of five pixels, each row as two hex digits.
_ROWS = {
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1E11111111111E", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11111915131111", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "1111111515150A", "X": "11110A040A1111", "Y": "1111110A040404",
    "Z": "1F01020408101F", "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E",
    "9": "0E11110F01020C", ".": "00000000000C0C", ",": "000000000C0408", "-": "0000001F000000", ":": "000C0C000C0C00",
    "/": "00010204081000", "+": "0004041F040400", "?": "0E110102040004", "!": "04040404040004", "#": "0A0A1F0A1F0A0A",
}  # fmt: skip

_BLANK = np.zeros((HEIGHT, WIDTH + 1), bool)


def text_mask(text: str, scale: int) -> NDArray[np.bool_]:
    """Returns which pixels a line of text covers. Each pixel of the font becomes a square of `scale` pixels.

    Characters that the font does not have are blank.
    """
    glyphs = [_glyph(character) for character in text.upper()] or [_BLANK]
    return np.hstack(glyphs).repeat(scale, 0).repeat(scale, 1)


def _glyph(character: str) -> NDArray[np.bool_]:
    digits = _ROWS.get(character)
    if digits is None:
        return _BLANK
    rows = [int(digits[2 * row : 2 * row + 2], 16) for row in range(HEIGHT)]
    return np.array([[row >> (WIDTH - 1 - column) & 1 for column in range(WIDTH)] + [0] for row in rows], bool)
