"""Puts the address of the slot's streamer endpoint and its UDP media ports into an Unreal command line.

Unreal ignores letter case in options and uses the first option that it finds. So an option that the command already has
is replaced in place, and a missing option is added. A fixed address would belong to another slot. Fixed ports, like
Unreal's default (49152 to 65535), would belong to another slot or be blocked by the security group.

Source: Unreal Engine, FParse::Value; Pixel Streaming reference, -PixelStreamingURL (both plugins, 5.3 to 5.7), IP and
Port; Pixel Streaming 2, -PixelStreamingSignallingURL (5.5), -PixelStreamingConnectionURL (since 5.6); both plugins,
-PixelStreamingWebRTCMinPort and -MaxPort.
"""

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
"""For each option of Unreal: the placeholder, which is later replaced by the value for this slot."""
_URLS = {name.lower() for name, value in PLACEHOLDERS.items() if value == "{streamerUrl}"}
_LEGACY = {"pixelstreamingip", "pixelstreamingport"}
# Also inside a word, because a command may be a line for a shell.
_OPTION = re.compile(rf"(?<![a-z0-9_.])({'|'.join(PLACEHOLDERS)})=(\"[^\"]*\"|'[^']*'|[^\s\"']*)", re.IGNORECASE)
_BY_LOWER = {name.lower(): value for name, value in PLACEHOLDERS.items()}


def with_own_endpoint_and_ports(words: Sequence[str]) -> list[str]:
    """Returns the command with a placeholder for each option whose value depends on the slot.

    An option that the command already has is replaced in place. A missing option is added.
    """
    named = {found[1].lower() for word in words for found in _OPTION.finditer(word)}
    own = [_OPTION.sub(_own_value, word) for word in words]
    if not named & _URLS and not named >= _LEGACY:
        own.append("-PixelStreamingURL={streamerUrl}")
    for name in ("PixelStreamingWebRTCMinPort", "PixelStreamingWebRTCMaxPort"):
        if name.lower() not in named:
            own.append(f"-{name}={PLACEHOLDERS[name]}")
    return own


def _own_value(found: re.Match[str]) -> str:
    placeholder = _BY_LOWER[found[1].lower()]
    return found[0] if placeholder in found[2] else f"{found[1]}={placeholder}"
