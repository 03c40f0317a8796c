"""What an instance's user data would have written to `/etc/greenroom/agent.env`, read without running it."""

from __future__ import annotations

import base64
import re

AGENT_ENVIRONMENT_FILE = "/etc/greenroom/agent.env"

_HEREDOC = re.compile(
    r"cat\s*>\s*"
    + re.escape(AGENT_ENVIRONMENT_FILE)
    + r"\s*<<-?\s*['\"]?(?P<end>\w+)['\"]?\s*\n(?P<body>.*?)\n\s*(?P=end)\s*$",
    re.DOTALL | re.MULTILINE,
)


class NoAgentEnvironment(Exception):
    """The user data does not write the agent's environment: the machine would boot without an agent."""


def agent_environment(user_data: str) -> dict[str, str]:
    """The variables of the agent's environment file, from the (base64) user data of a launch template.

    Raises: NoAgentEnvironment.
    """
    script = base64.b64decode(user_data).decode() if not user_data.startswith("#") else user_data
    found = _HEREDOC.search(script)
    if found is None:
        raise NoAgentEnvironment(f"the user data does not write {AGENT_ENVIRONMENT_FILE}")
    variables = {}
    for line in found["body"].splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            variables[name] = value.strip().strip("\"'")
    return variables
