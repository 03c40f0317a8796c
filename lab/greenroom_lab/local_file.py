"""`.greenroom/local.json`: where the running local platform is, for tests, smoke and the operator's command."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from greenroom_cli.toolchain.paths import GENERATED

LOCAL_FILE = GENERATED / "local.json"


class NoLocalPlatform(Exception):
    """No local platform runs here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class LocalPlatform:
    """The endpoints and sign-ins of one running platform. Written in camelCase."""

    web_url: str
    api_url: str
    socket_url: str
    aws_endpoint_url: str
    region: str
    login_url: str
    user_pool_id: str
    client_id: str
    demo_user: str
    demo_password: str
    operator_user: str
    operator_password: str
    stack_name: str
    ec2_host_url: str
    turn_url: str
    """Empty: it has no TURN server."""
    process_id: int

    def write(self, path: Path = LOCAL_FILE) -> None:
        """Readable by this user alone (it holds sign-ins), and never half written."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({_camel(key): value for key, value in asdict(self).items()}, file, indent=1)
        draft.replace(path)


def read_local_platform(path: Path = LOCAL_FILE) -> LocalPlatform:
    """The platform that runs here now.

    Raises: NoLocalPlatform when nothing was written, or who wrote it has gone.
    """
    try:
        written = json.loads(path.read_text())
        platform = LocalPlatform(**{key: written[_camel(key)] for key in LocalPlatform.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoLocalPlatform(
            f"no local platform runs here ({path.name} is absent or old): start it with `make run`"
        ) from error
    if not _runs(platform.process_id):
        raise NoLocalPlatform("the local platform has stopped: start it with `make run`")
    return platform


def _runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
