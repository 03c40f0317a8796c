"""The tenant that owns a thing.

So far there is only one, but keys contain it already, so that no row has to move later.
"""

from __future__ import annotations

THE_TENANT = "default"


def owned(kind: str, name: str) -> str:
    """The key of a thing that people named, within its tenant: `POOL`, `demo` -> `POOL#default#demo`.

    Used in row keys and in the Journal. Random ids (sessions, instances, connections) are unique without a tenant.
    """
    return f"{kind}#{THE_TENANT}#{name}"
