"""The stage on which every function's sample event of events/samples is a first call that finds what it names.

Tables on the embedded AWS, set back before each call: one call's writes must not make the next one cheaper.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from greenroom.aws.instance.launch_rows import launch_row
from greenroom.aws.session.session_rows import session_row
from greenroom.aws.slot.slot_rows import slot_row
from greenroom.aws.table.values import item
from greenroom.domain.session.session import SessionState
from greenroom.domain.slot.slot import Slot, SlotState
from greenroom.domain.socket.connection import PeerKind, Ticket
from greenroom.entry.compose import AwsPorts
from greenroom.entry.settings import Settings
from greenroom.usecases.pool.configure_catalog import configure_pool
from greenroom.usecases.socket.issue_ticket import hash_of
from greenroom_lab.engine.process import EmbeddedAws

from tests.architecture.calls.recorder import ENVIRONMENT, create_plain_tables
from tests.builders import (
    a_connection,
    a_launch,
    a_policy,
    a_pool,
    a_session,
    a_slot,
    an_application,
    an_assignment,
    an_event,
    an_instance,
)
from tests.contracts.houses import create_tables
from tests.functions.invocations import sample
from tests.functions.test_authorize_viewer import ISSUER, KEY_DOCUMENT, claims, signed

TABLES = ("sessions", "fleet", "catalog", "journal")
LASTING_S = 24 * 3600
"""Nothing on the stage is over before the last call."""
SESSION, CONNECTION = "ses-abcdefghijklmnopqrstuvwx23", "L0SM9cOFvHcCIhw="
VIEWER = "8f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
INSTANCES = ("i-0abc1234def567890", "i-0123456789abcdef0", "i-0abc1234def567891", "i-0abc1234def567892")
NONCE = "0123456789abcdef0123456789abcdef"
NOWHERE = "127.0.0.1:9"
"""Where traces go to."""


class World:
    """What the samples name: an application, its pool, instances, a session that plays, an event, a launch."""

    def __init__(self, engine: EmbeddedAws, folder: Path) -> None:
        os.environ.update(engine.environment)
        keys = folder / "keys.json"
        keys.write_bytes(KEY_DOCUMENT)
        self.environment = {**_aws(engine), **_settings(engine, keys)}
        self._ports, self._database = AwsPorts(Settings(self.environment)), boto3.client("dynamodb")
        self._viewers = itertools.count(1)
        create_tables("sessions", "fleet")
        create_plain_tables("catalog", "journal")
        boto3.client("events").create_event_bus(Name="bus")
        self._set()
        self._rows = {table: self._scan(table) for table in TABLES}

    def first_call(self, function: str) -> Any:
        """The function's sample, on a stage that is as it was."""
        self._reset()
        event = sample(function)
        if function == "request_session":  # a claim, and not the answer to a repeated click
            event["requestContext"]["authorizer"]["lambda"]["viewerId"] = f"viewer-{next(self._viewers)}"
        if function == "authorize_viewer":
            now = int(time.time())
            event["headers"]["authorization"] = f"Bearer {signed(claims(iat=now, exp=now + 600))}"
        return event

    def _set(self) -> None:
        ports, now = self._ports, time.time()
        ports.catalog.save_application(an_application(slots_per_instance=4))
        configure_pool(a_pool(policy=a_policy(maximum=64)), "operator", ports)
        slots = [slot for instance_id in INSTANCES for slot in self._add_instance(instance_id, now)]
        self._seat(slots[0], now)
        page = {"session_id": SESSION, "epoch": 4, "viewer_id": VIEWER, "expires_at": now + LASTING_S, "join_number": 1}
        ports.connections.store(a_connection(CONNECTION, PeerKind.PAGE, **page))
        ticket = Ticket(PeerKind.PAGE, now + LASTING_S, session_id=SESSION, epoch=4, viewer_id=VIEWER)
        ports.tickets.store(hash_of("sample-ticket"), ticket)
        launch = a_launch("lch-abcdefghijklmnopqrstuvwx24", deadline_at=now + LASTING_S)
        self._put("fleet", launch_row(launch))
        ports.events.add(an_event("evt-abcdefghijklmnopqrstuvwx25", start=now + 600, end=now + LASTING_S))

    def _add_instance(self, instance_id: str, now: float) -> list[Slot]:
        instance = an_instance(instance_id, slot_count=4, boot_nonce=NONCE, launched_at=now, ready_at=now)
        self._ports.fleet.add(instance)
        slots = [a_slot(instance, number, SlotState.RESETTING) for number in range(1, 5)]
        self._ports.fleet.add_slots(slots, now)
        for slot in slots[1:]:
            self._ports.claims.publish(slot, now)
        return slots

    def _seat(self, slot: Slot, now: float) -> None:
        """The viewer of the samples plays on this slot."""
        held = {"session_id": SESSION, "epoch": 4, "lease_until": now + LASTING_S}
        taken = a_slot(an_instance(slot.instance_id), slot.number, SlotState.STREAMING, **held)
        session = a_session(
            SESSION,
            SessionState.CONNECTED,
            viewer_id=VIEWER,
            requested_at=now,
            deadline_at=now + LASTING_S,
            assignment=an_assignment(taken),
            join_number=1,
        )
        self._put("fleet", slot_row(taken, now))
        self._put("sessions", session_row(session))

    def _put(self, table: str, row: Mapping[str, Any]) -> None:
        self._database.put_item(TableName=table, Item=item(row))

    def _reset(self) -> None:
        for table, rows in self._rows.items():
            for row in self._scan(table):
                if row not in rows:
                    self._database.delete_item(TableName=table, Key={name: row[name] for name in ("pk", "sk")})
            for row in rows:
                self._database.put_item(TableName=table, Item=row)

    def _scan(self, table: str) -> list[Any]:
        return list(self._database.scan(TableName=table)["Items"])


def _aws(engine: EmbeddedAws) -> Mapping[str, str]:
    """What Lambda itself gives every function."""
    return {
        "PATH": os.defpath,
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_LAMBDA_FUNCTION_NAME": "greenroom-first",
        "AWS_XRAY_DAEMON_ADDRESS": NOWHERE,
        "AWS_EC2_METADATA_DISABLED": "true",
        **engine.environment,
    }


def _settings(engine: EmbeddedAws, keys: Path) -> Mapping[str, str]:
    """What template.yaml gives some function or other."""
    return {
        **ENVIRONMENT,
        "POWERTOOLS_SERVICE_NAME": "greenroom",
        "POWERTOOLS_METRICS_NAMESPACE": "Greenroom",
        "SOCKET_MANAGEMENT_URL": f"{engine.endpoint_url}/_aws/execute-api/none/socket",
        "USER_POOL_ISSUER": ISSUER,
        "USER_POOL_CLIENT_IDS": "client-1",
        "JWKS_URL": keys.as_uri(),
        "HEARTBEAT_S": "15",
        "LAUNCH_TEMPLATE_ID": "lt-1",
        "SUBNET_IDS": "subnet-a,subnet-b",
        "IMAGE_ID": "ami-1",
        "STACK_NAME": "greenroom",
        "SCHEDULE_GROUP": "default",
        "SCHEDULER_ROLE_ARN": "arn:aws:iam::000000000000:role/scheduler",
        "SCHEDULE_DLQ_ARN": "arn:aws:sqs:us-east-1:000000000000:dead",
        "PREWARM_EVENT_ARN": "arn:aws:states:us-east-1:000000000000:stateMachine:prewarm_event",
    }
