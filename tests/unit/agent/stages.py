"""Stages for tests, and what is said to them: the truth of the control plane, joins of pages."""

from greenroom_agent.control_plane.api_messages import Join, SlotState, SlotTruth
from greenroom_agent.control_plane.report import Report
from greenroom_agent.slot.stage import Stage
from greenroom_agent.slot.stage_actions import ConnectPlayer

SLOT = "i-1.1"


def truth(epoch: int, state: SlotState, session_id: str | None = None) -> SlotTruth:
    return SlotTruth(SLOT, epoch, state, session_id)


def join(epoch: int, number: int, session_id: str | None = None) -> Join:
    return Join(SLOT, session_id or f"ses-{epoch}", epoch, number)


def ready_stage() -> Stage:
    stage = Stage(SLOT, 0)
    assert stage.application_ready() == [Report("ready", 0, None, 0)]
    stage.observe(truth(0, SlotState.FREE))
    return stage


def playing_stage() -> Stage:
    stage = ready_stage()
    stage.observe(truth(1, SlotState.RESERVED, "ses-1"))
    assert stage.join(join(1, 1)) == [ConnectPlayer(1)]
    assert stage.peer_connected(1) == [Report("connected", 1, "ses-1", 1)]
    return stage
