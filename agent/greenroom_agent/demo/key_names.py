"""Readable names for the JavaScript key codes that a browser sends."""

_NAMES = {
    8: "BACKSPACE", 9: "TAB", 13: "ENTER", 16: "SHIFT", 17: "CTRL", 18: "ALT", 27: "ESC", 32: "SPACE",
    33: "PAGE UP", 34: "PAGE DOWN", 35: "END", 36: "HOME", 37: "LEFT", 38: "UP", 39: "RIGHT", 40: "DOWN", 46: "DELETE",
    # Epic's library has its own codes for the keys on the right-hand side, such as right Shift.
    253: "CTRL", 254: "ALT", 255: "SHIFT",
}  # fmt: skip


def key_name(code: int) -> str:
    """Returns the name of a key as the scene shows it. `code`: the JavaScript key code.

    >>> key_name(65), key_name(32), key_name(200)
    ('A', 'SPACE', '#200')
    """
    if code in _NAMES:
        return _NAMES[code]
    if chr(code).isascii() and chr(code).isalnum() and not chr(code).islower():
        return chr(code)
    return f"#{code}"
