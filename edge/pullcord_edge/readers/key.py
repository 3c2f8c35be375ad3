"""What keys of a USB keyboard mean on the US layout, by HID usage and by Linux key code."""

ENTER = frozenset((0x28, 0x58))
TAB, F8 = 0x2B, 0x41
CTRL, SHIFT, ALT, GUI = 0x11, 0x22, 0x44, 0x88
FIRST_MODIFIER = 0xE0
LAST_USAGE = 0xE7


def _usages() -> dict[int, str]:
    """Usage to its character and the one with Shift."""
    table = {0x04 + at: char + char.upper() for at, char in enumerate("abcdefghijklmnopqrstuvwxyz")}
    pairs = ("1!", "2@", "3#", "4$", "5%", "6^", "7&", "8*", "9(", "0)")
    table |= {0x1E + at: pair for at, pair in enumerate(pairs)}
    signs = ("  ", "-_", "=+", "[{", "]}", "\\|", "\\|", ";:", "'\"", "`~", ",<", ".>", "/?")
    table |= {0x2C + at: pair for at, pair in enumerate(signs)}
    table |= {0x54 + at: char * 2 for at, char in enumerate("/*-+")}
    table |= {0x59 + at: char * 2 for at, char in enumerate("1234567890.")}
    return table | {TAB: "\t\t", 0x64: "\\|", 0x67: "=="}


CHARACTER = _usages()
#: The digits of the keypad and of the upper row, for Alt and a number.
DIGITS = {usage: CHARACTER[usage][0] for usage in (*range(0x59, 0x63), *range(0x1E, 0x28))}


def _codes() -> dict[int, int]:
    """Linux key code to HID usage."""
    table = {2 + at: 0x1E + at for at in range(10)}
    for first, letters in ((16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm")):
        table |= {first + at: 0x04 + ord(char) - ord("a") for at, char in enumerate(letters)}
    table |= {12: 0x2D, 13: 0x2E, 14: 0x2A, 15: TAB, 26: 0x2F, 27: 0x30, 28: 0x28, 39: 0x33}
    table |= {40: 0x34, 41: 0x35, 43: 0x31, 51: 0x36, 52: 0x37, 53: 0x38, 57: 0x2C, 58: 0x39}
    table |= {59 + at: 0x3A + at for at in range(10)} | {87: 0x44, 88: 0x45, 69: 0x53, 1: 0x29}
    table |= {55: 0x55, 74: 0x56, 78: 0x57, 98: 0x54, 83: 0x63, 96: 0x58, 82: 0x62, 86: 0x64}
    for first, usage in ((79, 0x59), (75, 0x5C), (71, 0x5F)):
        table |= {first + at: usage + at for at in range(3)}
    modifiers = {29: 0, 42: 1, 56: 2, 125: 3, 97: 4, 54: 5, 100: 6, 126: 7}
    return table | {code: FIRST_MODIFIER + bit for code, bit in modifiers.items()}


USAGE_OF_CODE = _codes()


def control_of(char: str) -> str | None:
    """The control character of a code that Ctrl and this key mean: EOT, FS, GS, RS, US."""
    code = ord(char.upper()) & 0x1F
    return chr(code) if char.upper() in "D\\]^_" else None
