"""Fails, sleeps, answers late or too much, as told."""

import os
import time

import boto3


class NoFreeSlot(Exception):
    pass


def handler(event, context):
    match event.get("do"):
        case "fail":
            raise NoFreeSlot("there is none")
        case "sleep":
            time.sleep(event["seconds"])
        case "answer":
            boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output='{"answered": true}')
        case "keep":
            row = {"pk": event.get("under", "token"), "sk": event["execution"], "token": event["token"]}
            boto3.resource("dynamodb").Table(os.environ["TABLE"]).put_item(Item=row)
        case "speak":
            print(f"said {event['word']}")
        case "much":
            return {"text": "x" * event["bytes"]}
        case _ if "routeKey" in event:
            raise RuntimeError("a handler's secret")
    return {"process": os.getpid(), "do": event.get("do"), "code": os.path.dirname(__file__)}
