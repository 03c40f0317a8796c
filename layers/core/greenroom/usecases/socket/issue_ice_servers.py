"""The ICE servers of one join: what the stack's parameter names, and a way into the TURN server that expires."""

from __future__ import annotations

from typing import Any, Protocol

from greenroom.domain.errors import RelaySecretUnavailable
from greenroom.domain.session.session import Session
from greenroom.domain.socket.relay import credential_expiry, turn_credential
from greenroom.ports.socket import HasIceServers, HasTurn
from greenroom.ports.world import Clock


class Ports(Clock, HasIceServers, HasTurn, Protocol):
    """What is reached here, callees included."""


def issue_ice_servers(session: Session, ports: Ports) -> list[dict[str, Any]]:
    """RTCIceServer dictionaries, the same for both peers of the join.

    A session in line has nobody to send media to, so it gets no credential. Where the secret cannot be read the relay
    is left out: most viewers do not need it, and none would be helped by a page without a welcome.
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
