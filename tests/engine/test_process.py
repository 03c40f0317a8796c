"""The engine as a process: it says what is wrong, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from greenroom_cli.deployment import sam
from greenroom_cli.toolchain import paths
from greenroom_lab.engine.process import EmbeddedAws, EngineFailed, EngineSettings

from tests.engine.conftest import eventually, free_port


def processes_naming(text: str) -> list[str]:
    """Command lines or environments of processes that mention `text`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if text.encode() in environment and entry.name != str(os.getpid()):
            found.append(entry.name)
    return found


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineFailed, match=f"port {port} on 127.0.0.1 is taken"):
            EmbeddedAws(EngineSettings(port=port)).start()


def test_a_mend_that_does_not_exist_stops_the_start(tmp_path: Path) -> None:
    settings = EngineSettings(port=free_port(), without=("no_such_mend",), log_file=tmp_path / "engine.log")
    engine = EmbeddedAws(settings)
    with pytest.raises(EngineFailed, match="no such mend: no_such_mend"):
        engine.start()
    assert not engine.running()


def test_a_stopped_engine_leaves_no_process_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    engine = EmbeddedAws(EngineSettings(port=free_port()))
    engine.start()
    assert processes_naming(str(tmp_path))
    engine.stop()
    engine.stop()
    assert processes_naming(str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_only_loopback_is_served(aws: Any) -> None:
    port = f"{aws.engine.settings.port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    assert [address for address in listening if address.endswith(f":{port}")] == [f"0100007F:{port}"]


def test_a_failed_sam_says_why(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {Broken: {Type: 'AWS::Serverless::Function'}}\n")
    with pytest.raises(sam.SamFailed, match="sam build failed"):
        sam.build(tmp_path, tmp_path / "build")


def test_sign_in_tokens_are_really_signed(aws: Any) -> None:
    from jose import jwk, jwt

    cognito = aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="keys")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="page", ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="alice", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="alice", Password="Passw0rd#1x", Permanent=True)
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": "Passw0rd#1x"},
    )["AuthenticationResult"]
    from tests.engine.conftest import http

    keys = http("GET", f"{aws.engine.endpoint_url}/{pool}/.well-known/jwks.json").body["keys"]
    wanted = jwt.get_unverified_header(answer["AccessToken"])["kid"]
    key = next(each for each in keys if each["kid"] == wanted)
    claims = jwt.decode(answer["AccessToken"], jwk.construct(key, "RS256"), algorithms=["RS256"])
    assert claims["token_use"] == "access"


def test_an_engine_whose_parent_was_killed_goes_too(tmp_path: Path) -> None:
    start = (
        "import time; from greenroom_lab.engine.process import *\n"
        f"EmbeddedAws(EngineSettings(port={free_port()})).start(); print('up', flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": f"{paths.ROOT}/lab:{paths.ROOT}/cli"}
    with subprocess.Popen([sys.executable, "-c", start], env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        parent.kill()
    eventually(lambda: not processes_naming(str(tmp_path)), within_s=5)
    assert list(tmp_path.iterdir()) == []
