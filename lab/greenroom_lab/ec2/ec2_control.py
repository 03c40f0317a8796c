"""A loopback door to the EC2 host of a running platform: machines, faults, capacity, account. `ec2.py` calls it."""

from __future__ import annotations

import asyncio
import urllib.error
from typing import Any

from aiohttp import web

from greenroom_lab.ec2.ec2_cloud import EngineCloud
from greenroom_lab.ec2.ec2_host import Ec2Host, NoSuchInstance
from greenroom_lab.ec2.spot_fate import SPOT_NOTICE_S


class Ec2Control:
    """HTTP on a free loopback port. Requests of web pages (with an Origin) are refused."""

    def __init__(self, host: Ec2Host, cloud: EngineCloud) -> None:
        self._host = host
        self._cloud = cloud
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> None:
        app = web.Application(middlewares=[_refuse_pages])
        app.router.add_get("/machines", self._list)
        app.router.add_post("/machines/{id}/kill", self._kill)
        app.router.add_post("/machines/{id}/hang", self._hang)
        app.router.add_post("/machines/{id}/resume", self._resume)
        app.router.add_post("/machines/{id}/interrupt", self._interrupt)
        app.router.add_post("/machines/{id}/rebalance", self._rebalance)
        app.router.add_get("/faults", self._get_faults)
        app.router.add_post("/faults", self._add_fault)
        app.router.add_delete("/faults", self._clear_faults)
        app.router.add_get("/account", self._get_account)
        app.router.add_put("/account", self._set_account)
        app.router.add_get("/fleets", self._get_fleets)
        app.router.add_get("/capacity", self._get_capacity)
        app.router.add_put("/capacity", self._set_capacity)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "machines": [
                    {
                        "instanceId": instance_id,
                        "instanceType": hosted.metadata.facts.instance_type,
                        "zone": hosted.metadata.facts.zone,
                        "market": hosted.metadata.facts.market,
                        "agentPid": hosted.agent_pid,
                        "hanging": hosted.frozen,
                        "fault": hosted.fault,
                        "log": str(hosted.place.log),
                    }
                    for instance_id, hosted in sorted(self._host.hosted.items())
                ],
                "faults": self._host.faults.describe(),
            }
        )

    async def _kill(self, request: web.Request) -> web.Response:
        await self._host.kill_agent(request.match_info["id"])
        return web.json_response({})

    async def _hang(self, request: web.Request) -> web.Response:
        self._host.freeze(request.match_info["id"], True)
        return web.json_response({})

    async def _resume(self, request: web.Request) -> web.Response:
        self._host.freeze(request.match_info["id"], False)
        return web.json_response({})

    async def _interrupt(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json() if request.can_read_body else {}
        await self._host.interrupt(request.match_info["id"], float(body.get("notice_s", SPOT_NOTICE_S)))
        return web.json_response({})

    async def _rebalance(self, request: web.Request) -> web.Response:
        await self._host.recommend_rebalance(request.match_info["id"])
        return web.json_response({})

    async def _get_faults(self, request: web.Request) -> web.Response:
        return web.json_response({"faults": self._host.faults.describe()})

    async def _add_fault(self, request: web.Request) -> web.Response:
        self._host.faults.add(await request.json())
        return await self._get_faults(request)

    async def _clear_faults(self, request: web.Request) -> web.Response:
        self._host.faults.clear()
        return await self._get_faults(request)

    async def _get_account(self, request: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._cloud.account))

    async def _set_account(self, request: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._cloud.set_account, await request.json()))

    async def _get_fleets(self, request: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._cloud.fleets))

    async def _get_capacity(self, request: web.Request) -> web.Response:
        return web.json_response(await asyncio.to_thread(self._cloud.market))

    async def _set_capacity(self, request: web.Request) -> web.Response:
        body = await request.json()
        return web.json_response(await asyncio.to_thread(self._cloud.set_market, body["rules"]))


@web.middleware
async def _refuse_pages(request: web.Request, handler: Any) -> web.StreamResponse:
    if "Origin" in request.headers:
        return web.json_response({"error": "this door is not for web pages"}, status=403)
    try:
        response: web.StreamResponse = await handler(request)
    except NoSuchInstance as error:
        return web.json_response({"error": str(error)}, status=404)
    except (TypeError, ValueError, KeyError) as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
    except urllib.error.HTTPError as error:
        return web.json_response({"error": error.read().decode(errors="replace")}, status=error.code)
    return response
