"""Which messages from the browser are caused by a person."""

from greenroom_agent.demo.data_channel import Input

DEAD_ZONE = 0.3
"""A stick at rest: the browser sends its axes all the time, and they are never quite zero."""
_ALWAYS = frozenset(
    {"UIInteraction", "TextboxEntry", "KeyDown", "KeyUp", "KeyPress", "MouseDown", "MouseUp", "MouseMove", "MouseWheel"}
    | {"MouseDouble", "TouchStart", "TouchEnd", "TouchMove", "GamepadButtonPressed"}
)


def is_of_a_person(message: Input) -> bool:
    """Whether a person caused this message, and not the browser on its own."""
    if message.name == "GamepadAnalog":
        return abs(message.number(2)) >= DEAD_ZONE
    return message.name in _ALWAYS
