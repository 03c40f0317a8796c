"""Repeats the streamer's ICE candidates (addresses for WebRTC) with the public address of the instance.

An EC2 instance knows only its private address, because the internet gateway translates the public address. A browser
outside the network needs a candidate with the public address and the same port. So the agent adds such a candidate for
each candidate with a private address.
"""

import ipaddress
import re
from typing import Any

Message = dict[str, Any]


def repeat_in_sdp(sdp: str, public_ip: str | None) -> str:
    """Returns the session description (SDP) with a public candidate added after each private UDP host candidate.

    Without `public_ip`, the description is returned unchanged.
    """
    if public_ip is None:
        return sdp
    lines = []
    for line in sdp.splitlines(keepends=True):
        lines.append(line)
        content = line.rstrip("\r\n")
        if content.startswith("a=candidate:"):
            twin = repeat_candidate(content.removeprefix("a="), public_ip)
            if twin is not None:
                lines.append(f"a={twin}{line[len(content) :] or chr(13) + chr(10)}")
    return "".join(lines)


def repeat_candidate(candidate: str, public_ip: str | None) -> str | None:
    """Returns a copy of a `candidate:` attribute with the public address, or None if no copy is needed.

    Only a UDP host candidate with a private address needs a copy. Without `public_ip` the result is None.

    >>> repeat_candidate("candidate:1 1 udp 2130706431 10.0.0.9 50000 typ host", "203.0.113.7")
    'candidate:1p 1 udp 2130706430 203.0.113.7 50000 typ host'
    """
    fields = candidate.split()
    if public_ip is None or len(fields) < 8 or fields[2].lower() != "udp" or fields[6:8] != ["typ", "host"]:
        return None
    if not _PRIORITY.fullmatch(fields[3]) or not _is_private(fields[4]):
        return None
    # A foundation of its own, because the address differs; one priority lower, so that a peer inside the network
    # prefers the direct path.
    twin = [f"{fields[0]}p", *fields[1:3], str(max(1, int(fields[3]) - 1)), public_ip, *fields[5:]]
    return " ".join(twin)


def repeat_in_message(message: Message, public_ip: str | None) -> list[Message]:
    """Returns the messages to send to the browser's page in place of one message of the streamer.

    The result is a single message, except that an ICE candidate with a private address becomes two candidates.
    """
    if message.get("type") == "offer" and isinstance(message.get("sdp"), str):
        return [{**message, "sdp": repeat_in_sdp(message["sdp"], public_ip)}]
    if message.get("type") == "iceCandidate" and isinstance(message.get("candidate"), dict):
        trickled = message["candidate"]
        twin = repeat_candidate(str(trickled.get("candidate", "")), public_ip)
        if twin is not None:
            return [message, {**message, "candidate": {**trickled, "candidate": twin}}]
    return [message]


_PRIORITY = re.compile("[0-9]{1,10}")
_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
_PRIVATE = [ipaddress.ip_network(network) for network in _RANGES]


def _is_private(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # an mDNS name
        return False
    return parsed.version == 4 and any(parsed in network for network in _PRIVATE)
