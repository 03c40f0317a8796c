"""The platform in a thread of its own, for programs whose event loops come and go (tests)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from greenroom_lab.local_file import LocalPlatform
from greenroom_lab.platform.platform import Platform

Answer = TypeVar("Answer")


class PlatformThread:
    """Start, use `platform` (thread-safe parts) or `call` its coroutines, stop."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._loop = asyncio.new_event_loop()
        # Not a daemon's work: children die with the thread that started them, so it lives until `stop`.
        self._thread = threading.Thread(target=self._loop.run_forever, name="platform", daemon=True)

    def start(self) -> LocalPlatform:
        """Raises: what Platform.start raises."""
        self._thread.start()
        try:
            return self.call(self.platform.start())
        except BaseException:
            self._end_loop()
            raise

    def call(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Run a coroutine where the platform lives, and wait for it."""
        return self.begin(work).result()

    def begin(self, work: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        """Run a coroutine where the platform lives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        self.call(self.platform.stop())
        self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
