"""Who calls the HTTP API: a verified Cognito access token, or nobody.

A simple-response authorizer with TTL 0. It denies, and never raises: an authorizer that raises becomes a 500.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from greenroom.entry import clock
from greenroom.entry.logging import logger
from greenroom.entry.session.access_token import AccessToken, TokenRefused, Verifier
from greenroom.entry.session.key_set import KeySet
from greenroom.entry.settings import Settings
from greenroom.entry.tracing import traced

TENANT_PREFIX = "tenant-"
DENIED: dict[str, Any] = {"isAuthorized": False}


@cache
def _verifier() -> Verifier:
    settings = Settings()
    return Verifier(KeySet(settings.jwks_url), settings.user_pool_issuer, settings.user_pool_client_ids)


def authorize_viewer(event: dict[str, Any], verifier: Verifier, now: float) -> dict[str, Any]:
    """Allow with viewerId, tenantId and groups as context, or deny."""
    scheme, _, token = str((event.get("headers") or {}).get("authorization", "")).partition(" ")
    if scheme.lower() != "bearer":
        return DENIED
    try:
        return _allowed(verifier.verify(token, now))
    except TokenRefused as refusal:
        logger().info("token refused", extra={"rule": str(refusal)})
        return DENIED


def _allowed(token: AccessToken) -> dict[str, Any]:
    tenants = [group.removeprefix(TENANT_PREFIX) for group in token.groups if group.startswith(TENANT_PREFIX)]
    if len(tenants) != 1 or not tenants[0]:
        logger().info("token refused", extra={"rule": "exactly one tenant group"})
        return DENIED
    context = {"viewerId": token.subject, "tenantId": tenants[0], "groups": ",".join(token.groups)}
    return {"isAuthorized": True, "context": context}


def _handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        return authorize_viewer(event, _verifier(), clock.now())
    except Exception:  # fail closed, whatever it is
        logger().exception("authorizer failed closed")
        return DENIED


handler = traced(_handle)
