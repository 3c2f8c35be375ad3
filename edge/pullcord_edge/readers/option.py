"""Options of a driver: what may be set, what a text means, what is wrong, *did you mean*."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may be set, of the type of `default`; no `choices`: any value of it."""

    name: str
    default: Value
    about: str
    choices: tuple[str, ...] = ()
    #: Raises ValueError with the reason where a value is no good one.
    check: Callable[[Value], object] | None = None


class DriverError(ValueError):
    """A driver or its options that do not exist; `problems` has one sentence each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?` for the nearest known word, else the list of what there is."""
    from difflib import get_close_matches  # only for a wrong file

    words = tuple(known)
    folded = {each.casefold(): each for each in words}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f'; did you mean "{folded[near[0]]}"?'
    return f"; there are: {', '.join(words)}" if words else "; this driver has none"


def resolve(
    driver: str, options: tuple[Option, ...], given: Mapping[str, Value]
) -> tuple[dict[str, Value], list[str]]:
    """Every option of the driver with its value, and every problem of what was given."""
    values: dict[str, Value] = {option.name: option.default for option in options}
    known = {option.name: option for option in options}
    problems = []
    for name, value in given.items():
        option = known.get(name)
        if option is None:
            problems.append(f'driver "{driver}" has no option "{name}"{did_you_mean(name, known)}')
            continue
        try:
            values[name] = _convert(option, value)
            if option.check and values[name] != option.default:
                option.check(values[name])
        except ValueError as error:
            problems.append(f'option "{name}" of driver "{driver}": {error}')
    return values, problems


def _convert(option: Option, value: Value) -> Value:
    match option.default:
        case bool():
            return _to_bool(value)
        case int():
            return _to_number(value, int)
        case float():
            return _to_number(value, float)
        case _:
            return _to_choice(option, str(value))


def check_power(dbm: Value) -> None:
    """No UHF reader of the catalogue gives more than 33 dBm, which is 2 W. Raises ValueError."""
    if float(dbm) > 33:
        raise ValueError(f"{dbm} is out of range, RF power is at most 33 dBm")


def show(value: object) -> str:
    """A value of a file in a few words."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"' if len(value) <= 60 else f"a text of {len(value)} characters"
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return str(value)


def _to_bool(value: Value) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    text = str(value).casefold()
    if text not in words:
        raise ValueError(f'"{value}" is neither true nor false')
    return words[text]


def _to_number(value: Value, kind: type[int] | type[float]) -> int | float:
    try:
        number = kind(str(value))
    except ValueError:
        raise ValueError(
            f'"{value}" is not {"a whole number" if kind is int else "a number"}'
        ) from None
    if not 0 <= number < 1e9:
        raise ValueError(f'"{value}" is out of range, it must be 0 or more')
    return number


def _to_choice(option: Option, value: str) -> str:
    if not option.choices:
        return value
    folded = {_fold(choice): choice for choice in option.choices}
    if _fold(value) not in folded or (value and not _fold(value)):
        raise ValueError(f'"{value}" is unknown{did_you_mean(value, option.choices)}')
    return folded[_fold(value)]


def _fold(text: str) -> str:
    """Letters and digits alone, small: `AA..DD` is `aa-dd`."""
    return "".join(char for char in text.casefold() if char.isalnum())
