"""Runs several awaitables at the same time until one of them finishes."""

import asyncio
from collections.abc import Awaitable


async def first_done(*steps: Awaitable[object]) -> None:
    """Waits until the first awaitable is done, then cancels the others. Raises the error of the first if it failed."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
