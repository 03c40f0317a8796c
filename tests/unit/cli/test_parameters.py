"""What an operator gives as GREENROOM_PARAMETERS is what CloudFormation gets, or it is refused with a remedy."""

from __future__ import annotations

import pytest
from greenroom_cli.deployment.parameters import ParameterInvalid, read_parameters

ICE = '[{"urls": ["stun:a:1", "turn:b:2?transport=udp"], "username": "o\'neil"}]'


@pytest.mark.parametrize(
    ("desc", "words", "expected"),
    [
        ("nothing", "  ", {}),
        (
            "plain words",
            "VolumeSize=100 LambdaRuntime=python3.12",
            {"VolumeSize": "100", "LambdaRuntime": "python3.12"},
        ),
        ("JSON as it stands", f"IceServers={ICE} VolumeSize=9", {"IceServers": ICE, "VolumeSize": "9"}),
        ("JSON in quotes", """IceServers='[{"urls": "stun:a"}]'""", {"IceServers": '[{"urls": "stun:a"}]'}),
        (
            "spaces in quotes",
            "ExtraCallbackUrl='http://a b/' VolumeSize=8",
            {"ExtraCallbackUrl": "http://a b/", "VolumeSize": "8"},
        ),
        ("empty", "TurnUrls= VolumeSize=8", {"TurnUrls": "", "VolumeSize": "8"}),
        ("an address with =", "TurnUrls=turn:a?transport=udp,turns:b", {"TurnUrls": "turn:a?transport=udp,turns:b"}),
        ("a sharp is no comment", "WebUrl=https://a/#b", {"WebUrl": "https://a/#b"}),
    ],
)
def test_words_are_read_as_a_shell_reads_them(desc: str, words: str, expected: dict[str, str]) -> None:
    assert read_parameters(words) == expected, desc


@pytest.mark.parametrize(
    ("words", "name", "reason", "remedy"),
    [
        ("IceServers=[{", "IceServers", "not JSON", 'IceServers=[{"urls"'),
        ("IceServers='[{urls:[stun:a]}]'", "IceServers", "not JSON", 'IceServers=[{"urls"'),
        ('IceServers={"urls":"stun:a"}', "IceServers", "a JSON list", 'IceServers=[{"urls"'),
        ('IceServers=[{"url":"stun:a"}]', "IceServers", 'needs "urls"', 'IceServers=[{"urls"'),
        ("IceServers=[1]", "IceServers", 'needs "urls"', 'IceServers=[{"urls"'),
        ("LambdaRuntime=python3.11", "LambdaRuntime", "not allowed", "python3.12"),
        ("VolumeSise=8", "VolumeSise", "no such parameter", "VolumeSize"),
        ("WebUrl='http://a", "WebUrl", "No closing quotation", "not closed"),
        ("VolumeSize", "GREENROOM_PARAMETERS", "not Key=Value", "quotes"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_built(words: str, name: str, reason: str, remedy: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        read_parameters(words)
    told = str(refused.value)
    assert told.startswith(name)
    assert reason in told
    assert remedy in told
