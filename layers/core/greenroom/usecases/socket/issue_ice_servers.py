"""Lists the ICE servers (STUN and TURN) with which a viewer's page and the streamer find a path to each other.

The streamer is the program that sends the video.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from greenroom.domain.errors import RelaySecretUnavailable
from greenroom.domain.socket.relay import credential_expiry, turn_credential

if TYPE_CHECKING:
    from greenroom.domain.session.session import Session
    from greenroom.ports.socket import HasIceServers, HasTurn
    from greenroom.ports.world import Clock

    class Ports(Clock, HasIceServers, HasTurn, Protocol):
        """The ports (interfaces to the outside) that this module needs, itself or through the functions it calls."""


def issue_ice_servers(session: Session, ports: Ports) -> list[dict[str, Any]]:
    """Returns the ICE servers (STUN and TURN) for both peers of a session, as RTCIceServer dictionaries.

    The list has the servers that the stack's parameter names, and the TURN server with a credential that expires. A
    session in line has no peer yet, so its list has no TURN server. If the secret for the credential cannot be read,
    the TURN server is left out, too: most viewers do not need a TURN server, and to refuse the connection would help
    nobody.
    """
    servers = [dict(server) for server in ports.ice_servers]
    if not ports.turn_urls or not session.is_live or session.assignment is None:
        return servers
    now = ports.now()
    try:
        secret = ports.relay_secret.current(now)
    except RelaySecretUnavailable:
        return servers
    expires_at = credential_expiry(session.ends_by, session.limits.maximum_session_s, now)
    made = turn_credential(secret, session.session_id, expires_at)
    relay = {"urls": list(ports.turn_urls), "username": made.username, "credential": made.credential}
    return [*servers, relay]
