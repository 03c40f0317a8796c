"""The demo's scene as a WebRTC video track."""

import asyncio
import fractions

import av
import numpy as np
from aiortc import VideoStreamTrack

from greenroom_agent.demo.scene import Picture, Scene

CLOCK = 90_000


class SceneTrack(VideoStreamTrack):
    """A video track that draws the scene at a fixed rate. A computer that is too slow skips frames."""

    def __init__(self, scene: Scene, fps: int) -> None:
        super().__init__()
        self._scene = scene
        self._fps = fps
        self._began_s: float | None = None
        self._tick = 0

    async def recv(self) -> av.VideoFrame:
        """Waits until the next frame is due, then draws and returns the frame."""
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        if self._began_s is None:
            self._began_s = now_s
        self._tick = max(self._tick + 1, int((now_s - self._began_s) * self._fps))
        await asyncio.sleep(max(0.0, self._began_s + self._tick / self._fps - now_s))
        frame = to_frame(self._scene.render())
        frame.pts = self._tick * CLOCK // self._fps
        frame.time_base = fractions.Fraction(1, CLOCK)
        return frame


def to_frame(picture: Picture) -> av.VideoFrame:
    """Converts the picture to a yuv420p video frame of PyAV."""
    height, width = picture.luma.shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, pixels in zip(frame.planes, (picture.luma, picture.u, picture.v), strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
        rows[: pixels.shape[0], : pixels.shape[1]] = pixels
    return frame
