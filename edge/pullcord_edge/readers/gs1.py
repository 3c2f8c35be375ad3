"""Check digits of GS1 codes: whether those that a code carries hold. A wrong one is never refused."""

SEPARATOR = "\x1d"
#: AIM identifiers behind which element strings stand.
ELEMENTS = frozenset(("]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"))
#: Codes that are one number with a check digit, and how long they are.
LENGTHS = {"]E0": 13, "]E4": 8, "]I1": 14}
#: Element strings of a fixed length, by the first two digits: the length with the identifier.
FIXED = {"00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "20": 4, "41": 16}
FIXED |= {str(number): 8 for number in range(11, 20)}
FIXED |= {str(number): 10 for number in range(31, 37)}
CHECKED = frozenset(("00", "01", "02", "03"))


def is_right(number: str) -> bool:
    """Whether the last digit is the check digit (modulo 10, weights 3 and 1) of those before."""
    if not (number.isascii() and number.isdigit()):
        return False
    weighed = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(number)))
    return weighed % 10 == 0


def check(symbology: str | None, code: str) -> bool | None:
    """Whether all check digits of the code hold; None: it carries none that is known."""
    if symbology in LENGTHS:
        return len(code) == LENGTHS[symbology] and is_right(code)
    if symbology not in ELEMENTS and not (symbology is None and SEPARATOR in code):
        return None
    numbers = [text[2:] for text in elements(code) if text[:2] in CHECKED]
    return all(is_right(number) for number in numbers) if numbers else None


def elements(code: str) -> list[str]:
    """The element strings, cut at separators and behind those of a fixed length."""
    found = []
    while code:
        size = FIXED.get(code[:2])
        text, _, rest = code.partition(SEPARATOR)
        if size is not None and size < len(text):
            text, rest = code[:size], code[size:]
        if text:
            found.append(text)
        code = rest
    return found
