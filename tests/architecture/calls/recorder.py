"""Which AWS calls our handlers make: the real handlers over the real adapters, DynamoDB as moto simulates it.

Each call is a line such as `dynamodb GetItem catalog APPLICATION/META`: service, operation, and of DynamoDB the table
and the kinds of the keys. A transaction lists its items, because each is paid for. Other services accept everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from greenroom.aws import clients
from greenroom.entry.compose import AwsPorts
from greenroom.entry.settings import Settings
from moto import mock_aws

from tests.contracts.houses import REGION, create_tables
from tests.functions.invocations import INSTANCE_ROLE, handle_of

ENVIRONMENT = {
    "SESSIONS_TABLE": "sessions",
    "FLEET_TABLE": "fleet",
    "CATALOG_TABLE": "catalog",
    "JOURNAL_TABLE": "journal",
    "BUS_NAME": "bus",
    "SOCKET_MANAGEMENT_URL": "https://socket.example/live",
    "SOCKET_URL": "wss://socket.example/live",
    "ICE_SERVERS": "[]",
    "TURN_URLS": "",
    "TURN_SECRET_ARN": "",
    "INSTANCE_ROLE_ARN": INSTANCE_ROLE,
    "LEASE_S": "3600",  # longer than what the adoption gave: a heartbeat renews the lease, as it does all session long
}
"""What the functions of a session are told; each reads only what its settings name."""
Call = str | dict[str, list[str]]
"""A line; of a transaction the line, and its items below."""
_ACCEPTED = {"PutEvents": {"FailedEntryCount": 0, "Entries": []}}


@dataclass
class Recorder:
    """Every call since the last `take`, in order."""

    calls: list[Call] = field(default_factory=list)

    def take(self) -> list[Call]:
        """What was recorded; a new list begins."""
        taken, self.calls = self.calls, []
        return taken

    def record(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """A botocore `provide-client-params` handler."""
        name = f"{model.service_model.service_name} {model.name}"
        if "TransactItems" in params:
            items = (next(iter(each.items())) for each in params["TransactItems"])
            self.calls.append({name: [f"{kind} {_row(item)}" for kind, item in items]})
        elif "TableName" in params:
            self.calls.append(f"{name} {_row(params)}")
        else:
            self.calls.append(f"{name} {_about(params)}".rstrip())


@contextmanager
def recording(*, is_on: bool = True) -> Iterator[Recorder]:
    """Empty tables, and a recorder of every client made from here on; off, it costs the calls nothing."""
    recorder, Clock.now = Recorder(), Clock.begins
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        _forget_clients()
        create_tables("sessions", "fleet")
        create_plain_tables("catalog", "journal")
        events = clients.session().get_component("event_emitter")
        if is_on:
            events.register("provide-client-params.*.*", recorder.record)
        events.register_first("before-call.*.*", _accept)
        yield recorder
    _forget_clients()


class Clock:
    """Stands still until told: how long a session was is part of what its end writes."""

    begins = 1_800_000_000.0
    now = begins


class RecordedPorts(AwsPorts):
    """The real adapters, at our time."""

    def now(self) -> float:
        return Clock.now


def all_ports() -> Any:
    """Every adapter at once, to set the scene with and to look at what came of it."""
    return RecordedPorts(Settings(ENVIRONMENT))


def calling(function: str) -> Callable[[dict[str, Any]], Any]:
    """The function as Lambda would call it, with its own settings."""
    handle = handle_of(function)
    settings = Settings(ENVIRONMENT)
    ports = RecordedPorts(settings)
    takes_settings = "settings" in handle.__code__.co_varnames[: handle.__code__.co_argcount]
    return lambda event: handle(event, ports, settings) if takes_settings else handle(event, ports)


def create_plain_tables(*names: str) -> None:
    """Tables without an index."""
    for name in names:
        boto3.client("dynamodb", region_name=REGION).create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
        )


def _forget_clients() -> None:
    for made in (clients.session, clients.dynamodb, clients.client, clients.socket_management):
        made.cache_clear()


def _accept(model: Any, **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
    """A botocore `before-call` handler: what is no table says yes."""
    if model.service_model.service_name == "dynamodb":
        return None
    return AWSResponse("", 200, {}, None), dict(_ACCEPTED.get(model.name, {}))


def _about(params: Mapping[str, Any]) -> str:
    """Which event, or to whom."""
    return ", ".join(each["DetailType"] for each in params.get("Entries", ())) or params.get("ConnectionId", "")


def _row(params: Mapping[str, Any]) -> str:
    key = params.get("Key") or params.get("Item")
    if key is not None:
        return f"{params['TableName']} {_kind(key['pk']['S'])}/{_kind(key['sk']['S'])}"
    partition = next(iter(params["ExpressionAttributeValues"].values()))
    index = f" by {params['IndexName']}" if "IndexName" in params else ""
    return f"{params['TableName']} {_kind(partition['S'])}{index}"


def _kind(key: str) -> str:
    """`FREE#demo#00` -> `FREE`; a free entry's own key is its slot's id, a place in line begins with a time."""
    if re.match(r"\d{4}-\d\d-\d\dT", key):
        return "time"
    return "slot" if key.startswith("i-") else key.partition("#")[0]
