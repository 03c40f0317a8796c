"""Decides which messages from the browser are caused by a person, and which the browser sends by itself."""

from greenroom_agent.demo.data_channel import Input

DEAD_ZONE = 0.3
"""A gamepad stick that is moved less than this counts as untouched. The browser sends the position of each stick all
the time, and an untouched stick is never exactly at zero.
"""
_ALWAYS = frozenset(
    {"UIInteraction", "TextboxEntry", "KeyDown", "KeyUp", "KeyPress", "MouseDown", "MouseUp", "MouseMove", "MouseWheel"}
    | {"MouseDouble", "TouchStart", "TouchEnd", "TouchMove", "GamepadButtonPressed"}
)


def is_of_a_person(message: Input) -> bool:
    """Whether a person caused this message. If not, the browser sent the message by itself."""
    if message.name == "GamepadAnalog":
        return abs(message.number(2)) >= DEAD_ZONE
    return message.name in _ALWAYS
