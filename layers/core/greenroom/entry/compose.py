"""The composition root: which AWS adapter implements each port. An adapter is created at its first use and kept."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from greenroom.entry import clock
from greenroom.entry.in_parallel import in_parallel
from greenroom.entry.settings import Settings
from greenroom.entry.tracing import Handler, traced

if TYPE_CHECKING:
    from random import Random

    from greenroom.ports.event import ScheduledEvents, Schedules
    from greenroom.ports.instance import Ec2, Fleet, Launches, Offerings
    from greenroom.ports.line import Line
    from greenroom.ports.notify import Bus, Journal, Metrics, TaskTokens
    from greenroom.ports.pool import Catalog, Pools
    from greenroom.ports.quota import AccountFacts, QuotaCounters, QuotaSettings
    from greenroom.ports.reaper import Orphans, ReaperLease
    from greenroom.ports.session import Claims, LiveSessions, Sessions
    from greenroom.ports.slot import Slots
    from greenroom.ports.socket import Connections, RelaySecret, Socket, Tickets

R = TypeVar("R")


class AwsPorts:
    """All ports on AWS. Adapters are imported inside the properties, so that a cold start loads only what it uses."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def ice_servers(self) -> tuple[Mapping[str, Any], ...]:
        return self.settings.ice_servers

    @property
    def turn_urls(self) -> tuple[str, ...]:
        return self.settings.turn_urls

    @cached_property
    def relay_secret(self) -> RelaySecret:
        from greenroom.aws.socket.relay_secret import SecretsManagerRelaySecret

        return SecretsManagerRelaySecret(self.settings.turn_secret_arn)

    @cached_property
    def rng(self) -> Random:
        return clock.rng()

    def now(self) -> float:
        return clock.now()

    def new_id(self, prefix: str) -> str:
        return clock.new_id(prefix)

    def new_secret(self) -> str:
        return clock.new_secret()

    def in_parallel(self, works: Sequence[Callable[[], R]]) -> list[R]:
        return in_parallel(works)

    @cached_property
    def sessions(self) -> Sessions:
        from greenroom.aws.session.sessions import DynamoSessions

        return DynamoSessions(self.settings.sessions_table)

    @cached_property
    def line(self) -> Line:
        from greenroom.aws.line.line import DynamoLine

        return DynamoLine(self.settings.sessions_table)

    @cached_property
    def claims(self) -> Claims:
        from greenroom.aws.session.claims import DynamoClaims

        return DynamoClaims(self.settings.sessions_table, self.settings.fleet_table)

    @cached_property
    def slots(self) -> Slots:
        from greenroom.aws.slot.slots import DynamoSlots

        return DynamoSlots(self.settings.fleet_table)

    @cached_property
    def reaper(self) -> ReaperLease:
        from greenroom.aws.reaper.reaper_lease import DynamoReaperLease

        return DynamoReaperLease(self.settings.fleet_table)

    @cached_property
    def catalog(self) -> Catalog:
        from greenroom.aws.pool.catalog import DynamoCatalog

        return DynamoCatalog(self.settings.catalog_table)

    @cached_property
    def tickets(self) -> Tickets:
        from greenroom.aws.socket.tickets import DynamoTickets

        return DynamoTickets(self.settings.sessions_table)

    @cached_property
    def connections(self) -> Connections:
        from greenroom.aws.socket.connections import DynamoConnections

        return DynamoConnections(self.settings.sessions_table)

    @cached_property
    def socket(self) -> Socket:
        from greenroom.aws.socket.socket import ApiGatewaySocket

        return ApiGatewaySocket(self.settings.socket_management_url)

    @cached_property
    def tasks(self) -> TaskTokens:
        from greenroom.aws.notify.tasks import StepFunctionsTasks

        return StepFunctionsTasks()

    @cached_property
    def bus(self) -> Bus:
        from greenroom.aws.notify.bus import EventBridgeBus

        return EventBridgeBus(self.settings.bus_name)

    @cached_property
    def journal(self) -> Journal:
        from greenroom.aws.notify.journal import DynamoJournal

        return DynamoJournal(self.settings.journal_table)

    @cached_property
    def metrics(self) -> Metrics:
        from greenroom.entry.metrics import EmfMetrics

        return EmfMetrics()

    @cached_property
    def fleet(self) -> Fleet:
        from greenroom.aws.instance.fleet import DynamoFleet

        return DynamoFleet(self.settings.fleet_table)

    @cached_property
    def pools(self) -> Pools:
        from greenroom.aws.pool.pools import DynamoPools

        return DynamoPools(self.settings.fleet_table)

    @cached_property
    def launches(self) -> Launches:
        from greenroom.aws.instance.launches import DynamoLaunches

        return DynamoLaunches(self.settings.fleet_table)

    @cached_property
    def offerings(self) -> Offerings:
        from greenroom.aws.instance.offerings import DynamoOfferings

        return DynamoOfferings(self.settings.fleet_table)

    @cached_property
    def ec2(self) -> Ec2:
        from greenroom.aws.instance.ec2 import AwsEc2

        return AwsEc2(lambda: self.settings.stack_name)  # asked for to look things up: ending one needs no stack

    @cached_property
    def orphans(self) -> Orphans:
        from greenroom.aws.instance.orphans import DynamoOrphans

        return DynamoOrphans(self.settings.fleet_table)

    @cached_property
    def live_sessions(self) -> LiveSessions:
        from greenroom.aws.session.live_sessions import DynamoLiveSessions

        return DynamoLiveSessions(self.settings.sessions_table)

    @cached_property
    def events(self) -> ScheduledEvents:
        from greenroom.aws.event.scheduled_events import DynamoScheduledEvents

        return DynamoScheduledEvents(self.settings.catalog_table)

    @cached_property
    def account(self) -> AccountFacts:
        from greenroom.aws.quota.account_facts import AwsAccountFacts

        return AwsAccountFacts(self.settings.image_id, self.settings.subnet_ids)

    @cached_property
    def quotas(self) -> QuotaSettings:
        from greenroom.aws.quota.quotas import DynamoQuotas

        return DynamoQuotas(self.settings.catalog_table)

    @cached_property
    def quota_counters(self) -> QuotaCounters:
        from greenroom.aws.session.quota_counters import DynamoQuotaCounters

        return DynamoQuotaCounters(self.settings.sessions_table)

    @cached_property
    def schedules(self) -> Schedules:
        from greenroom.aws.event.schedules import EventBridgeSchedules

        where = self.settings
        return EventBridgeSchedules(
            group=where.schedule_group,
            role_arn=where.scheduler_role_arn,
            state_machine_arn=where.prewarm_event_arn,
            dead_letter_arn=where.schedule_dlq_arn,
        )


OBJECTS_BEFORE_COLLECTION = 50_000
"""How many new objects make Python look for garbage in cycles; its own number is 700 (2,000 in Python 3.13).

A cold start makes a hundred thousand, almost all of which stay, and looking through them is a tenth of its time. What
one invocation leaves in cycles is a few kilobytes.
"""
Work = Callable[[dict[str, Any], AwsPorts], Any]
ConfiguredWork = Callable[[dict[str, Any], AwsPorts, Settings], Any]


def lambda_handler(work: Work) -> Handler:
    """Makes a Lambda handler of `work(event, ports)`. The first invocation creates the ports; each is traced.

    Tests call `work` itself with ports in memory.
    """
    return configured_handler(lambda event, ports, _: work(event, ports))


def configured_handler(work: ConfiguredWork) -> Handler:
    """Like `lambda_handler`, for work that also needs settings."""
    built: list[AwsPorts] = []

    def handler(event: dict[str, Any], context: Any) -> Any:
        if not built:
            gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
            built.append(AwsPorts(Settings()))
        return work(event, built[0], built[0].settings)

    return traced(handler, calls_aws=True)
