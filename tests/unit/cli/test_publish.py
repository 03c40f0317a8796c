"""What a deployment puts into the web bucket, and under which keys CloudFront finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from greenroom_cli.aws.account import Account
from greenroom_cli.deployment.deploy import keys_of, publish
from moto import mock_aws

OUTPUTS = {
    "WebBucket": "web",
    "UserPoolId": "us-east-1_a",
    "UserPoolClientId": "c",
    "LoginUrl": "https://login.example",
}
FILES = {
    "index.html": "viewer",
    "desk/index.html": "desk",
    "assets/viewer-1.js": "1",
    "favicon.svg": "<svg/>",
}
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Any]:
    for name, text in FILES.items():
        tmp_path.joinpath(name).parent.mkdir(exist_ok=True)
        tmp_path.joinpath(name).write_text(text)
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="web")
        publish(Account(KEYS), tmp_path, OUTPUTS)
        yield boto3.resource("s3", region_name="us-east-1").Bucket("web")


@pytest.mark.parametrize(("path", "text"), [("desk", "desk"), ("desk/", "desk"), ("index.html", "viewer")])
def test_each_page_is_found_under_its_address_as_html_that_is_asked_for_anew(bucket: Any, path: str, text: str) -> None:
    found = bucket.Object(path).get()
    assert found["Body"].read().decode() == text
    assert (found["ContentType"], found["CacheControl"]) == ("text/html", "no-cache")


def test_nothing_else_is_published_twice_and_what_is_named_by_its_content_lasts(bucket: Any) -> None:
    assert {each.key for each in bucket.objects.all()} == {*FILES, "desk", "desk/", "config.json"}
    assert bucket.Object("assets/viewer-1.js").get()["CacheControl"] == "public, max-age=31536000, immutable"


def test_the_root_has_an_index_of_its_own() -> None:
    assert keys_of("index.html") == ["index.html"]
