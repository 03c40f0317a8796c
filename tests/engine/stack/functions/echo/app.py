"""Answers what it was given, and where it runs."""

import json
import os


def handler(event, context):
    names = ("AWS_ENDPOINT_URL", "_X_AMZN_TRACE_ID", "AWS_XRAY_DAEMON_ADDRESS", "AWS_PROFILE", "PYTHONPATH")
    seen = {
        "context": event.get("requestContext", {}),
        "environment": {name: os.environ.get(name) for name in names},
        "process": os.getpid(),
    }
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(seen)}
