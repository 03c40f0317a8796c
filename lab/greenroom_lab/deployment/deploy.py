"""`make deploy`: build, deploy, publish the page, to the AWS (account or embedded) that the environment names.

    AWS_PROFILE=studio make deploy
    AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test make deploy

By environment: what deployment_target.py says, GREENROOM_PARAMETERS (parameters.py), and GREENROOM_YES=1 where nobody
can be asked whether to make a stack for the first time.
"""

from __future__ import annotations

import json
import mimetypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from greenroom_lab.deployment import sam
from greenroom_lab.deployment.deployment_target import TargetRefused, confirm_first, find_target
from greenroom_lab.deployment.page_build import PageFailed, build_page
from greenroom_lab.deployment.parameters import ParameterInvalid, read_parameters, template_parameters
from greenroom_lab.deployment.stack_build import build_stack
from greenroom_lab.deployment.wheels import WheelMismatch, check_wheels
from greenroom_lab.toolchain_paths import GENERATED, ROOT

BUILD_FOR_AWS = GENERATED / "aws" / "sam-build-aws"
"""In a folder of its own: `sam build` writes beside it what it built, and the local build does so too."""
EXPECTED_FAILURES = (
    BotoCoreError,
    ClientError,
    PageFailed,
    ParameterInvalid,
    TargetRefused,
    WheelMismatch,
    sam.SamFailed,
)


def main() -> int:
    try:
        given = read_parameters(os.environ.get("GREENROOM_PARAMETERS", ""))
        target = find_target(os.environ)
        print(f"greenroom: deploying {target.place}", flush=True)
        confirm_first(target, os.environ, is_interactive=sys.stdin.isatty(), ask=input)
        outputs = deploy(target.account, target.stack_name, given)
    except EXPECTED_FAILURES as error:
        print(f"greenroom: {error}", file=sys.stderr)
        return 1
    width = max(map(len, outputs))
    print("\n".join(f"{name:<{width}}  {value}" for name, value in sorted(outputs.items())))
    return 0


def deploy(account: sam.Account, stack_name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Twice the first time on AWS: sign-in returns to the origin's address, known only once it is there.

    Raises: SamFailed, PageFailed, WheelMismatch, ClientError, BotoCoreError.
    """
    parameters = {**_parameters_here(account), **given}
    template = build_stack() if _is_embedded(account) else build_for_aws(parameters)
    outputs = sam.deploy(account, stack_name, template, parameters)
    if "WebUrl" not in parameters and outputs.get("WebUrl"):
        outputs = sam.deploy(account, stack_name, template, {**parameters, "WebUrl": outputs["WebUrl"]})
    publish(account, build_page(), outputs)
    return outputs


def build_for_aws(parameters: Mapping[str, str]) -> Path:
    """Build for the runtime that is deployed, whatever Python this machine has. Raises: SamFailed, WheelMismatch."""
    runtime = parameters.get("LambdaRuntime") or template_parameters()["LambdaRuntime"]["Default"]
    template = sam.build(ROOT, BUILD_FOR_AWS, runtime=runtime)
    check_wheels(BUILD_FOR_AWS, runtime)
    return template


def _parameters_here(account: sam.Account) -> dict[str, str]:
    """The embedded AWS has no CloudFront and no DNS."""
    if not _is_embedded(account):
        return {}
    endpoint = account.environment["AWS_ENDPOINT_URL"]
    return {
        "DeployWebOrigin": "false",
        "JwksUrl": endpoint,
        "ExecuteApiUrl": f"{endpoint}/_aws/execute-api",
    }


def _is_embedded(account: sam.Account) -> bool:
    return "AWS_ENDPOINT_URL" in account.environment


def publish(account: sam.Account, page: Path, outputs: Mapping[str, str]) -> None:
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


if __name__ == "__main__":
    sys.exit(main())
