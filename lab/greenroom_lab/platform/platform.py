"""The whole platform on this computer, up and down: embedded AWS, stack, people, machines, web origin."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from greenroom_cli.aws.account import Account
from greenroom_cli.deployment import sam
from greenroom_cli.deployment.deploy import page_config
from greenroom_cli.deployment.page_build import build_page
from greenroom_cli.deployment.stack_build import build_stack
from greenroom_cli.toolchain.paths import GENERATED
from greenroom_viewer.sign_in import HostedClient

from greenroom_lab.ec2.ec2_cloud import EngineCloud
from greenroom_lab.ec2.ec2_control import Ec2Control
from greenroom_lab.ec2.ec2_host import Ec2Host, HostSettings
from greenroom_lab.engine.process import EmbeddedAws, EngineSettings
from greenroom_lab.local_file import LocalPlatform
from greenroom_lab.platform import seed
from greenroom_lab.platform.turn_server import TurnServer
from greenroom_lab.platform.web_origin import OriginSettings, WebOrigin, reserve_port

STACK_NAME = "greenroom"
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """Port 0: any free one. `parameters` override the template's; shorter heartbeats make drills quick.

    `turn`: with a TURN server, as an operator would have one who deploys with `TurnUrls`.
    """

    web_port: int = 8080
    aws_port: int = 4566
    boot_delay_s: float = 3.0
    start_delay_s: float = 1.0
    logs: Path = GENERATED / "logs"
    xray_sink: str = ""
    turn: bool = False
    parameters: Mapping[str, str] = field(default_factory=lambda: {"HeartbeatSeconds": "5", "LeaseSeconds": "15"})
    demo_application: Mapping[str, Any] = field(default_factory=lambda: seed.DEMO_APPLICATION)
    demo_pool: Mapping[str, Any] = field(default_factory=lambda: seed.DEMO_POOL)


class Platform:
    """Start it once, stop it always. Attributes are there once `start` has returned."""

    engine: EmbeddedAws
    account: Account
    outputs: dict[str, str]
    origin: WebOrigin
    host: Ec2Host
    local: LocalPlatform
    turn: TurnServer | None = None
    demo: seed.Person
    operator: seed.Person

    def __init__(self, settings: PlatformSettings, say: Callable[[str], None]) -> None:
        self.settings = settings
        self._say = say
        self._stack = AsyncExitStack()
        self._folder = Path()
        self.seconds: dict[str, float] = {}
        """How long each step of the start took."""

    @property
    def is_up(self) -> bool:
        """Whether the start came to its end."""
        return hasattr(self, "local")

    async def start(self) -> LocalPlatform:
        """Everything is stopped when it fails.

        Raises: PortTaken, TurnServerFailed, EngineFailed, SamFailed, PageFailed, UnexpectedAnswer.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self.local

    async def stop(self) -> None:
        """Harmless twice."""
        await self._stack.aclose()

    async def _start(self) -> None:
        reserved = reserve_port(self.settings.web_port)
        self._stack.callback(reserved.close)
        self._folder = Path(tempfile.mkdtemp(prefix="greenroom-"))
        self._stack.callback(shutil.rmtree, self._folder, True)
        self.settings.logs.mkdir(parents=True, exist_ok=True)
        if self.settings.turn:
            self.turn = TurnServer(self._folder / "turn", self.settings.logs / "coturn.log")
            self._stack.push_async_callback(self.turn.stop)
        web_url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        await self._step("embedded AWS", self._start_engine())
        template, page = await asyncio.gather(
            self._step("sam build", asyncio.to_thread(build_stack)),
            self._step("page", asyncio.to_thread(build_page)),
        )
        self.outputs = await self._step("sam deploy", asyncio.to_thread(self._deploy, template, web_url))
        if self.turn:
            await self._step("TURN server", self._start_turn(self.turn))
        await self._step("people, demo application", self._seed(web_url))
        await self._start_host()
        await self._start_origin(page, reserved)
        self.local = self._describe(web_url)

    async def _start_engine(self) -> None:
        self.engine = EmbeddedAws(
            EngineSettings(
                port=self.settings.aws_port or _free_port(),
                xray_sink=self.settings.xray_sink,
                log_file=self.settings.logs / "aws.log",
            )
        )
        self._stack.push_async_callback(asyncio.to_thread, self.engine.stop)
        await asyncio.to_thread(self.engine.start)
        self.account = Account(self.engine.environment, self.engine.settings.region)

    def _deploy(self, template: Path, web_url: str) -> dict[str, str]:
        parameters = {
            "WebUrl": web_url,
            "DeployWebOrigin": "false",
            "JwksUrl": self.engine.endpoint_url,
            "ExecuteApiUrl": f"{self.engine.endpoint_url}/_aws/execute-api",
            **({"TurnUrls": self.turn.url} if self.turn else {}),
            **self.settings.parameters,
        }
        return sam.deploy(self.account, STACK_NAME, template, parameters)

    async def _start_turn(self, server: TurnServer) -> None:
        """With the secret that the stack made: what an operator writes into coturn's configuration."""
        secrets = self.account.client("secretsmanager")
        answer = await asyncio.to_thread(secrets.get_secret_value, SecretId=self.outputs["TurnSecretArn"])
        await server.start(answer["SecretString"])

    async def _seed(self, web_url: str) -> None:
        self.demo = seed.new_person("demo", seed.VIEWERS, seed.TENANT_GROUP)
        self.operator = seed.new_person("operator", seed.OPERATORS, seed.TENANT_GROUP)
        cognito = self.account.client("cognito-idp")
        for person in (self.demo, self.operator):
            await asyncio.to_thread(seed.add_person, cognito, self.outputs["UserPoolId"], person)
        await seed.configure(
            self.outputs["ApiUrl"],
            HostedClient.at(self.engine.endpoint_url, self.outputs["UserPoolClientId"], web_url),
            self.operator,
            "demo",
            dict(self.settings.demo_application),
            dict(self.settings.demo_pool),
        )

    async def _start_host(self) -> None:
        cloud = EngineCloud(self.engine, STACK_NAME)
        settings = HostSettings(
            self._folder, self.settings.logs, self.settings.boot_delay_s, self.settings.start_delay_s
        )
        self.host = Ec2Host(cloud, settings)
        self.control = Ec2Control(self.host, cloud)
        self._stack.push_async_callback(self.host.stop)
        self._stack.push_async_callback(self.control.stop)
        await self.host.start()
        await self.control.start()

    async def _start_origin(self, page: Path, reserved: Any) -> None:
        login = self.engine.endpoint_url
        self.origin = WebOrigin(
            OriginSettings(
                page=page,
                http_api=self.outputs["ApiUrl"],
                socket=self.outputs["SocketUrl"],
                login=login,
                config=page_config(self.engine.settings.region, self.outputs, login),
            ),
            reserved,
        )
        self._stack.push_async_callback(self.origin.stop)
        await self.origin.start()

    def _describe(self, web_url: str) -> LocalPlatform:
        return LocalPlatform(
            web_url=web_url,
            api_url=f"{web_url}/api",
            socket_url=f"{web_url.replace('http', 'ws', 1)}/socket",
            aws_endpoint_url=self.engine.endpoint_url,
            region=self.engine.settings.region,
            login_url=self.engine.endpoint_url,
            user_pool_id=self.outputs["UserPoolId"],
            client_id=self.outputs["UserPoolClientId"],
            demo_user=self.demo.user,
            demo_password=self.demo.password,
            operator_user=self.operator.user,
            operator_password=self.operator.password,
            stack_name=STACK_NAME,
            ec2_host_url=self.control.url,
            turn_url=self.turn.url if self.turn else "",
            process_id=os.getpid(),
        )

    async def _step(self, name: str, work: Awaitable[Said]) -> Said:
        began = time.monotonic()
        self._say(f"{name} ...")
        result = await work
        self.seconds[name] = time.monotonic() - began
        self._say(f"{name} ready ({self.seconds[name]:.1f} s)")
        return result


def _free_port() -> int:
    with reserve_port(0) as reserved:
        return int(reserved.getsockname()[1])
