"""What is wrong with a file that people write: every problem with its line, key and fix."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: `text` says what is wrong and, after a semicolon, the fix."""

    file: str
    line: int | None
    key: str
    text: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.key, self.text) if part)


class WrongFile(Exception):
    """A file was refused; `problems` are all of them, in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: p.line or 0))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: what was meant, or what there is."""
    choices = sorted(known)
    close = get_close_matches(word, choices, n=1)
    if not close:
        close = [c for c in choices if c.casefold() == word.casefold()]
    if close:
        return f'did you mean "{close[0]}"?'
    if not choices:
        return "there is none"
    shown = ", ".join(f'"{choice}"' for choice in choices[:12])
    return f"there is {shown}" + (" …" if len(choices) > 12 else "")
