"""What is no table, in memory: tasks, bus, metrics, socket, secret, schedules, account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from greenroom.domain.errors import ConnectionGone, FactUnavailable, RelaySecretUnavailable, TaskGone
from greenroom.domain.events import Event
from greenroom.ports.quota import Image, Subnet


class FakeTasks:
    """ports.TaskTokens: a token can be answered once."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, dict[str, Any]]] = []
        self.gone: set[str] = set()

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        if task_token in self.gone:
            raise TaskGone(task_token)
        self.gone.add(task_token)
        self.answers.append((task_token, dict(output)))

    def facts(self, task_token: str) -> list[str]:
        return [output["fact"] for token, output in self.answers if token == task_token]


class FakeBus:
    """ports.Bus."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, *events: Event) -> None:
        self.events.extend(events)

    def kinds(self) -> list[str]:
        return [each.detail_type for each in self.events]


class FakeMetrics:
    """ports.Metrics."""

    def __init__(self) -> None:
        self.etas: list[tuple[str, float, bool]] = []

    def eta_judged(self, pool_id: str, wait_s: float, within: bool) -> None:
        self.etas.append((pool_id, wait_s, within))


class FakeSocket:
    """ports.Socket: connections in `gone` answer 410."""

    def __init__(self) -> None:
        self.frames: list[tuple[str, dict[str, Any]]] = []
        self.closed: list[str] = []
        self.gone: set[str] = set()

    def post(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        if connection_id in self.gone:
            raise ConnectionGone(connection_id)
        self.frames.append((connection_id, dict(frame)))

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)
        self.gone.add(connection_id)

    def to(self, connection_id: str, kind: str | None = None) -> list[dict[str, Any]]:
        """Frames a connection got, of one kind or all."""
        return [f for to, f in self.frames if to == connection_id and kind in (None, f["kind"])]


class FakeRelaySecret:
    """ports.RelaySecret: None cannot be read."""

    def __init__(self) -> None:
        self.secret: str | None = "shared with coturn"
        self.asked = 0

    def current(self, now: float) -> str:
        self.asked += 1
        if self.secret is None:
            raise RelaySecretUnavailable("AccessDeniedException")
        return self.secret


class FakeSchedules:
    """ports.Schedules: what would fire, by (event, version)."""

    def __init__(self) -> None:
        self.at: dict[tuple[str, int], float] = {}

    def create(self, event_id: str, version: int, at: float) -> None:
        self.at.setdefault((event_id, version), at)

    def delete(self, event_id: str, version: int) -> None:
        self.at.pop((event_id, version), None)


class FakeAccountFacts:
    """ports.AccountFacts: a roomy account; what is named in `silent` cannot be asked."""

    def __init__(self) -> None:
        self.image_state = "available"
        self.places = [Subnet("subnet-a", "us-east-1a", 4000), Subnet("subnet-b", "us-east-1b", 4000)]
        self.not_offered: set[tuple[str, str]] = set()
        self.quotas = {"spot": 1000.0, "on-demand": 1000.0}
        self.instances: dict[tuple[str, str], int] = {}
        self.silent: set[str] = set()

    def image(self) -> Image:
        self._ask("image")
        return Image("ami-1", self.image_state)

    def subnets(self) -> Sequence[Subnet]:
        self._ask("subnets")
        return self.places

    def offered(self, instance_types: Sequence[str]) -> frozenset[tuple[str, str]]:
        self._ask("offered")
        pairs = {(each, place.zone) for each in instance_types for place in self.places}
        return frozenset(pairs - self.not_offered)

    def vcpu_quota(self, market: str) -> float:
        self._ask("vcpu_quota")
        return self.quotas[market]

    def running(self) -> Mapping[tuple[str, str], int]:
        self._ask("running")
        return self.instances

    def _ask(self, fact: str) -> None:
        if fact in self.silent:
            raise FactUnavailable(f"{fact}: AccessDenied")
