"""A UDP listener where the X-Ray daemon would be: every segment that leaves a function, in memory."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

Segment = dict[str, Any]
_LONGEST_DATAGRAM = 65_536


class TraceSink:
    """Listens from the moment it is made until `close`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.segments: list[Segment] = []
        threading.Thread(target=self._listen, name="trace sink", daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def of_function(self, name: str, since: float = 0.0) -> list[Segment]:
        """The segments that Lambda writes for functions whose name ends so, begun after epoch second `since`."""
        return [
            segment
            for segment in list(self.segments)
            if segment.get("origin") == "AWS::Lambda::Function"
            and str(segment.get("name", "")).endswith(name)
            and segment["start_time"] >= since
        ]

    def most_at_once(self, name: str, since: float) -> int:
        """The largest number of invocations of one function that ran at the same time."""
        edges = [(segment["start_time"], 1) for segment in self.of_function(name, since)]
        edges += [(segment["end_time"], -1) for segment in self.of_function(name, since)]
        most = now = 0
        for _, change in sorted(edges):
            now += change
            most = max(most, now)
        return most

    def subsegments(self, since: float = 0.0) -> list[Segment]:
        """Everything a function itself wrote, flattened: its handler, and each call of an AWS service."""
        found: list[Segment] = []
        waiting = [segment for segment in list(self.segments) if segment.get("start_time", 0) >= since]
        while waiting:
            segment = waiting.pop()
            found.append(segment)
            waiting.extend(child for child in segment.get("subsegments", []) if isinstance(child, dict))
        return found

    def _listen(self) -> None:
        while True:
            try:
                datagram = self._socket.recv(_LONGEST_DATAGRAM)
            except OSError:
                return
            _, _, body = datagram.partition(b"\n")
            if body:
                self.segments.append(json.loads(body))
