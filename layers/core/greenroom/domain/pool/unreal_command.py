"""Checks the command line of an Unreal application for options that cannot work, before an instance is launched."""

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
"""By Unreal option: the placeholder that the option's value must contain. The agent replaces a placeholder with the
value for each slot. A test compares this table with the agent.
"""
_OPTION = re.compile(rf"(?<![a-z0-9_.])({'|'.join(PLACEHOLDERS)})=(\"[^\"]*\"|'[^']*'|[^\s\"']*)", re.IGNORECASE)
_BY_LOWER = {name.lower(): value for name, value in PLACEHOLDERS.items()}


def fixed_option(command: Sequence[str]) -> tuple[str, str] | None:
    """Finds the first option whose value would be the same in every slot, because its placeholder is missing.

    Returns the option and the placeholder that its value must contain; None when no option is wrong. Unreal reads its
    options in any letter case.
    >>> fixed_option(["game", "-pixelstreamingurl=ws://elsewhere"])
    ('pixelstreamingurl', '{streamerUrl}')
    """
    for word in command:
        for found in _OPTION.finditer(word):
            placeholder = _BY_LOWER[found[1].lower()]
            if placeholder not in found[2]:
                return found[1], placeholder
    return None
