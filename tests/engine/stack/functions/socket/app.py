"""Echoes a frame after a pause, or fails; remembers connections in the table."""

import json
import os
import time

import boto3

TABLE = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    request = event["requestContext"]
    if request["eventType"] != "MESSAGE":
        TABLE.put_item(Item={"pk": request["connectionId"], "sk": request["eventType"]})
        return {"statusCode": 200}
    frame = json.loads(event["body"])
    if frame.get("do") == "fail":
        raise RuntimeError("a handler's secret")
    time.sleep(frame.get("pause", 0))
    seen = {"frame": frame, "authorizer": request.get("authorizer"), "connectionId": request["connectionId"]}
    return {"statusCode": 200, "body": json.dumps({**seen, "route": request["routeKey"]})}
