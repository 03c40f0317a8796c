"""A bar code along the lower edge of the picture, so that a test can read the frame's number from its pixels.

The bar is the lowest 1/18 of the picture over its whole width: 24 blocks of equal width, white for 1, black for 0. From
the left: block 0 is always 1 and block 1 always 0, by which a reader recognises a bar. Blocks 2–21 are the frame
number: 20 bits, the highest first (it wraps after 1,048,575, 9.7 hours at 30 fps). Block 22 is 1 when the number of
ones in blocks 2–21 is odd; block 23 is the opposite of block 22. To read the bar, sample the middle of each block,
halfway up the bar; a luma of 128 or more is white.
"""

import numpy as np
from numpy.typing import NDArray

BLOCKS = 24
BITS = 20
WRAP = 1 << BITS
WHITE, BLACK = 235, 16

Plane = NDArray[np.uint8]


def bar_height(height: int) -> int:
    """Returns the height of the bar, in rows, for a picture of this height.

    The result is even, because colour planes have half as many rows.
    """
    return height // 18 & ~1


def draw_frame_counter(luma: Plane, number: int) -> None:
    """Draws the frame number as a bar into the luma plane (the brightness of the pixels).

    The caller must keep the colour planes neutral in the rows of the bar.
    """
    height, width = luma.shape
    edges = [round(block * width / BLOCKS) for block in range(BLOCKS + 1)]
    for block, bit in enumerate(_blocks(number)):
        luma[height - bar_height(height) :, edges[block] : edges[block + 1]] = WHITE if bit else BLACK


def read_frame_counter(luma: Plane) -> int | None:
    """Reads the frame number from the bar. Returns None when there is no bar or its parity is wrong."""
    height, width = luma.shape
    row = height - bar_height(height) // 2
    bits = [int(luma[row, int((block + 0.5) * width / BLOCKS)] >= 128) for block in range(BLOCKS)]
    number = sum(bit << (BITS - 1 - place) for place, bit in enumerate(bits[2 : 2 + BITS]))
    return number if bits == _blocks(number) else None


def _blocks(number: int) -> list[int]:
    bits = [number % WRAP >> (BITS - 1 - place) & 1 for place in range(BITS)]
    odd = sum(bits) % 2
    return [1, 0, *bits, odd, 1 - odd]
