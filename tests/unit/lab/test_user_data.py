"""The agent's environment as the launch template would write it."""

from __future__ import annotations

import base64

import pytest
from greenroom_lab.ec2.user_data import NoAgentEnvironment, agent_environment

SCRIPT = """#!/bin/bash
cat > /usr/local/sbin/other <<'SCRIPT'
NOT=this
SCRIPT
cat > /etc/greenroom/agent.env <<ENV
# a comment
GREENROOM_API_URL=http://127.0.0.1:4566/_aws/execute-api/abc/api
AWS_REGION="us-east-1"
ENV
systemctl enable --now greenroom-agent.service
"""


def test_only_the_agents_file_counts() -> None:
    variables = agent_environment(base64.b64encode(SCRIPT.encode()).decode())
    assert variables == {
        "GREENROOM_API_URL": "http://127.0.0.1:4566/_aws/execute-api/abc/api",
        "AWS_REGION": "us-east-1",
    }


def test_user_data_without_an_agent_is_refused() -> None:
    with pytest.raises(NoAgentEnvironment):
        agent_environment(base64.b64encode(b"#!/bin/bash\necho hello\n").decode())
