"""Builds the command line and the environment of a slot's application."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from greenroom_agent.media_ports import MediaPorts
from greenroom_agent.runner.unreal_command import with_own_endpoint_and_ports

# The variables that the application gets: what a program needs to find its libraries, its language and the GPU. No AWS
# variable, no credential and no metadata endpoint of the agent is passed on.
PASSED_ON = (
    "PATH", "LANG", "LC_ALL", "TZ", "DISPLAY", "XDG_RUNTIME_DIR", "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES",
    "VK_ICD_FILENAMES", "VK_DRIVER_FILES",
)  # fmt: skip
SLOT_MARK = "GREENROOM_SLOT_MARK"

OWN_MODULES = {"demo": "greenroom_agent.demo", "null": "greenroom_agent.runner.null_application"}
# The null application needs no installed packages; not looking for them halves its start time.
INTERPRETER_OPTIONS = {"demo": [], "null": ["-S"]}


@dataclass(frozen=True, slots=True)
class SlotPlace:
    """What differs between the slots of an instance: number, address of the streamer endpoint, ports and folder.

    `mark`: a text that is unique for each slot and each run of the agent; it identifies the slot's processes.
    """

    number: int
    streamer_url: str
    media_ports: MediaPorts
    work_dir: Path
    mark: str


def application_command(kind: str, command: Sequence[str], place: SlotPlace, *, is_loopback: bool) -> list[str]:
    """Returns the command that starts the application in this slot.

    `kind`: unreal, demo or null. If `command` is empty, the demo streamer or the null application is started. For kind
    `unreal`, the address of the slot's streamer endpoint and the slot's media ports are put in, whatever the command
    says. For kinds `demo` and `null`, `python` means the agent's own interpreter. `is_loopback`: media on 127.0.0.1
    only.
    """
    words = list(command) or _own_command(kind)
    if kind in OWN_MODULES:
        if words[0] in ("python", "python3"):
            words[:1] = [sys.executable, *INTERPRETER_OPTIONS[kind]]
        if not any("{streamerUrl}" in word for word in words):
            words += ["--url", "{streamerUrl}"]
    else:
        words = with_own_endpoint_and_ports(words)
    if kind == "demo":
        if not any("{mediaPortFirst}" in word for word in words):
            words += ["--media-ports", "{mediaPortFirst}-{mediaPortLast}"]
        if is_loopback and "--loopback" not in words:
            words.append("--loopback")
    return [_fill(word, place) for word in words]


def application_environment(kind: str, own: Mapping[str, str], place: SlotPlace) -> dict[str, str]:
    """Returns the environment variables for the application. `own`: the agent's environment.

    Only the variables of PASSED_ON are taken from `own`. HOME and TMPDIR become the slot's folder.
    """
    environment = {name: own[name] for name in PASSED_ON if name in own}
    environment |= {"HOME": str(place.work_dir), "TMPDIR": str(place.work_dir), SLOT_MARK: place.mark}
    if kind in OWN_MODULES:
        package_root = str(Path(__file__).resolve().parents[2])
        paths = [package_root, *own.get("PYTHONPATH", "").split(":")]
        environment |= {"PYTHONPATH": ":".join(dict.fromkeys(filter(None, paths))), "PYTHONDONTWRITEBYTECODE": "1"}
    return environment


def _own_command(kind: str) -> list[str]:
    if kind not in OWN_MODULES:
        raise ValueError(f"an application of kind {kind} needs a command")
    return ["python", "-m", OWN_MODULES[kind]]


def _fill(word: str, place: SlotPlace) -> str:
    address, _, port = place.streamer_url.removeprefix("ws://").partition(":")
    values = {
        "{streamerUrl}": place.streamer_url,
        "{streamerHost}": address,
        "{streamerPort}": port,
        "{slotNumber}": str(place.number),
        "{mediaPortFirst}": str(place.media_ports.first),
        "{mediaPortLast}": str(place.media_ports.last),
        "{workDir}": str(place.work_dir),
    }
    for name, value in values.items():
        word = word.replace(name, value)
    return word
