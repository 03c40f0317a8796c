"""SigV4 for the agent's door, with the credentials of the instance role."""

import asyncio
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session

SERVICE = "execute-api"


class NoCredentials(Exception):
    """botocore's chain found none (the metadata service is silent, or the instance has no role)."""


class RequestSigner:
    """Signs requests; botocore refreshes the credentials, and may wait for the metadata service to do so."""

    def __init__(self, region: str, session: Session | None = None) -> None:
        self._region = region
        self._session = session or Session()
        self._credentials: Any = None

    async def headers(self, method: str, url: str, body: bytes) -> dict[str, str]:
        """The headers to send, Authorization among them.

        Raises: NoCredentials.
        """
        # In a thread: botocore asks the metadata service with blocking sockets.
        return await asyncio.to_thread(self._sign, method, url, body)

    def _sign(self, method: str, url: str, body: bytes) -> dict[str, str]:
        if self._credentials is None:
            self._credentials = self._session.get_credentials()
        if self._credentials is None:
            raise NoCredentials
        request = AWSRequest(method, url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(self._credentials.get_frozen_credentials(), SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())
