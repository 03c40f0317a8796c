"""Build, deploy, publish the pages: what `greenroom deploy` does once it knows where."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from greenroom_cli.aws.account import Account
from greenroom_cli.deployment import sam
from greenroom_cli.deployment.page_build import build_page
from greenroom_cli.deployment.parameters import template_parameters
from greenroom_cli.deployment.stack_build import build_stack
from greenroom_cli.deployment.wheels import check_wheels
from greenroom_cli.progress import Progress
from greenroom_cli.toolchain.paths import GENERATED, ROOT

BUILD_FOR_AWS = GENERATED / "aws" / "sam-build-aws"
"""In a folder of its own: `sam build` writes beside it what it built, and the local build does so too."""


def deploy(account: Account, stack_name: str, given: Mapping[str, str], progress: Progress) -> dict[str, str]:
    """The stack's outputs. Twice the first time on AWS: sign-in returns to the origin's address, known only then.

    Raises: SamFailed, PageFailed, WheelMismatch, ClientError, BotoCoreError.
    """
    parameters = {**_parameters_here(account), **given}
    with progress.step("building the stack (sam build)"):
        template = build_stack() if account.is_embedded else build_for_aws(parameters)
    with progress.step("deploying it (sam deploy)"):
        outputs = sam.deploy(account, stack_name, template, parameters)
    if "WebUrl" not in parameters and outputs.get("WebUrl"):
        with progress.step("deploying it again, so that sign-in knows the address of the pages"):
            outputs = sam.deploy(account, stack_name, template, {**parameters, "WebUrl": outputs["WebUrl"]})
    with progress.step("building and publishing the pages"):
        publish(account, build_page(), outputs)
    return outputs


def build_for_aws(parameters: Mapping[str, str]) -> Path:
    """Build for the runtime that is deployed, whatever Python this computer has. Raises: SamFailed, WheelMismatch."""
    runtime = parameters.get("LambdaRuntime") or template_parameters()["LambdaRuntime"]["Default"]
    template = sam.build(ROOT, BUILD_FOR_AWS, runtime=runtime)
    check_wheels(BUILD_FOR_AWS, runtime)
    return template


def _parameters_here(account: Account) -> dict[str, str]:
    """The embedded AWS has no CloudFront and no DNS."""
    if not account.is_embedded:
        return {}
    endpoint = account.environment["AWS_ENDPOINT_URL"]
    return {
        "DeployWebOrigin": "false",
        "JwksUrl": endpoint,
        "ExecuteApiUrl": f"{endpoint}/_aws/execute-api",
    }


def publish(account: Account, page: Path, outputs: Mapping[str, str]) -> None:
    """Put pages and settings into the web bucket: indexes last, so that they name nothing that is not there."""
    bucket = outputs.get("WebBucket")
    if not bucket:
        return
    s3 = account.client("s3")
    files = sorted((file for file in page.rglob("*") if file.is_file()), key=lambda file: file.name == "index.html")
    for file in files:
        name = file.relative_to(page).as_posix()
        lasting = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        for key in keys_of(name):
            s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes(), ContentType=kind, CacheControl=lasting)
    body = json.dumps(page_config(account.region, outputs))
    s3.put_object(Bucket=bucket, Key="config.json", Body=body, ContentType="application/json", CacheControl="no-cache")


def keys_of(file: str) -> list[str]:
    """A page in a folder is found at the folder's address too: CloudFront has an index for the root only, and S3's own
    endpoint none, but a key may end without a suffix, and with a slash.
    """
    folder = file.removesuffix("/index.html")
    return [file] if folder == file else [file, folder, f"{folder}/"]


def page_config(region: str, outputs: Mapping[str, str], login: str | None = None) -> dict[str, Any]:
    """What the page must know (`/config.json`). `login` where sign-in is served, when not at Cognito's own address."""
    issuer = f"https://cognito-idp.{region}.amazonaws.com/{outputs['UserPoolId']}"
    keys = issuer if login is None else f"{login}/{outputs['UserPoolId']}"
    pages = login or outputs["LoginUrl"]
    return {
        "authority": issuer,
        "clientId": outputs["UserPoolClientId"],
        "scope": "openid email profile",
        "applicationId": "demo",
        "metadata": {
            "issuer": issuer,
            "authorization_endpoint": f"{pages}/oauth2/authorize",
            "token_endpoint": f"{pages}/oauth2/token",
            "end_session_endpoint": f"{pages}/logout",
            "jwks_uri": f"{keys}/.well-known/jwks.json",
        },
    }
