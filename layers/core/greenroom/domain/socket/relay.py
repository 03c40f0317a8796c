"""Media through a TURN server: which sessions must use the server, and the credentials for it.

Source: coturn, README.turnserver, "TURN REST API" (use-auth-secret): the username is `<expiry>:<name>`, the credential
base64(HMAC-SHA1(secret, username)). The server knows only the secret, so no users are created or deleted.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from enum import StrEnum

OUTLIVES_S = 600
"""For how many seconds after its session's latest end a credential still works. A page may connect at the last moment
of the session, and clocks differ a little.
"""
LONGEST_S = 24 * 3600


class RelayPolicy(StrEnum):
    """Which network paths a session's media may take. The values are those of RTCConfiguration.iceTransportPolicy."""

    ALL = "all"  # the direct path, or the TURN server where the direct path is blocked
    RELAY = "relay"  # only the TURN server: for closed networks; neither peer learns the other's address


@dataclass(frozen=True, slots=True)
class TurnCredential:
    """The username and password with which a session's page and agent use the TURN server."""

    username: str
    credential: str = field(repr=False)


def turn_credential(secret: str, session_id: str, expires_at: float) -> TurnCredential:
    """Makes a credential for the TURN server, valid until `expires_at`.

    `expires_at`: epoch seconds, rounded down to whole seconds. The username contains the session id, so that the log of
    coturn (the TURN server) shows the session.
    """
    username = f"{int(expires_at)}:{session_id}"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return TurnCredential(username, b64encode(digest).decode())


def credential_expiry(ends_by: float | None, maximum_session_s: float, now: float) -> float:
    """When a session's TURN credential expires: ten minutes after the session must end, but at most a day from now.

    `ends_by`: when the session must end; None until its first connection.
    Example: a session of one hour that connected 50 minutes ago -> 20 minutes from now.
    """
    remaining_s = maximum_session_s if ends_by is None else max(0.0, ends_by - now)
    return now + min(remaining_s + OUTLIVES_S, LONGEST_S)
