"""What is wrong with a file that people write: one problem a line, and all of them at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (`key` as in `reader[2].driver`), what, and the fix."""

    file: str
    line: int
    key: str
    wrong: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (where, self.key, f"{self.wrong}; {self.fix}") if part)


class ConfigError(Exception):
    """A configuration that cannot be used; `problems` in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
