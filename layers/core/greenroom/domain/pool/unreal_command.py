"""What cannot work in the command line of an Unreal application, seen before an instance is launched for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

PLACEHOLDERS: Mapping[str, str] = {
    "PixelStreamingURL": "{streamerUrl}",
    "PixelStreamingSignallingURL": "{streamerUrl}",
    "PixelStreamingConnectionURL": "{streamerUrl}",
    "PixelStreamingIP": "{streamerHost}",
    "PixelStreamingPort": "{streamerPort}",
    "PixelStreamingWebRTCMinPort": "{mediaPortFirst}",
    "PixelStreamingWebRTCMaxPort": "{mediaPortLast}",
}
"""Option -> what stands for the slot's value. As in the agent, which fills them in; a test compares the two."""
_OPTION = re.compile(rf"(?<![a-z0-9_.])({'|'.join(PLACEHOLDERS)})=(\"[^\"]*\"|'[^']*'|[^\s\"']*)", re.IGNORECASE)
_BY_LOWER = {name.lower(): value for name, value in PLACEHOLDERS.items()}


def fixed_option(command: Sequence[str]) -> tuple[str, str] | None:
    """The first option that is the same in every slot, and the placeholder that belongs there; None when all is well.

    Unreal reads its options in any letter case.
    >>> fixed_option(["game", "-pixelstreamingurl=ws://elsewhere"])
    ('pixelstreamingurl', '{streamerUrl}')
    """
    for word in command:
        for found in _OPTION.finditer(word):
            placeholder = _BY_LOWER[found[1].lower()]
            if placeholder not in found[2]:
                return found[1], placeholder
    return None
