"""What the judges found and what stays as it is, each with its reason. A skip that matches nothing is an error."""

from __future__ import annotations

from pathlib import Path

from tests.judge.findings import Skip

FILE = Path(__file__)
OWN_KEY = "AWS's own key encrypts it; a customer's key costs 1 $ a month and more with each use"

CHECKOV = (
    Skip(
        "CKV_AWS_115",
        "reserved concurrency is taken from the account's other functions; the APIs' throttles are the limit",
    ),
    Skip(
        "CKV_AWS_116",
        "callers wait for the answer, and rules have a dead-letter queue; a lost notice is made good by the reaper",
    ),
    Skip(
        "CKV_AWS_117",
        "the functions call AWS's public endpoints only; from a VPC that takes a NAT, which is paid by the hour",
    ),
    Skip("CKV_AWS_119", OWN_KEY, "AWS::DynamoDB::Table.*"),
    Skip("CKV_AWS_149", OWN_KEY, "*.TurnSecret"),
    Skip("CKV_AWS_158", OWN_KEY, "AWS::Logs::LogGroup.*"),
    Skip("CKV_AWS_173", OWN_KEY + "; the variables are names and addresses, never secrets", "AWS::Lambda::Function.*"),
    Skip(
        "CKV_AWS_174",
        "CloudFront lets only a certificate of one's own choose, and the origin is CloudFront's own name",
        "*.WebOrigin",
    ),
    Skip("CKV_AWS_18", "one holds the public page; what reads the other is CloudTrail's to tell", "AWS::S3::Bucket.*"),
    Skip(
        "CKV_AWS_21",
        "the page is built from the repository, and a build keeps its key; old versions would only cost",
        "AWS::S3::Bucket.*",
    ),
    Skip("CKV_AWS_27", "it is encrypted (SqsManagedSseEnabled), which this check does not know", "*.DeadLetterQueue"),
    Skip(
        "CKV_AWS_68",
        "a firewall costs 5 $ a month even when nobody plays; the APIs are throttled and every route is authorized",
        "*.WebOrigin",
    ),
    Skip(
        "CKV_AWS_86", "the page holds nothing secret, and every call behind it is logged by its function", "*.WebOrigin"
    ),
    Skip("CKV_AWS_95", "for a WebSocket API it takes a role that is set for the whole account", "*.SocketStage"),
    Skip(
        "CKV_AWS_95",
        "the functions log each call; what API Gateway refuses by itself leaves no trace as yet",
        "*.HttpApi*Stage",
    ),
)

SKIPS: dict[str, tuple[Skip, ...]] = {
    "checkov": CHECKOV,
    "shellcheck": (
        Skip("SC2046", "an option or nothing: in quotes, nothing would be an empty argument", "Makefile:test"),
    ),
}
"""Judge -> its skips. A judge that is not here has none: what it finds is mended."""
