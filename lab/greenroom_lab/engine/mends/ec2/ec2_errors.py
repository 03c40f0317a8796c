"""Gap: an EC2 error reaches a machine under its own name (`Ec2.InvalidParameterValue`).

On AWS every EC2 error of the SDK integration is `Ec2.Ec2Exception`: a Catch for anything else would be green here and
dead there. The specific code is only in the cause's text.
"""

from __future__ import annotations

from typing import Any

from ministack.services import stepfunctions


def apply() -> None:
    dispatch = stepfunctions._dispatch_aws_sdk_query

    def dispatch_and_rename(service: Any, service_name: str, action: str, data: Any) -> Any:
        try:
            return dispatch(service, service_name, action, data)
        except stepfunctions._ExecutionError as error:
            if service_name != "ec2" or error.error.startswith("States."):
                raise
            status = 403 if error.error.endswith("UnauthorizedOperation") else 400
            cause = f"{error.cause} (Service: Ec2, Status Code: {status}, Request ID: {stepfunctions.new_uuid()})"
            raise stepfunctions._ExecutionError("Ec2.Ec2Exception", cause) from error

    stepfunctions._dispatch_aws_sdk_query = dispatch_and_rename
