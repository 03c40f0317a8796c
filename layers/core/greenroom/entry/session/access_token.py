"""Verifies Cognito access tokens and returns their claims. This is the only module that knows python-jose.

python-jose alone accepts tokens it should not (unknown key ids, `crit`, ID tokens, missing `exp`, …), so everything
around the signature is checked here first, strictly, and the signature against exactly one key.
Source: RFC 7515, RFC 8725, Cognito "Verifying a JSON Web Token".
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jose import jwt

from greenroom.entry.session.key_set import KeySet

LONGEST = 8 * 1024
LONGEST_LIFE_S = 24 * 3600
CLOCK_SKEW_S = 60
LEAST_MODULUS_BITS = 2048
_PART = re.compile(r"[A-Za-z0-9_-]+")
_GROUP = re.compile(r"[A-Za-z0-9_.:@-]{1,128}")
_OPTIONS = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "require_sub": True}
"""Times are checked here, against the `now` that was passed in; access tokens carry no `aud`."""


class TokenRefused(Exception):
    """The token is not valid. The text names the rule that it broke, never its content."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of a verified token. `subject` is the user's id in the Cognito user pool."""

    subject: str
    groups: tuple[str, ...]
    scopes: tuple[str, ...]
    origin_jti: str | None


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies tokens of one issuer for a list of clients."""

    keys: KeySet
    issuer: str
    client_ids: tuple[str, ...]

    def verify(self, token: str, now: float) -> AccessToken:
        """Returns the verified token. Raises: TokenRefused, whatever is wrong with it."""
        try:
            header = _header(token)
            key = self._key(header["kid"], now)
            claims = jwt.decode(token, key, algorithms=["RS256"], issuer=self.issuer, options=_OPTIONS)
            return self._accepted(claims, now)
        except TokenRefused:
            raise
        except Exception as error:  # hostile input makes the library raise almost anything; all of it means no
            raise TokenRefused(type(error).__name__) from None

    def _key(self, key_id: str, now: float) -> Mapping[str, Any]:
        key = self.keys.key(key_id, now)
        _require(key is not None, "unknown key")
        assert key is not None
        _require(key.get("kty") == "RSA" and key.get("use", "sig") == "sig", "not an RSA signing key")
        _require(key.get("alg", "RS256") == "RS256", "not an RS256 key")
        _require(len(_decoded(str(key["n"])).lstrip(b"\0")) * 8 >= LEAST_MODULUS_BITS, "key too short")
        return key

    def _accepted(self, claims: Mapping[str, Any], now: float) -> AccessToken:
        expires, issued = claims.get("exp"), claims.get("iat")
        _require(_is_whole(expires) and _is_whole(issued), "exp and iat must be whole numbers")
        assert isinstance(expires, int)
        assert isinstance(issued, int)
        _require(now < expires, "expired")
        _require(issued <= now + CLOCK_SKEW_S, "issued in the future")
        _require(0 < expires - issued <= LONGEST_LIFE_S, "lives too long")
        not_before = claims.get("nbf", issued)
        _require(_is_whole(not_before) and not_before <= now + CLOCK_SKEW_S, "not valid yet")
        _require(claims.get("iss") == self.issuer, "other issuer")
        _require(claims.get("token_use") == "access", "not an access token")
        _require(claims.get("client_id") in self.client_ids, "other client")
        subject = claims.get("sub")
        _require(isinstance(subject, str) and bool(_GROUP.fullmatch(subject)), "no subject")
        groups = claims.get("cognito:groups", [])
        _require(isinstance(groups, list) and all(isinstance(g, str) and _GROUP.fullmatch(g) for g in groups), "groups")
        scope = claims.get("scope", "")
        _require(isinstance(scope, str), "scope")
        origin = claims.get("origin_jti")
        _require(origin is None or isinstance(origin, str), "origin_jti")
        return AccessToken(str(subject), tuple(groups), tuple(scope.split()), origin)


def _header(token: str) -> dict[str, str]:
    """The token's header, after every check that needs no key."""
    _require(isinstance(token, str) and 0 < len(token) <= LONGEST and token.isascii(), "size or characters")
    parts = token.split(".")
    _require(len(parts) == 3 and all(_PART.fullmatch(part) for part in parts), "not three parts")
    header_bytes, payload_bytes, _ = (_decoded(part) for part in parts)
    for decoded in (header_bytes, payload_bytes):
        _require(decoded.count(b"{") + decoded.count(b"[") <= 16, "nested too deep")  # before any parser recurses
    header: dict[str, str] = json.loads(header_bytes, object_pairs_hook=_no_doubles)
    json.loads(payload_bytes, object_pairs_hook=_no_doubles, parse_constant=_no_constants)
    _require(isinstance(header, dict) and set(header) <= {"alg", "kid", "typ"}, "header fields")
    _require(header.get("alg") == "RS256", "algorithm")
    _require(header.get("typ", "JWT") == "JWT", "type")
    _require(isinstance(header.get("kid"), str) and 0 < len(header["kid"]) <= 128, "key id")
    return header


def _decoded(part: str) -> bytes:
    """Decodes base64url without padding. Only the canonical spelling of the bytes is accepted."""
    value = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    _require(base64.urlsafe_b64encode(value).rstrip(b"=").decode() == part, "not canonical")
    return value


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _require(len({name for name, _ in pairs}) == len(pairs), "doubled field")
    return dict(pairs)


def _no_constants(name: str) -> None:
    raise TokenRefused(f"{name} is not a number")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require(is_met: bool, rule: str) -> None:
    if not is_met:
        raise TokenRefused(rule)
