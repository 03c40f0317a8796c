"""authorize_viewer against honest and hostile tokens: real RS256 signatures, no network."""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from greenroom.entry.session.access_token import Verifier
from greenroom.entry.session.key_set import REFETCH_AFTER_S, KeySet

ROOT = Path(__file__).parents[2]
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_TEST"
NOW = 1_800_000_000
SIGNER = rsa.generate_private_key(65537, 2048)
STRANGER = rsa.generate_private_key(65537, 2048)
SHORT = rsa.generate_private_key(65537, 1024)  # short on purpose


def handler_module() -> Any:
    path = ROOT / "functions/authorize_viewer/handler.py"
    spec = importlib.util.spec_from_file_location("authorize_viewer_handler", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def jwk(key: rsa.RSAPrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    whole = {"n": numbers.n, "e": numbers.e}
    parts = {name: b64(value.to_bytes((value.bit_length() + 7) // 8)) for name, value in whole.items()}
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, **parts, **more}


KEYS = [jwk(SIGNER, "good"), jwk(SHORT, "short"), jwk(SIGNER, "enc", use="enc"), jwk(SIGNER, "ps", alg="PS256")]


KEY_DOCUMENT = json.dumps({"keys": KEYS}).encode()


class KeyServer:
    """Answers with the keys, or whatever it was told to, and counts."""

    def __init__(self, body: bytes | Exception = KEY_DOCUMENT) -> None:
        self.body, self.calls = body, 0

    def __call__(self, url: str) -> bytes:
        self.calls += 1
        if isinstance(self.body, Exception):
            raise self.body
        return self.body


def claims(**changes: Any) -> dict[str, Any]:
    whole = {
        "sub": "7c1b0a5e-0000-4000-8000-000000000001",
        "iss": ISSUER,
        "client_id": "client-1",
        "token_use": "access",
        "scope": "openid",
        "cognito:groups": ["viewers", "tenant-demo"],
        "iat": NOW - 60,
        "exp": NOW + 3540,
        "origin_jti": "o",
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not ...}


def signed(payload: Any, header: Any = None, key: rsa.RSAPrivateKey = SIGNER) -> str:
    head = {"alg": "RS256", "kid": "good", "typ": "JWT"} if header is None else header
    parts = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in (head, payload)]
    body = ".".join(b64(part) for part in parts)
    return body + "." + b64(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))


def head(**changes: Any) -> dict[str, Any]:
    whole = {"alg": "RS256", "kid": "good", "typ": "JWT", **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def authorize(token: str | None, server: KeyServer | None = None) -> dict[str, Any]:
    verifier = Verifier(KeySet("https://keys", server or KeyServer()), ISSUER, ("client-1", "client-2"))
    headers = {} if token is None else {"authorization": token}
    answer: dict[str, Any] = handler_module().authorize_viewer({"headers": headers}, verifier, NOW)
    return answer


def test_an_honest_token_gives_viewer_tenant_and_groups() -> None:
    answer = authorize("Bearer " + signed(claims()))
    assert answer == {
        "isAuthorized": True,
        "context": {"viewerId": claims()["sub"], "tenantId": "demo", "groups": "viewers,tenant-demo"},
    }


def hmac_with_public_key() -> str:
    """The classic confusion: HS256 keyed with the public key's text."""
    import hmac

    pem = SIGNER.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = b64(json.dumps(head(alg="HS256")).encode()) + "." + b64(json.dumps(claims()).encode())
    return body + "." + b64(hmac.digest(pem, body.encode(), "sha256"))


def unsigned(header: Any) -> str:
    return b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims()).encode()) + "."


def tampered() -> str:
    first, _, last = signed(claims()).split(".")
    return ".".join([first, b64(json.dumps(claims(sub="someone-else")).encode()), last])


def spelled_twice() -> str:
    """The last character of the signature holds unused bits: another letter decodes to the same bytes."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = signed(claims())
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


DEEP = b'{"a":' * 3000 + b"1" + b"}" * 3000
HOSTILE = [
    ("the sample's famous token", "abcd"),
    ("empty", ""),
    ("two parts", "a.b"),
    ("four parts", signed(claims()) + ".x"),
    ("blanks inside", signed(claims()).replace(".", ". ", 1)),
    ("padding", signed(claims()).replace(".", "=.", 1)),
    ("not ASCII", signed(claims()) + "é"),
    ("too long", signed(claims(scope="x" * 9000))),
    ("another spelling of the signature", spelled_twice()),
    ("tampered payload", tampered()),
    ("signed by a stranger", signed(claims(), key=STRANGER)),
    ("signature cut off", signed(claims())[:-40]),
    ("alg none", unsigned(head(alg="none"))),
    ("alg None in capitals, signed", signed(claims(), head(alg="NONE"))),
    ("HS256 with the public key", hmac_with_public_key()),
    ("alg RS384", signed(claims(), head(alg="RS384"))),
    ("alg missing", signed(claims(), head(alg=...))),
    ("alg a list", signed(claims(), head(alg=["RS256"]))),
    ("unknown kid", signed(claims(), head(kid="other"))),
    ("missing kid", signed(claims(), head(kid=...))),
    ("kid a number", signed(claims(), head(kid=1))),
    ("crit", signed(claims(), head(crit=["exp"]))),
    ("jku", signed(claims(), head(jku="https://evil"))),
    ("embedded jwk", signed(claims(), head(jwk=jwk(STRANGER, "good")), STRANGER)),
    ("typ of another kind", signed(claims(), head(typ="at+jwt"))),
    ("short key", signed(claims(), head(kid="short"), SHORT)),
    ("encryption key", signed(claims(), head(kid="enc"))),
    ("key of another algorithm", signed(claims(), head(kid="ps"))),
    ("header not JSON", signed(claims(), b"{")),
    ("header an array", signed(claims(), [])),
    ("header nested 3,000 deep", signed(claims(), DEEP)),
    ("payload nested 3,000 deep", signed(DEEP)),
    ("payload an array", signed([])),
    ("doubled field", signed(json.dumps(claims()).encode()[:-1] + b', "sub": "other"}')),
    ("expired", signed(claims(exp=NOW - 1))),
    ("expires this very second", signed(claims(exp=NOW))),
    ("exp missing", signed(claims(exp=...))),
    ("exp a float", signed(claims(exp=NOW + 0.5))),
    ("exp a text", signed(claims(exp=str(NOW + 60)))),
    ("exp true", signed(claims(exp=True))),
    ("exp infinite", signed(json.dumps(claims(exp=0)).encode().replace(b'"exp": 0', b'"exp": Infinity'))),
    ("exp beyond a day", signed(claims(exp=NOW + 90_000))),
    ("iat missing", signed(claims(iat=...))),
    ("iat in the future", signed(claims(iat=NOW + 120))),
    ("nbf in the future", signed(claims(nbf=NOW + 120))),
    ("iss missing", signed(claims(iss=...))),
    ("another pool", signed(claims(iss=ISSUER + "2"))),
    ("iss a list", signed(claims(iss=[ISSUER]))),
    ("sub missing", signed(claims(sub=...))),
    ("sub empty", signed(claims(sub=""))),
    ("sub with a line break", signed(claims(sub="a\nb"))),
    ("a lone surrogate", signed(b'{"sub": "\\ud800"}')),
    ("an ID token", signed(claims(token_use="id", aud="client-1"))),
    ("token_use missing", signed(claims(token_use=...))),
    ("another client", signed(claims(client_id="client-3"))),
    ("client missing", signed(claims(client_id=...))),
    ("client a list", signed(claims(client_id=["client-1"]))),
    ("groups a text", signed(claims(**{"cognito:groups": "operators"}))),
    ("groups with a comma", signed(claims(**{"cognito:groups": ["tenant-a,operators"]}))),
    ("scope a list", signed(claims(scope=["openid"]))),
    ("no tenant", signed(claims(**{"cognito:groups": ["viewers"]}))),
    ("two tenants", signed(claims(**{"cognito:groups": ["tenant-a", "tenant-b"]}))),
    ("tenant without a name", signed(claims(**{"cognito:groups": ["tenant-"]}))),
]


@pytest.mark.parametrize("token", [token for _, token in HOSTILE], ids=[desc for desc, _ in HOSTILE])
def test_a_hostile_token_is_denied(token: str) -> None:
    assert authorize("Bearer " + token) == {"isAuthorized": False}


@pytest.mark.parametrize("value", [None, "", "Basic abc", "Bearer", signed(claims()), "Bearer a, Bearer b"])
def test_without_one_bearer_token_nobody_gets_in(value: str | None) -> None:
    assert authorize(value) == {"isAuthorized": False}


def test_unknown_key_ids_cause_one_fetch_in_ten_seconds() -> None:
    server = KeyServer()
    keys = KeySet("https://keys", server)
    assert keys.key("good", NOW - 1) is not None
    server.calls = 0
    for offset in range(50):
        assert keys.key(f"made-up-{offset}", NOW + offset / 10) is None
    assert server.calls == 0
    assert keys.key("made-up", NOW - 1 + REFETCH_AFTER_S) is None
    assert server.calls == 1
    assert keys.key("good", NOW + REFETCH_AFTER_S) is not None
    assert server.calls == 1


def test_without_any_keys_the_next_second_may_ask_again() -> None:
    server = KeyServer(OSError("slow"))
    keys = KeySet("https://keys", server)
    assert keys.key("good", NOW) is None
    server.body = KEY_DOCUMENT
    assert keys.key("good", NOW + 0.5) is None
    assert keys.key("good", NOW + 1) is not None
    assert server.calls == 2


@pytest.mark.parametrize("body", [OSError("down"), b"<html>", b"{}", b'{"keys": 3}', b'{"keys": [{}]}', b"\xff"])
def test_a_broken_key_server_leaves_the_old_keys_and_lets_nobody_new_in(body: bytes | Exception) -> None:
    server = KeyServer()
    keys = KeySet("https://keys", server)
    assert keys.key("good", NOW) is not None
    server.body = body
    assert keys.key("new", NOW + 60) is None
    assert keys.key("good", NOW + 60) is not None
    assert authorize("Bearer " + signed(claims()), KeyServer(body)) == {"isAuthorized": False}


def test_the_authorizer_fails_closed_when_its_settings_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USER_POOL_ISSUER", raising=False)

    class Context:
        function_name = "authorize_viewer"
        memory_limit_in_mb, invoked_function_arn, aws_request_id = 128, "arn:aws:lambda:x:1:function:f", "r"

    assert handler_module().handler({"headers": {}}, Context()) == {"isAuthorized": False}
