"""The public keys of the Cognito user pool (JWKS), cached. If a fetch fails, the old ones stay in use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.request import urlopen

FETCH_TIMEOUT_S = 2.0
FETCH_LIMIT_BYTES = 256 * 1024
REFETCH_AFTER_S = 10.0
"""Unknown key ids cause at most one fetch in this time, so a flood does no harm. Source: aws-jwt-verify."""
FIRST_FETCH_AFTER_S = 1.0
"""While there are no keys at all everybody is denied, so one slow answer must not do so for ten seconds."""

Fetch = Callable[[str], bytes]


def fetch(url: str) -> bytes:
    """The document at `url`, at most 256 KiB. Raises: OSError, URLError."""
    with urlopen(url, timeout=FETCH_TIMEOUT_S) as answer:  # the URL is a setting, not input
        body: bytes = answer.read(FETCH_LIMIT_BYTES)
    return body


class KeySet:
    """JWKs by key id. If the key server fails, the old keys stay valid. Without any keys, every token is refused."""

    def __init__(self, url: str, fetch: Fetch = fetch) -> None:
        self._url, self._fetch = url, fetch
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._tried_at: float | None = None

    def key(self, key_id: str, now: float) -> Mapping[str, Any] | None:
        """The key with this id, or None."""
        if key_id not in self._keys and self._may_fetch(now):
            self._tried_at = now
            self._keys = self._fetched() or self._keys
        return self._keys.get(key_id)

    def _may_fetch(self, now: float) -> bool:
        pause = REFETCH_AFTER_S if self._keys else FIRST_FETCH_AFTER_S
        return self._tried_at is None or now - self._tried_at >= pause

    def _fetched(self) -> Mapping[str, Mapping[str, Any]] | None:
        try:
            keys = json.loads(self._fetch(self._url))["keys"]
            return {str(key["kid"]): key for key in keys}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None  # the caller keeps what it has: stale keys deny strangers just as well
