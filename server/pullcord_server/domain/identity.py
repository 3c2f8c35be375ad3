"""New names: 26 characters that sort by time, from an instant and 80 random bits (the ULID layout)."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(at: int, random: int) -> str:
    """The name for instant `at` (ms) and `random` (80 bits)."""
    value = (at << 80) | (random & ((1 << 80) - 1))
    return "".join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -5, -5))
