"""The tenant: the customer who owns applications, pools and scheduled events.

So far there is only one tenant, but row keys contain its name already, so that no row has to be rewritten when there
are more.
"""

from __future__ import annotations

THE_TENANT = "default"


def owned(kind: str, name: str) -> str:
    """The key of a thing that people named, within its tenant: `POOL`, `demo` -> `POOL#default#demo`.

    Used in row keys and in the Journal. Random ids (sessions, instances, connections) are unique without a tenant.
    """
    return f"{kind}#{THE_TENANT}#{name}"
