"""`python -m greenroom_agent`: runs the agent until SIGTERM or SIGINT, or until a newer agent has registered."""

import asyncio
import logging
import signal
import sys
from collections.abc import Iterable

from greenroom_agent.agent import Agent
from greenroom_agent.control_plane.control_plane import Outdated
from greenroom_agent.settings import MissingSetting, Settings

log = logging.getLogger("greenroom_agent")

STOPPED = 0
FAILED = 1
MISCONFIGURED = 2
OUTDATED = 3


async def run(settings: Settings) -> int:
    """Runs the agent until it is signalled or fails. Returns the exit code for the process."""
    agent = asyncio.create_task(Agent(settings).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.cancel)
    try:
        await agent
    except asyncio.CancelledError:
        return STOPPED
    except Outdated:
        return OUTDATED
    except BaseExceptionGroup as group:
        causes = list(_leaves(group))
        if all(isinstance(cause, Outdated) for cause in causes):
            log.error("a newer agent has this instance")
            return OUTDATED
        for cause in causes:
            log.error("ended by %r", cause, exc_info=cause)
        return FAILED
    return FAILED


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterable[BaseException]:
    for cause in group.exceptions:
        if isinstance(cause, BaseExceptionGroup):
            yield from _leaves(cause)
        else:
            yield cause


def main() -> int:
    """Reads the settings from the environment and runs the agent. Returns the exit code for the process."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        settings = Settings.from_env()
    except MissingSetting as error:
        log.error("missing setting %s", error)
        return MISCONFIGURED
    return asyncio.run(run(settings))


if __name__ == "__main__":
    sys.exit(main())
