"""Candidates, ports, leases, commands, folders: the pure parts of the agent."""

import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from greenroom.domain.pool import unreal_command as domain_unreal_command
from greenroom_agent.backoff import full_jitter_s
from greenroom_agent.channel.candidate_repetition import repeat_candidate, repeat_in_message, repeat_in_sdp
from greenroom_agent.control_plane.api_messages import (
    MalformedAnswer,
    SlotState,
    parse_join,
    parse_registration,
    parse_slot_truth,
)
from greenroom_agent.control_plane.lease import Lease
from greenroom_agent.instance.dead_man import booted_at, count_from_boot
from greenroom_agent.media_ports import MediaPorts, ports_of_slot
from greenroom_agent.runner import unreal_command
from greenroom_agent.runner.application_command import SlotPlace, application_command, application_environment
from greenroom_agent.runner.work_folder import empty_folder, remove_leftovers
from greenroom_agent.settings import MissingSetting, Settings
from hypothesis import given
from hypothesis import strategies as st

HOST = "candidate:1 1 udp 2130706431 10.0.0.9 50000 typ host generation 0"
PUBLIC = "203.0.113.7"
PLACE = SlotPlace(2, "ws://127.0.0.1:8889", MediaPorts(50500, 50999), Path("/w/slot-2"), "mark")


@pytest.mark.parametrize(
    ("candidate", "desc"),
    [
        ("candidate:1 1 udp 1 203.0.113.9 5 typ host", "public already"),
        ("candidate:1 1 udp 1 127.0.0.1 5 typ host", "loopback is nowhere else"),
        ("candidate:1 1 tcp 1 10.0.0.9 9 typ host tcptype active", "only UDP ports are open"),
        ("candidate:1 1 udp 1 10.0.0.9 5 typ srflx raddr 10.0.0.9 rport 5", "not a host candidate"),
        ("candidate:1 1 udp 1 1f3c.local 5 typ host", "an mDNS name"),
        ("candidate:1 1 udp 1 fd00::1 5 typ host", "IPv6 is not translated"),
        ("candidate:1 1 udp x 10.0.0.9 5 typ host", "no priority"),
        ("", "the end of candidates"),
    ],
)
def test_only_private_udp_host_candidates_get_a_public_twin(candidate: str, desc: str) -> None:
    assert repeat_candidate(candidate, PUBLIC) is None


def test_the_twin_has_the_public_address_and_the_same_port() -> None:
    twin = repeat_candidate(HOST, PUBLIC)
    assert twin == "candidate:1p 1 udp 2130706430 203.0.113.7 50000 typ host generation 0"
    assert repeat_candidate(HOST, None) is None


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_an_offer_gets_the_twin_beside_its_original(end: str) -> None:
    sdp = end.join(["v=0", "m=video 9 UDP/TLS/RTP/SAVPF 96", f"a={HOST}", "a=end-of-candidates", ""])
    widened = repeat_in_sdp(sdp, PUBLIC)
    assert widened.split(end)[2:5] == [f"a={HOST}", f"a={repeat_candidate(HOST, PUBLIC)}", "a=end-of-candidates"]
    assert repeat_in_sdp(sdp, None) == sdp


def test_a_trickled_candidate_becomes_two_messages() -> None:
    message = {"type": "iceCandidate", "playerId": "1", "candidate": {"candidate": HOST, "sdpMid": "0"}}
    first, second = repeat_in_message(message, PUBLIC)
    assert first == message
    assert second["candidate"] == {"candidate": repeat_candidate(HOST, PUBLIC), "sdpMid": "0"}
    assert repeat_in_message({"type": "iceCandidate", "candidate": None}, PUBLIC) == [
        {"type": "iceCandidate", "candidate": None}
    ]


@given(st.integers(1, 64), st.integers(64, 2000))
def test_slots_never_share_a_media_port(slot_count: int, size: int) -> None:
    whole = MediaPorts(50000, 50000 + size - 1)
    parts = [ports_of_slot(whole, slot_count, number) for number in range(1, slot_count + 1)]
    ports = [port for part in parts for port in range(part.first, part.last + 1)]
    assert len(ports) == len(set(ports))
    assert all(whole.first <= port <= whole.last for port in ports)


def test_a_range_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        ports_of_slot(MediaPorts(1, 2), 3, 1)


def test_the_lease_runs_from_when_the_accepted_heartbeat_was_sent() -> None:
    lease = Lease(45, 100)
    assert not lease.is_expired(144.9)
    assert lease.is_expired(145)
    lease.renew(140, 45)
    lease.renew(120, 45)  # an older answer that was slow
    assert lease.remaining_s(150) == 35


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_pause_never_exceeds_its_limit(attempt: int, luck: float) -> None:
    assert 0 <= full_jitter_s(attempt, 0.5, 15, luck) <= 15


ENDPOINT = "-PixelStreamingURL=ws://127.0.0.1:8889"
PORTS = ["-PixelStreamingWebRTCMinPort=50500", "-PixelStreamingWebRTCMaxPort=50999"]


@pytest.mark.parametrize(
    ("words", "expected", "desc"),
    [
        (["-RenderOffScreen"], ["-RenderOffScreen", ENDPOINT, *PORTS], "nothing named"),
        (["-PixelStreamingURL={streamerUrl}/x"], [f"{ENDPOINT}/x", *PORTS], "the endpoint as a placeholder"),
        (["-pixelstreamingurl={streamerUrl}"], ["-pixelstreamingurl=ws://127.0.0.1:8889", *PORTS], "in small letters"),
        (
            ["-PixelStreamingConnectionURL={streamerUrl}"],
            ["-PixelStreamingConnectionURL=ws://127.0.0.1:8889", *PORTS],
            "Pixel Streaming 2 since 5.6",
        ),
        (
            ["-PixelStreamingSignallingURL={streamerUrl}"],
            ["-PixelStreamingSignallingURL=ws://127.0.0.1:8889", *PORTS],
            "Pixel Streaming 2 of 5.5",
        ),
        (["-PixelStreamingURL=ws://127.0.0.1:8888"], [ENDPOINT, *PORTS], "the endpoint of slot 1"),
        (['-PixelStreamingURL="wss://elsewhere:1/x"'], [ENDPOINT, *PORTS], "somebody else's server"),
        (
            ["-PixelStreamingIP=127.0.0.1", "-PixelStreamingPort=8888"],
            ["-PixelStreamingIP=127.0.0.1", "-PixelStreamingPort=8889", *PORTS],
            "in the old way",
        ),
        (["-PixelStreamingIP=10.0.0.1"], ["-PixelStreamingIP=127.0.0.1", ENDPOINT, *PORTS], "half of the old way"),
        (
            ["-PixelStreamingWebRTCMinPort={mediaPortFirst}", "-PIXELSTREAMINGWEBRTCMAXPORT={mediaPortLast}"],
            [PORTS[0], "-PIXELSTREAMINGWEBRTCMAXPORT=50999", ENDPOINT],
            "the ports as placeholders",
        ),
        (
            ["-pixelStreamingWebRTCMinPort=49152", "-PixelStreamingWebRTCMaxPort=65535"],
            ["-pixelStreamingWebRTCMinPort=50500", PORTS[1], ENDPOINT],
            "ports that are shut",
        ),
        (["-PixelStreamingWebRTCMaxPort=65535"], [PORTS[1], ENDPOINT, PORTS[0]], "one of the ports"),
        (
            ["-c", "exec /g -PixelStreamingURL=ws://127.0.0.1:8888 -PixelStreamingWebRTCMinPort=1 -ResX=9"],
            ["-c", f"exec /g {ENDPOINT} {PORTS[0]} -ResX=9", PORTS[1]],
            "inside a line for a shell",
        ),
        (["-MyPixelStreamingURL=x"], ["-MyPixelStreamingURL=x", ENDPOINT, *PORTS], "an option of somebody else"),
    ],
)
def test_unreal_has_the_endpoint_and_the_ports_of_its_slot_once_however_they_are_named(
    words: list[str], expected: list[str], desc: str
) -> None:
    assert application_command("unreal", ["/game/Run.sh", *words], PLACE, is_loopback=True) == [
        "/game/Run.sh",
        *expected,
    ]


def test_the_control_plane_refuses_just_what_the_agent_would_replace() -> None:
    assert dict(domain_unreal_command.PLACEHOLDERS) == dict(unreal_command.PLACEHOLDERS)


def test_the_security_group_opens_the_range_that_the_agent_divides() -> None:
    template = (Path(__file__).parents[3] / "template.yaml").read_text()
    first, last = re.findall(r"GREENROOM_MEDIA_PORT_(?:FIRST|LAST)=(\d+)", template)
    assert f"IpProtocol: udp, FromPort: {first}, ToPort: {last}," in template


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_media_ports_of_unreal_are_inside_the_range_that_is_open(number: int) -> None:
    whole = MediaPorts(50000, 50999)
    place = replace(PLACE, number=number, media_ports=ports_of_slot(whole, 4, number))
    *_, least, most = application_command("unreal", ["/g"], place, is_loopback=False)
    first, last = (int(word.split("=")[1]) for word in (least, most))
    assert (first, last) == (50000 + 250 * (number - 1), 50249 + 250 * (number - 1))


def test_placeholders_are_filled() -> None:
    words = ["/g", "-n={slotNumber}", "-p={mediaPortFirst}:{mediaPortLast}", "{workDir}"]
    filled = application_command("unreal", words, PLACE, is_loopback=False)
    assert filled == ["/g", "-n=2", "-p=50500:50999", "/w/slot-2", ENDPOINT, *PORTS]


def test_the_demo_runs_on_the_agents_own_interpreter() -> None:
    words = ["python", "-m", "greenroom_agent.demo", "--url", "{streamerUrl}"]
    expected = [sys.executable, *words[1:4], PLACE.streamer_url, "--media-ports", "50500-50999", "--loopback"]
    assert application_command("demo", words, PLACE, is_loopback=True) == expected
    assert application_command("demo", [], PLACE, is_loopback=True) == expected
    null = application_command("null", [], PLACE, is_loopback=True)
    assert null[1:] == ["-S", "-m", "greenroom_agent.runner.null_application", "--url", PLACE.streamer_url]


def test_the_application_gets_nothing_of_the_agents() -> None:
    own = {
        "PATH": "/bin",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": "x",
        "GREENROOM_API_URL": "x",
        "PYTHONPATH": "/opt/python",
        "HOME": "/root",
    }
    assert application_environment("unreal", own, PLACE) == {
        "PATH": "/bin",
        "HOME": "/w/slot-2",
        "TMPDIR": "/w/slot-2",
        "GREENROOM_SLOT_MARK": "mark",
    }
    assert application_environment("demo", own, PLACE)["PYTHONPATH"].endswith(":/opt/python")


def test_a_folder_is_emptied_and_links_are_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    folder = tmp_path / "slot"
    (folder / "deep").mkdir(parents=True)
    (folder / "link").symlink_to(kept)
    empty_folder(folder, None)
    assert list(folder.iterdir()) == []
    assert (kept / "file").exists()
    folder.rmdir()
    folder.symlink_to(kept)
    empty_folder(folder, None)
    assert not folder.is_symlink()
    assert (kept / "file").exists()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_an_earlier_boot_leaves_nothing_whatever_slots_it_had(tmp_path: Path) -> None:
    work, kept = tmp_path / "work", tmp_path / "kept"
    remove_leftovers(work)
    assert list(work.iterdir()) == []
    (work / "slot-7" / "saved").mkdir(parents=True)
    (work / "slot-7.log").touch()
    kept.mkdir()
    (kept / "file").touch()
    (work / "slot-1").symlink_to(kept)
    (work / "not-ours").touch()
    remove_leftovers(work)
    assert [left.name for left in work.iterdir()] == ["not-ours"]
    assert (kept / "file").exists()


def test_a_machine_that_was_stopped_for_a_day_is_not_a_day_silent(tmp_path: Path) -> None:
    file, booted_at_s = tmp_path / "state" / "last-heartbeat", 2_000_000.0
    count_from_boot(file, booted_at_s)
    assert file.stat().st_mtime == booted_at_s
    os.utime(file, (0, 1_900_000))
    count_from_boot(file, booted_at_s)
    assert file.stat().st_mtime == booted_at_s
    os.utime(file, (0, 2_000_600))
    count_from_boot(file, booted_at_s)
    assert file.stat().st_mtime == 2_000_600, "an agent that starts again does not feed the timer"
    count_from_boot(None, booted_at_s)
    assert 0 < booted_at() < time.time()


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(MissingSetting, match="GREENROOM_WORK_DIR"):
        Settings.from_env({"GREENROOM_API_URL": "http://x/", "AWS_REGION": "us-east-1"})


def test_settings_have_defaults_and_hide_the_environment() -> None:
    settings = Settings.from_env(
        {
            "GREENROOM_API_URL": "http://x/api/",
            "AWS_REGION": "us-east-1",
            "GREENROOM_WORK_DIR": "/w",
            "AWS_SECRET_ACCESS_KEY": "hidden",
        }
    )
    assert settings.api_url == "http://x/api"
    assert settings.streamer_port_first == 8888
    assert settings.metadata_endpoint == "http://169.254.169.254"
    assert "hidden" not in repr(settings)


def test_answers_against_the_contract_are_refused() -> None:
    with pytest.raises(MalformedAnswer, match="epoch"):
        parse_slot_truth({"slotId": "i-1.1", "epoch": "4"})
    with pytest.raises(MalformedAnswer, match="Dancing"):
        parse_slot_truth({"slotId": "i-1.1", "epoch": 4, "state": "Dancing"})
    with pytest.raises(MalformedAnswer, match="joinNumber"):
        parse_join({"slotId": "i-1.1", "sessionId": "ses-1", "epoch": 1, "joinNumber": True})
    with pytest.raises(MalformedAnswer, match="application"):
        parse_registration({"instanceId": "i-1", "heartbeat_s": 15, "lease_s": 45})
    assert parse_slot_truth({"slotId": "i-1.1", "epoch": 4, "state": "Free", "sessionId": None}).state is SlotState.FREE
