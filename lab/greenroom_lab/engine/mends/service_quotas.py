"""Gap: there is no Service Quotas.

GetServiceQuota knows the two vCPU quotas of G instances, with the values of `/_greenroom/account`.
Source: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from __future__ import annotations

import json
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response

from greenroom_lab.engine.account_facts import FACTS, QUOTA_NAMES

SERVICE = "servicequotas"
TARGET = "ServiceQuotasV20190624"


def apply() -> None:
    app.SERVICE_HANDLERS[SERVICE] = handle_request
    router.SERVICE_PATTERNS[SERVICE] = {
        "target_prefixes": [TARGET],
        "host_patterns": [r"servicequotas\."],
        "credential_scope": SERVICE,
    }
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    guess = iam_actions.extract_resource_arn

    def resource_of(service: str, method: str, path: str, headers: Any, body: bytes, query: Any, *place: str) -> Any:
        if service != SERVICE:
            return guess(service, method, path, headers, body, query, *place)
        asked = json.loads(body or b"{}")
        return arn_of(str(asked.get("ServiceCode")), str(asked.get("QuotaCode")))

    iam_actions.extract_resource_arn = resource_of


async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, query_params: Any) -> Any:
    action = headers.get("x-amz-target", "").partition(".")[2]
    if action != "GetServiceQuota":
        return error_response_json("InvalidAction", f"The embedded AWS has no {action or 'such action'}", 400)
    asked = json.loads(body or b"{}")
    service, code = str(asked.get("ServiceCode")), str(asked.get("QuotaCode"))
    if service != "ec2" or code not in FACTS.quotas:
        return error_response_json("NoSuchResourceException", f"There is no quota {code} of {service}", 400)
    return json_response({"Quota": quota_of(service, code)}, content_type="application/x-amz-json-1.1")


def quota_of(service: str, code: str) -> dict[str, Any]:
    return {
        "ServiceCode": service,
        "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
        "QuotaArn": arn_of(service, code),
        "QuotaCode": code,
        "QuotaName": QUOTA_NAMES.get(code, code),
        "Value": float(FACTS.quotas[code]),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def arn_of(service: str, code: str) -> str:
    return f"arn:aws:servicequotas:{get_region()}:{get_account_id()}:{service}/{code}"
