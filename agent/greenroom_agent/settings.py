"""The agent's settings. Only this module reads environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from greenroom_agent.media_ports import MediaPorts

METADATA_ENDPOINT = "http://169.254.169.254"


class MissingSetting(Exception):
    """Raised when an environment variable is missing without which the agent cannot start."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The agent's settings, given by the instance's user data or by the lab's EC2 host (local runs).

    The streamer endpoint of slot n listens on port streamer_port_first + n - 1. `environment`: all environment
    variables of the agent.
    """

    api_url: str
    region: str
    work_dir: Path
    heartbeat_file: Path | None
    streamer_port_first: int
    media_ports: MediaPorts
    slot_count: int
    application_user: str | None
    is_loopback_media: bool
    metadata_endpoint: str
    environment: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Reads the settings from `env`, or from the environment of the process if `env` is None.

        Raises: MissingSetting with the name of the variable; ValueError when a port or the slot count is not a number.
        """
        source = dict(os.environ if env is None else env)
        heartbeat_file = source.get("GREENROOM_HEARTBEAT_FILE")
        media_first = int(source.get("GREENROOM_MEDIA_PORT_FIRST") or 50000)
        return cls(
            api_url=_required(source, "GREENROOM_API_URL").rstrip("/"),
            region=source.get("AWS_REGION") or _required(source, "AWS_DEFAULT_REGION"),
            work_dir=Path(_required(source, "GREENROOM_WORK_DIR")).absolute(),
            heartbeat_file=Path(heartbeat_file) if heartbeat_file else None,
            streamer_port_first=int(source.get("GREENROOM_STREAMER_PORT_FIRST") or 8888),
            media_ports=MediaPorts(media_first, int(source.get("GREENROOM_MEDIA_PORT_LAST") or media_first + 999)),
            slot_count=int(source.get("GREENROOM_SLOT_COUNT") or 0),
            application_user=source.get("GREENROOM_APPLICATION_USER") or None,
            is_loopback_media=source.get("GREENROOM_LOOPBACK_MEDIA") == "1",
            metadata_endpoint=(source.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or METADATA_ENDPOINT).rstrip("/"),
            environment=source,
        )


def _required(source: Mapping[str, str], name: str) -> str:
    value = source.get(name)
    if not value:
        raise MissingSetting(name)
    return value
