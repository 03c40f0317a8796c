"""Media by way of a TURN server: who must take it, and the credentials that let a session in.

Source: coturn, README.turnserver, "TURN REST API" (use-auth-secret): the username is `<expiry>:<name>`, the credential
base64(HMAC-SHA1(secret, username)). The server knows the secret alone: there is no user to make, and none to delete.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from enum import StrEnum

OUTLIVES_S = 600
"""A credential lives this much longer than its session: a page may join at the last moment, clocks differ a little."""
LONGEST_S = 24 * 3600


class RelayPolicy(StrEnum):
    """Which ways the media may take: RTCConfiguration.iceTransportPolicy."""

    ALL = "all"  # the direct one, and the relay where that is blocked
    RELAY = "relay"  # never but through the relay: networks that let nothing else out; neither peer sees the other


@dataclass(frozen=True, slots=True)
class TurnCredential:
    """One session's way into the TURN server."""

    username: str
    credential: str = field(repr=False)


def turn_credential(secret: str, session_id: str, expires_at: float) -> TurnCredential:
    """Good until `expires_at` (epoch seconds, cut to whole ones). The colon and the id make it traceable in coturn."""
    username = f"{int(expires_at)}:{session_id}"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return TurnCredential(username, b64encode(digest).decode())


def credential_expiry(ends_by: float | None, maximum_session_s: float, now: float) -> float:
    """The session's remaining time and ten minutes, a day at most. `ends_by` is None until it first connected.

    Example: an hour's session that connected 50 minutes ago -> 20 minutes from now.
    """
    remaining_s = maximum_session_s if ends_by is None else max(0.0, ends_by - now)
    return now + min(remaining_s + OUTLIVES_S, LONGEST_S)
