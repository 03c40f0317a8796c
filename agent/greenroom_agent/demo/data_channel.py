"""Encodes and decodes the messages of Epic's data channel protocol, which browser and streamer exchange.

Each message is an id byte, then little-endian fields. From the browser, a string is its length (uint16, in UTF-16
units) and then UTF-16LE. From the streamer, text is UTF-16LE without a length.
Source: Epic's Pixel Streaming reference, "Protocol" (1.3.0).
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass

TO_STREAMER: dict[str, tuple[int, list[str]]] = {
    "IFrameRequest": (0, []),
    "RequestQualityControl": (1, []),
    "FpsRequest": (2, []),
    "AverageBitrateRequest": (3, []),
    "StartStreaming": (4, []),
    "StopStreaming": (5, []),
    "LatencyTest": (6, ["string"]),
    "RequestInitialSettings": (7, []),
    "TestEcho": (8, []),
    "UIInteraction": (50, ["string"]),
    "Command": (51, ["string"]),
    "TextboxEntry": (52, ["string"]),
    "KeyDown": (60, ["uint8", "uint8"]),
    "KeyUp": (61, ["uint8"]),
    "KeyPress": (62, ["uint16"]),
    "MouseEnter": (70, []),
    "MouseLeave": (71, []),
    "MouseDown": (72, ["uint8", "uint16", "uint16"]),
    "MouseUp": (73, ["uint8", "uint16", "uint16"]),
    "MouseMove": (74, ["uint16", "uint16", "int16", "int16"]),
    "MouseWheel": (75, ["int16", "uint16", "uint16"]),
    "MouseDouble": (76, ["uint8", "uint16", "uint16"]),
    "TouchStart": (80, ["uint8", "uint16", "uint16", "uint8", "uint8", "uint8"]),
    "TouchEnd": (81, ["uint8", "uint16", "uint16", "uint8", "uint8", "uint8"]),
    "TouchMove": (82, ["uint8", "uint16", "uint16", "uint8", "uint8", "uint8"]),
    "GamepadButtonPressed": (90, ["uint8", "uint8", "uint8"]),
    "GamepadButtonReleased": (91, ["uint8", "uint8", "uint8"]),
    "GamepadAnalog": (92, ["uint8", "uint8", "double"]),
    "GamepadConnected": (93, []),
    "GamepadDisconnected": (94, ["uint8"]),
}
FROM_STREAMER: dict[str, int] = {
    "QualityControlOwnership": 0,
    "Response": 1,
    "Command": 2,
    "FreezeFrame": 3,
    "UnfreezeFrame": 4,
    "VideoEncoderAvgQP": 5,
    "LatencyTest": 6,
    "InitialSettings": 7,
    "FileExtension": 8,
    "FileMimeType": 9,
    "FileContents": 10,
    "TestEcho": 11,
    "InputControlOwnership": 12,
    "GamepadResponse": 13,
    "Protocol": 255,
}

Value = int | float | str

_BY_ID = {number: (name, fields) for name, (number, fields) in TO_STREAMER.items()}
_FORMATS = {"uint8": "<B", "uint16": "<H", "int16": "<h", "double": "<d"}


class MalformedInput(ValueError):
    """Raised for bytes from the browser that are not a message of the protocol."""


@dataclass(frozen=True, slots=True)
class Input:
    """A message from the browser. `values` are in the order that TO_STREAMER defines."""

    name: str
    values: tuple[Value, ...] = ()

    def number(self, index: int) -> float:
        """Returns the value at position `index`, which the protocol must define as a number."""
        value = self.values[index]
        assert not isinstance(value, str)
        return value


def decode_input(data: bytes) -> Input:
    """Parses one message from the browser to the streamer. Raises: MalformedInput."""
    if not data or data[0] not in _BY_ID:
        raise MalformedInput(f"unknown message {data[:1].hex()}")
    name, fields = _BY_ID[data[0]]
    offset = 1
    values: list[Value] = []
    try:
        for field in fields:
            if field == "string":
                (length,) = struct.unpack_from("<H", data, offset)
                offset += 2 + 2 * length
                values.append(_text(data[offset - 2 * length : offset], length))
            else:
                values.append(struct.unpack_from(_FORMATS[field], data, offset)[0])
                offset += struct.calcsize(_FORMATS[field])
    except struct.error as error:
        raise MalformedInput(f"{name} is too short") from error
    return Input(name, tuple(values))


def encode_input(message: Input) -> bytes:
    """Encodes a message from the browser to the streamer. Only the tests, which simulate a browser, need this."""
    number, fields = TO_STREAMER[message.name]
    data = bytes([number])
    for field, value in zip(fields, message.values, strict=True):
        if isinstance(value, str):
            encoded = value.encode("utf-16-le")
            data += struct.pack("<H", len(encoded) // 2) + encoded
        else:
            data += struct.pack(_FORMATS[field], value)
    return data


def encode_text(name: str, text: str) -> bytes:
    """Encodes a text as a message from the streamer to the browser. `name`: a key of FROM_STREAMER."""
    return bytes([FROM_STREAMER[name]]) + text.encode("utf-16-le")


def encode_flag(name: str, *, is_on: bool) -> bytes:
    """Encodes yes or no as a message from the streamer to the browser. `name`: a key of FROM_STREAMER."""
    return bytes([FROM_STREAMER[name], int(is_on)])


def protocol_descriptions() -> Iterator[bytes]:
    """Encodes the two Protocol messages, which tell the browser which messages the streamer understands and sends."""
    to_streamer = {name: {"id": number, "structure": fields} for name, (number, fields) in TO_STREAMER.items()}
    yield encode_text("Protocol", json.dumps({"Direction": 0, **to_streamer}))
    said = {name: {"id": number, "structure": []} for name, number in FROM_STREAMER.items() if name != "Protocol"}
    yield encode_text("Protocol", json.dumps({"Direction": 1, **said}))


def _text(raw: bytes, length: int) -> str:
    if len(raw) != 2 * length:
        raise MalformedInput("a string is too short")
    try:
        return raw.decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise MalformedInput("a string is no UTF-16") from error
