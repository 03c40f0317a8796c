"""launch_instance.PrepareLaunch: the CreateFleet requests of one launch, Spot and on-demand."""

from __future__ import annotations

from typing import Any

from greenroom.entry.compose import AwsPorts, configured_handler
from greenroom.entry.instance.fleet_call import Stack, fleet_arguments
from greenroom.entry.instance.instance_payloads import PrepareLaunchPayload
from greenroom.entry.payload import payload_of
from greenroom.entry.settings import Settings
from greenroom.usecases.instance.prepare_launch import prepare_launch


def handle(event: dict[str, Any], ports: AwsPorts, settings: Settings) -> dict[str, Any]:
    """`{spot, onDemand}`, each CreateFleet's arguments or null. Raises: LaunchAbandoned, CapacityUnavailable."""
    step = payload_of(PrepareLaunchPayload, event)
    stack = Stack(settings.launch_template_id, settings.stack_name)
    prepared = prepare_launch(step.pool_id, step.launch_id, settings.subnet_ids, ports)
    return {"spot": fleet_arguments(prepared.spot, stack), "onDemand": fleet_arguments(prepared.on_demand, stack)}


handler = configured_handler(handle)
