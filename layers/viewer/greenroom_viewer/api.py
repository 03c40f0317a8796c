"""The viewer's and the operator's HTTP calls through the web origin, as the page makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and parsed body (an empty object when there is none)."""

    status: int
    body: dict[str, Any]


class UnexpectedAnswer(Exception):
    """A call was refused where the caller counts on success; the message holds status and problem."""


class Api:
    """Calls `/api` with one bearer token (None: without)."""

    def __init__(self, http: ClientSession, api_url: str, token: str | None) -> None:
        self._http = http
        self._api_url = api_url
        self._headers = {"Authorization": f"Bearer {token}"} if token is not None else {}

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        """Any status is an answer."""
        async with self._http.request(method, f"{self._api_url}{path}", json=body, headers=self._headers) as answer:
            try:
                parsed = await answer.json(content_type=None)
            except ValueError:
                parsed = None
            return Answer(answer.status, parsed if isinstance(parsed, dict) else {})

    async def must(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Raises: UnexpectedAnswer for anything but success."""
        answer = await self.call(method, path, body)
        if answer.status >= 300:
            raise UnexpectedAnswer(f"{method} {path} answered {answer.status}: {answer.body}")
        return answer.body
