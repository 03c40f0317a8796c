"""Signs the agent's HTTP requests (AWS Signature Version 4) with the credentials of the instance's IAM role."""

import asyncio
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session

SERVICE = "execute-api"


class NoCredentials(Exception):
    """Raised when botocore finds no credentials: the metadata service does not answer, or the instance has no role."""


class RequestSigner:
    """Signs HTTP requests with AWS credentials, which botocore finds and refreshes.

    Signing may have to wait, because botocore asks the instance metadata service for new credentials.
    """

    def __init__(self, region: str, session: Session | None = None) -> None:
        self._region = region
        self._session = session or Session()
        self._credentials: Any = None

    async def headers(self, method: str, url: str, body: bytes) -> dict[str, str]:
        """Returns the HTTP headers to send, including the signature in Authorization.

        Raises: NoCredentials.
        """
        # In a thread, because botocore calls the metadata service with blocking sockets.
        return await asyncio.to_thread(self._sign, method, url, body)

    def _sign(self, method: str, url: str, body: bytes) -> dict[str, str]:
        if self._credentials is None:
            self._credentials = self._session.get_credentials()
        if self._credentials is None:
            raise NoCredentials
        request = AWSRequest(method, url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(self._credentials.get_frozen_credentials(), SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())
