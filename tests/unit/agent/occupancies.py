"""Occupancies for tests, and what is said to them: the truth of the control plane, joins of pages."""

from greenroom_agent.control_plane.api_messages import Join, SlotState, SlotTruth
from greenroom_agent.control_plane.report import Report
from greenroom_agent.slot.occupancy import Occupancy
from greenroom_agent.slot.occupancy_actions import ConnectPlayer

SLOT = "i-1.1"


def truth(epoch: int, state: SlotState, session_id: str | None = None) -> SlotTruth:
    return SlotTruth(SLOT, epoch, state, session_id)


def join(epoch: int, number: int, session_id: str | None = None) -> Join:
    return Join(SLOT, session_id or f"ses-{epoch}", epoch, number)


def ready_occupancy() -> Occupancy:
    occupancy = Occupancy(SLOT, 0)
    assert occupancy.application_ready() == [Report("ready", 0, None, 0)]
    occupancy.observe(truth(0, SlotState.FREE))
    return occupancy


def playing_occupancy() -> Occupancy:
    occupancy = ready_occupancy()
    occupancy.observe(truth(1, SlotState.RESERVED, "ses-1"))
    assert occupancy.join(join(1, 1)) == [ConnectPlayer(1)]
    assert occupancy.peer_connected(1) == [Report("connected", 1, "ses-1", 1)]
    return occupancy
