"""The viewer's end of a reliable channel is the agent's: each is shipped alone, so each has the same four modules."""

from __future__ import annotations

import pytest
from greenroom_cli.toolchain.paths import ROOT

AGENT = ROOT / "agent" / "greenroom_agent" / "channel"
VIEWER = ROOT / "layers" / "viewer" / "greenroom_viewer"


@pytest.mark.parametrize("name", ["frame_pieces", "reliable_channel", "reliable_receiver", "reliable_sender"])
def test_both_have_the_same_code(name: str) -> None:
    """The agent's tests state what it does. After a change there: copy the module, with its imports renamed."""
    ours = (VIEWER / f"{name}.py").read_text()
    assert ours == (AGENT / f"{name}.py").read_text().replace("greenroom_agent.channel", "greenroom_viewer")
