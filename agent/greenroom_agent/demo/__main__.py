"""`python -m greenroom_agent.demo --url ws://127.0.0.1:<port>`: runs the demo streamer of one slot."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from greenroom_agent.demo.media_loop import MediaPortLoop, bind_media_to_loopback, notice_lost_peers_quickly
from greenroom_agent.demo.player import Player
from greenroom_agent.demo.scene import Scene
from greenroom_agent.demo.streamer import Streamer
from greenroom_agent.demo.video_encoder import has_h264, use_quick_encoders


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Parses the demo's command line. Unknown options are ignored, so that a command may contain others."""
    parser = argparse.ArgumentParser(prog="greenroom_agent.demo", description="The demo streamer of one slot.")
    parser.add_argument("--url", "--streamer-url", required=True, help="the slot's streamer endpoint")
    parser.add_argument("--id", default="greenroom-demo", help="the streamer's name")
    parser.add_argument("--title", default="GREENROOM", help="the words in the picture")
    parser.add_argument("--size", type=_pair("x"), default=(640, 360), help="width x height, both even")
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--bitrate", type=int, default=2_000_000, help="bits per second")
    parser.add_argument("--codec", choices=("auto", "h264", "vp8"), default="auto", help="the first choice")
    parser.add_argument("--media-ports", type=_pair("-"), default=(49152, 65535), help="first-last UDP port")
    parser.add_argument("--loopback", action="store_true", help="media on 127.0.0.1 only")
    return parser.parse_known_args(arguments)[0]


async def stream(options: argparse.Namespace) -> None:
    """Streams the scene until the connection to the agent ends or SIGTERM arrives."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    notice_lost_peers_quickly()
    if options.loopback:
        bind_media_to_loopback()
    use_quick_encoders(options.bitrate)
    is_h264 = options.codec == "h264" or (options.codec == "auto" and has_h264())
    codecs = ("video/H264", "video/VP8") if is_h264 else ("video/VP8",)
    width, height = options.size
    scene = Scene(width, height, title=options.title, fps=options.fps)

    def make_player(
        ice_servers: list[Mapping[str, Any]], on_peer: Callable[[str], None], on_input: Callable[[], None]
    ) -> Player:
        return Player(scene, options.fps, codecs, ice_servers, on_peer, on_input)

    await Streamer(options.id, scene, make_player).serve(options.url)


def main(arguments: Sequence[str]) -> int:
    """Runs the demo streamer. Returns the exit code for the process: 0 after SIGTERM, 1 if it cannot connect."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    options = parse_arguments(arguments)
    try:
        with asyncio.Runner(loop_factory=lambda: MediaPortLoop(*options.media_ports)) as runner:
            runner.run(stream(options))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return 0
    except aiohttp.ClientError as error:
        logging.error("the streamer endpoint is closed: %s", type(error).__name__)
        return 1
    return 0


def _pair(separator: str) -> Callable[[str], tuple[int, int]]:
    def parse(text: str) -> tuple[int, int]:
        first, second = text.split(separator)
        return int(first), int(second)

    return parse


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
