"""Whose something is. There is one tenant so far; what people name carries it already, so that no row has to move."""

from __future__ import annotations

THE_TENANT = "default"


def owned(kind: str, name: str) -> str:
    """Names what people name within a tenant, in keys and in the Journal: `POOL`, `demo` -> `POOL#default#demo`.

    Ids made at random need no tenant: those of sessions, instances and connections.
    """
    return f"{kind}#{THE_TENANT}#{name}"
