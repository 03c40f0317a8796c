"""The deployed page is guarded as the local one: one source, and what each part of the policy must hold."""

from __future__ import annotations

from typing import Any

import pytest
from greenroom_lab.platform.web_headers import ONLY_OVER_TLS, security_headers

from tests.architecture.reading import resources, template

SOCKET, LOGIN = "wss://page.example", "https://login.example"
DIRECTIVES = {
    "default-src": {"'self'"},
    "connect-src": {"'self'", SOCKET, LOGIN},  # API and socket are on the page's own origin; tokens come from sign-in
    "img-src": {"'self'", "data:"},
    "media-src": {"'self'", "blob:", "mediastream:"},
    "style-src": {"'self'", "'unsafe-inline'"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "form-action": {"'self'", LOGIN},
}


def deployed() -> dict[str, Any]:
    (policy,) = resources("AWS::CloudFront::ResponseHeadersPolicy").values()
    found: dict[str, Any] = policy["ResponseHeadersPolicyConfig"]
    return found


def test_the_local_page_has_every_header_of_the_deployed_one() -> None:
    config, local = deployed()["SecurityHeadersConfig"], security_headers(SOCKET, LOGIN)
    names = {
        "ContentSecurityPolicy": "Content-Security-Policy",
        "ContentTypeOptions": "X-Content-Type-Options",
        "FrameOptions": "X-Frame-Options",
        "ReferrerPolicy": "Referrer-Policy",
        "StrictTransportSecurity": "Strict-Transport-Security",
    }
    assert set(config) == set(names)
    own = {item["Header"]: item["Value"] for item in deployed()["CustomHeadersConfig"]["Items"]}
    assert own == {"Cross-Origin-Opener-Policy": "same-origin"}
    assert set(local) == {*names.values(), *own} - ONLY_OVER_TLS
    assert (local["X-Content-Type-Options"], local["X-Frame-Options"]) == (
        "nosniff",
        config["FrameOptions"]["FrameOption"],
    )
    assert local["Referrer-Policy"] == config["ReferrerPolicy"]["ReferrerPolicy"]
    assert own.items() <= local.items()
    parts = [*config.values(), *deployed()["CustomHeadersConfig"]["Items"]]
    assert all(part["Override"] is True for part in parts)


def test_the_policy_allows_what_the_page_needs_and_nothing_else() -> None:
    policy = security_headers(SOCKET, LOGIN)["Content-Security-Policy"]
    found = {name: set(values) for name, *values in (part.split() for part in policy.split(";"))}
    assert found == DIRECTIVES


def test_the_deployed_policy_is_the_local_one_with_cognitos_page_and_the_pages_own_socket() -> None:
    text, values = deployed()["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    local = security_headers(SOCKET, LOGIN)["Content-Security-Policy"]
    assert text.replace("${SocketOrigin}", SOCKET).replace("${LoginOrigin}", LOGIN) == local
    assert values["LoginOrigin"] == template()["Outputs"]["LoginUrl"]["Value"]
    condition, socket, unknown = values["SocketOrigin"]["Fn::If"]
    host = {"Fn::Select": [1, {"Fn::Split": ["https", {"Ref": "WebUrl"}]}]}
    assert (condition, socket, unknown) == ("HasWebUrl", {"Fn::Join": ["", ["wss", host]]}, "")


@pytest.mark.parametrize("origin", ["page", "api"])
def test_what_the_one_origin_serves_has_the_headers(origin: str) -> None:
    (distribution,) = resources("AWS::CloudFront::Distribution").values()
    config = distribution["DistributionConfig"]
    behaviours = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    (one,) = [each for each in behaviours if each["TargetOriginId"] == origin]
    assert one["ResponseHeadersPolicyId"] == {"Ref": "WebHeaders"}


def test_who_finds_a_browser_may_not_stay_signed_in_for_longer_than_a_day() -> None:
    (client,) = resources("AWS::Cognito::UserPoolClient").values()
    assert (client["RefreshTokenValidity"], client["TokenValidityUnits"]["RefreshToken"]) == (1, "days")
    assert client["EnableTokenRevocation"] is True
