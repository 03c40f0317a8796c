"""The security headers of the page, as template.yaml gives them to CloudFront: the local page gets the same ones."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from greenroom_cli.toolchain.paths import ROOT

ONLY_OVER_TLS = frozenset({"Strict-Transport-Security"})
"""Not sent locally: browsers ignore it over plain HTTP. Source: RFC 6797, 8.1."""


class _TemplateLoader(yaml.CSafeLoader):
    """CloudFormation's tags are left out: `!Sub x` is `x`."""


def _untagged(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_TemplateLoader.add_multi_constructor("!", _untagged)


def security_headers(socket_origin: str, login_origin: str) -> dict[str, str]:
    """What the page's own origin sends, for a page whose socket and whose sign-in are at these origins."""
    config = _policy()
    guards = config["SecurityHeadersConfig"]
    text, _ = guards["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    return {
        "Content-Security-Policy": text.replace("${SocketOrigin}", socket_origin).replace(
            "${LoginOrigin}", login_origin
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": guards["FrameOptions"]["FrameOption"],
        "Referrer-Policy": guards["ReferrerPolicy"]["ReferrerPolicy"],
        **{item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]},
    }


@cache
def _policy() -> dict[str, Any]:
    template = yaml.load((ROOT / "template.yaml").read_text(), Loader=_TemplateLoader)
    found: dict[str, Any] = template["Resources"]["WebHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    return found
