"""The tenant: the customer who owns applications, pools and scheduled events.

So far there is only one tenant. Row keys contain its name already, so that no row has to be rewritten when there are
more tenants.
"""

from __future__ import annotations

THE_TENANT = "default"


def owned(kind: str, name: str) -> str:
    """The database key of a thing that a person named, including its tenant: `POOL`, `demo` -> `POOL#default#demo`.

    Used in row keys and in the Journal. Sessions, instances and connections have random ids, which are unique without a
    tenant.
    """
    return f"{kind}#{THE_TENANT}#{name}"
