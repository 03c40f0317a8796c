"""The clock and the generator: every `now`, id, secret and random value comes from here."""

from __future__ import annotations

import base64
import random
import secrets
import time


def now() -> float:
    """Epoch seconds, UTC."""
    return time.time()


def new_id(prefix: str) -> str:
    """`ses-` and 26 base32 characters: 128 bits, safe in paths and names."""
    return f"{prefix}-{base64.b32encode(secrets.token_bytes(16)).decode().rstrip('=').lower()}"


def new_secret() -> str:
    """32 bytes, URL-safe: a socket ticket."""
    return secrets.token_urlsafe(32)


def rng() -> random.Random:
    """The generator that spreads claims; never for secrets."""
    return random.Random(secrets.randbits(64))
