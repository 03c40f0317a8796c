"""Runs several awaitables until the first one finishes."""

import asyncio
from collections.abc import Awaitable


async def first_done(*steps: Awaitable[object]) -> None:
    """Returns when the first awaitable is done, or raises its error. The others are cancelled and awaited."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
