"""AWS clients, each created at its first use and then shared: creating one takes tens of ms.

They are botocore's own. boto3 adds nothing that is used here, and importing it takes a tenth of a cold start.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from greenroom.domain.errors import StoreBusy

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient

_CONFIG = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "max_attempts": 4})
"""`standard` retries throttles and service faults with jitter. All tries end before a function's timeout."""


SERVICES = (
    "apigatewaymanagementapi",
    "dynamodb",
    "ec2",
    "events",
    "scheduler",
    "secretsmanager",
    "service-quotas",
    "stepfunctions",
)
"""All services that are called from here."""


class _Loader(Loader):
    """Knows which services exist. botocore's own looks through the folders of all 400 services, twice, to find one."""

    def list_available_services(self, type_name: str) -> list[str]:
        return list(SERVICES)


@cache
def session() -> Any:
    """The session that all clients share: a file that one of them has read need not be read again."""
    made = botocore.session.get_session()
    made.register_component("data_loader", _Loader())
    return made


@cache
def dynamodb() -> DynamoDBClient:
    """The client for all tables: low level, because transactions span tables. Raises: StoreBusy, ClientError."""
    made: DynamoDBClient = session().create_client("dynamodb", config=_CONFIG)
    made.meta.events.register("after-call.dynamodb", _raise_if_busy)
    return made


_THROTTLES = frozenset({"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"})


def _raise_if_busy(parsed: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
    """Raises StoreBusy for a throttle or service fault that outlasted botocore's own retries."""
    code = parsed.get("Error", {}).get("Code", "")
    if code in _THROTTLES or parsed["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        raise StoreBusy(f"{model.name}: {code}")


_HURRIED = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "max_attempts": 2})
"""For calls of which one HTTP answer needs several: a call that takes too long is given up."""


@cache
def client(service: str, *, hurried: bool = False) -> Any:
    """The client of any other service, at its usual address."""
    return session().create_client(service, config=_HURRIED if hurried else _CONFIG)


@cache
def socket_management(url: str) -> Any:
    """The `@connections` interface of one API stage."""
    return session().create_client("apigatewaymanagementapi", endpoint_url=url, config=_CONFIG)
