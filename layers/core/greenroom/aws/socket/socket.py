"""Posts frames to open connections through API Gateway."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from greenroom.aws.clients import socket_management
from greenroom.domain.errors import ConnectionGone

GONE = 410


class ApiGatewaySocket:
    """ports.Socket."""

    def __init__(self, management_url: str) -> None:
        self._url = management_url

    def post(self, connection_id: str, frame: Mapping[str, Any]) -> None:
        data = json.dumps(frame, separators=(",", ":")).encode()
        try:
            socket_management(self._url).post_to_connection(ConnectionId=connection_id, Data=data)
        except ClientError as error:
            if _status(error) != GONE:
                raise
            raise ConnectionGone(connection_id) from error

    def close(self, connection_id: str) -> None:
        try:
            socket_management(self._url).delete_connection(ConnectionId=connection_id)
        except ClientError as error:
            if _status(error) != GONE:
                raise


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
