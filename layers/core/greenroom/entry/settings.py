"""The settings of a function: the environment variables that template.yaml writes.

Each variable is read at its first use. A function has exactly the variables that its code can reach;
a test checks that. This is the only module that reads the environment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any


class SettingMissing(RuntimeError):
    """The function's environment lacks a variable, or holds one that cannot be read."""


class Settings:
    """A property for each variable: `sessions_table` is SESSIONS_TABLE. Raises: SettingMissing naming it."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment

    # -- tables, the bus and the socket

    @property
    def sessions_table(self) -> str:
        return self._text("SESSIONS_TABLE")

    @property
    def fleet_table(self) -> str:
        return self._text("FLEET_TABLE")

    @property
    def catalog_table(self) -> str:
        return self._text("CATALOG_TABLE")

    @property
    def journal_table(self) -> str:
        return self._text("JOURNAL_TABLE")

    @property
    def bus_name(self) -> str:
        return self._text("BUS_NAME")

    @property
    def socket_url(self) -> str:
        """The address to which agents connect."""
        return self._text("SOCKET_URL")

    @property
    def socket_management_url(self) -> str:
        """The address at which frames are posted to connections."""
        return self._text("SOCKET_MANAGEMENT_URL")

    # -- who may call

    @property
    def user_pool_issuer(self) -> str:
        return self._text("USER_POOL_ISSUER")

    @property
    def user_pool_client_ids(self) -> tuple[str, ...]:
        return self._words("USER_POOL_CLIENT_IDS")

    @property
    def jwks_url(self) -> str:
        """The address of the public keys. Separate from the issuer, because the issuer is always the AWS address."""
        return self._text("JWKS_URL")

    @property
    def instance_role_arn(self) -> str:
        """The ARN of the role with which the stack's instances sign their calls."""
        return self._text("INSTANCE_ROLE_ARN")

    # -- what peers connect through

    @property
    def ice_servers(self) -> tuple[Mapping[str, Any], ...]:
        """A JSON list of RTCIceServer."""
        return self._objects("ICE_SERVERS")

    @property
    def turn_urls(self) -> tuple[str, ...]:
        """The addresses of the TURN server. If empty, there is none, and no secret."""
        return self._words("TURN_URLS")

    @property
    def turn_secret_arn(self) -> str:
        return self._text("TURN_SECRET_ARN")

    # -- instances

    @property
    def stack_name(self) -> str:
        """The value of the tag on everything that this stack launched."""
        return self._text("STACK_NAME")

    @property
    def launch_template_id(self) -> str:
        return self._text("LAUNCH_TEMPLATE_ID")

    @property
    def image_id(self) -> str:
        return self._text("IMAGE_ID")

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        return self._words("SUBNET_IDS")

    @property
    def heartbeat_s(self) -> int:
        return self._whole("HEARTBEAT_S")

    @property
    def lease_s(self) -> int:
        return self._whole("LEASE_S")

    # -- schedules of events

    @property
    def schedule_group(self) -> str:
        return self._text("SCHEDULE_GROUP")

    @property
    def scheduler_role_arn(self) -> str:
        return self._text("SCHEDULER_ROLE_ARN")

    @property
    def schedule_dlq_arn(self) -> str:
        return self._text("SCHEDULE_DLQ_ARN")

    @property
    def prewarm_event_arn(self) -> str:
        return self._text("PREWARM_EVENT_ARN")

    # -- how they are written

    def _text(self, name: str) -> str:
        if name not in self._environment:
            raise SettingMissing(f"{name} is not in the function's environment")
        return self._environment[name]

    def _words(self, name: str) -> tuple[str, ...]:
        """The words of a variable that are separated by commas."""
        return tuple(word.strip() for word in self._text(name).split(",") if word.strip())

    def _whole(self, name: str) -> int:
        try:
            return int(self._text(name))
        except ValueError as error:
            raise SettingMissing(f"{name} is no whole number") from error

    def _objects(self, name: str) -> tuple[Mapping[str, Any], ...]:
        try:
            found = json.loads(self._text(name) or "[]")
        except ValueError as error:
            raise SettingMissing(f"{name} is no JSON list") from error
        return tuple(found)


def trace_header() -> str:
    """The trace header that Lambda sets before each traced invocation; empty elsewhere."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")
