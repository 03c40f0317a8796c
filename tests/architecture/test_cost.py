"""Nothing in the template costs money by the hour, and an idle account does next to nothing."""

from __future__ import annotations

import re

from tests.architecture.reading import resources, template

FREE = "no price"
COSTS = {
    "AWS::ApiGatewayV2::Api": "per message and connection minute",
    "AWS::ApiGatewayV2::Authorizer": FREE,
    "AWS::ApiGatewayV2::Integration": FREE,
    "AWS::ApiGatewayV2::Route": FREE,
    "AWS::ApiGatewayV2::Stage": FREE,
    "AWS::CloudFront::Distribution": "per request and GB",
    "AWS::CloudFront::OriginAccessControl": FREE,
    "AWS::CloudFront::ResponseHeadersPolicy": FREE,
    "AWS::CloudWatch::Alarm": "0.10 $ a month each beyond ten; off unless AlarmTopicArn is given",
    "AWS::Cognito::UserPool": "per monthly active user beyond 10,000 (LITE)",
    "AWS::Cognito::UserPoolClient": FREE,
    "AWS::Cognito::UserPoolDomain": FREE,
    "AWS::Cognito::UserPoolGroup": FREE,
    "AWS::DynamoDB::Table": "per request; storage 0.25 $, point-in-time recovery 0.20 $ a GB-month",
    "AWS::EC2::InternetGateway": FREE,
    "AWS::EC2::LaunchTemplate": FREE,
    "AWS::EC2::Route": FREE,
    "AWS::EC2::RouteTable": FREE,
    "AWS::EC2::SecurityGroup": FREE,
    "AWS::EC2::Subnet": FREE,
    "AWS::EC2::SubnetRouteTableAssociation": FREE,
    "AWS::EC2::VPC": FREE,
    "AWS::EC2::VPCGatewayAttachment": FREE,
    "AWS::Events::EventBus": "per event",
    "AWS::Events::Rule": FREE,
    "AWS::IAM::InstanceProfile": FREE,
    "AWS::IAM::ManagedPolicy": FREE,
    "AWS::IAM::Policy": FREE,
    "AWS::IAM::Role": FREE,
    "AWS::Lambda::Permission": FREE,
    "AWS::Logs::LogGroup": "per GB written, and 0.03 $ a GB-month",
    "AWS::S3::Bucket": "0.023 $ a GB-month",
    "AWS::S3::BucketPolicy": FREE,
    "AWS::SQS::Queue": "per request",
    "AWS::SQS::QueuePolicy": FREE,
    "AWS::Scheduler::Schedule": "per invocation, 14 million a month free",
    "AWS::Scheduler::ScheduleGroup": FREE,
    "AWS::SecretsManager::Secret": "0.40 $ a month; off unless TurnUrls is given",
    "AWS::Serverless::Function": "per invocation and GB-second",
    "AWS::Serverless::HttpApi": "per request",
    "AWS::Serverless::LayerVersion": FREE,
    "AWS::Serverless::StateMachine": "per state transition",
}
"""Every type the template may hold and how it is paid (us-east-1). What is paid by the hour has no place here."""


def test_every_resource_type_is_on_the_list() -> None:
    used = {resource["Type"] for resource in template()["Resources"].values()}
    assert used <= set(COSTS)
    assert not [kind for kind, price in COSTS.items() if "hour" in price]


def test_tables_are_paid_by_request_and_can_be_restored() -> None:
    for name, table in resources("AWS::DynamoDB::Table").items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expiresAt", "Enabled": True}, name
        assert "SSESpecification" not in table, f"{name}: a customer key costs 1 $ a month"


def test_nothing_is_kept_running() -> None:
    text = str(template())
    for hourly in ("ProvisionedConcurrency", "NatGateway", "CacheClusterEnabled", "VpcEndpoint", "AllocationId"):
        assert hourly not in text


def test_alarms_are_off_unless_asked_for() -> None:
    for name, resource in template()["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            assert resource["Condition"] == "HasAlarms", name
    assert template()["Parameters"]["AlarmTopicArn"]["Default"] == ""


def test_the_turn_servers_secret_is_made_only_for_who_has_one() -> None:
    for name, resource in template()["Resources"].items():
        if resource["Type"] == "AWS::SecretsManager::Secret":
            assert resource["Condition"] == "HasTurnServer", name
    assert template()["Parameters"]["TurnUrls"]["Default"] == ""


def minutes(expression: str) -> float:
    """Between two invocations of a rate expression."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    assert found, f"{expression}: write a rate"
    return int(found[1]) * {"minute": 1, "hour": 60, "day": 1440}[found[2]]


def test_an_idle_account_is_woken_at_most_every_quarter_of_an_hour() -> None:
    schedules = [properties["ScheduleExpression"] for properties in resources("AWS::Scheduler::Schedule").values()]
    rules = [
        properties["ScheduleExpression"]
        for properties in resources("AWS::Events::Rule").values()
        if "ScheduleExpression" in properties
    ]
    by_event = [
        event["Properties"].get("Schedule") or event["Properties"].get("ScheduleExpression")
        for properties in resources("AWS::Serverless::Function").values()
        for event in properties.get("Events", {}).values()
        if event["Type"] in ("Schedule", "ScheduleV2")
    ]
    every = [minutes(expression) for expression in schedules + rules + by_event]
    assert sum(15 / each for each in every) <= 1


def test_no_function_is_polled_for() -> None:
    """Event source mappings on queues and streams poll, and are paid, all day."""
    kinds = {
        event["Type"]
        for properties in resources("AWS::Serverless::Function").values()
        for event in properties.get("Events", {}).values()
    }
    assert kinds == {"HttpApi"}
