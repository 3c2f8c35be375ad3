"""A measured row, and all of them as text, Markdown and JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from bench.host import Host


@dataclass(frozen=True, slots=True)
class Goal:
    """What section 11 asks for: at most (`least` False) or at least `value`, of ours or of the ratio to the floor."""

    value: float
    of: str = "ours"
    least: bool = False

    def met(self, ours: float, ratio: float | None) -> bool:
        """Whether this was reached."""
        got = ratio if self.of == "ratio" else ours
        return got is not None and (got >= self.value if self.least else got <= self.value)

    def text(self, unit: str) -> str:
        """`≤ 2 × floor`, `≥ 10000 /s`."""
        sign = "≥" if self.least else "≤"
        return f"{sign} {_number(self.value)} " + ("× floor" if self.of == "ratio" else unit)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of ours, and the floor's of the same run where there is one."""

    row: str
    what: str
    unit: str
    ours: float
    floor: float | None = None
    goals: tuple[Goal, ...] = ()
    load: float = 0.0

    @property
    def ratio(self) -> float | None:
        """Ours / floor."""
        return None if not self.floor else self.ours / self.floor

    @property
    def met(self) -> bool | None:
        """Whether every goal was reached; None: there is none."""
        return all(g.met(self.ours, self.ratio) for g in self.goals) if self.goals else None

    def cells(self) -> tuple[str, ...]:
        """What, ours, floor, ratio, goal, reached, load."""
        ratio = self.ratio
        reached = {None: "", True: "yes", False: "no"}[self.met]
        return (
            self.what,
            f"{_number(self.ours)} {self.unit}",
            "" if self.floor is None else f"{_number(self.floor)} {self.unit}",
            "" if ratio is None else f"{ratio:.2f}",
            " and ".join(goal.text(self.unit) for goal in self.goals),
            reached,
            f"{self.load:.1f}",
        )


BEGIN, END = "<!-- bench -->", "<!-- end of bench -->"
HEAD = ("what", "ours", "floor", "ratio", "goal", "reached", "load")


def text(host: Host, measures: Sequence[Measure]) -> str:
    """The whole run for a terminal."""
    rows = [HEAD, *(m.cells() for m in measures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*facts(host), "", *(line.rstrip() for line in lines)])


def facts(host: Host) -> list[str]:
    """The machine in words."""
    median, worst = host.fsync_ms
    return [
        f"{host.cores} cores, {host.processor}; {host.system}; {host.python}; SQLite {host.sqlite}",
        f"4 KiB and fdatasync: median {median:.2f} ms, worst of 50 {worst:.2f} ms; "
        f"load average at the start {host.load:.1f}",
    ]


def markdown(host: Host, measures: Sequence[Measure], command: str, day: str) -> str:
    """The whole run for docs/measurements.md."""
    rows = [HEAD, tuple("---" for _ in HEAD), *(m.cells() for m in measures)]
    return "\n".join([*_opening(host, command, day), *map(_line, rows), "", _READING])


def placed(document: str, made: str) -> str:
    """A document with what a run made between its marks; a document without marks is what was made."""
    before, begin, rest = document.partition(BEGIN)
    _, end, behind = rest.partition(END)
    return f"{before}{begin}\n{made}{end}{behind}" if begin and end else made


def document(host: Host, measures: Sequence[Measure]) -> str:
    """JSON."""
    rows = [{**asdict(m), "ratio": m.ratio, "met": m.met} for m in measures]
    return json.dumps({"host": asdict(host), "measures": rows}, indent=1, ensure_ascii=False)


def _opening(host: Host, command: str, day: str) -> list[str]:
    return [
        f"Made by `{command}` on {day}; written by the run itself.",
        "",
        *(f"- {fact}" for fact in facts(host)),
        "",
    ]


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


_READING = """\
*Floor*: what a hand-made program of one page does for the same promise (`bench/floor/`), measured in the same
run in turn with ours, at the same pace, on the same machine. *Load*: the machine's load average while the row
was measured; on an idle machine it is near the number of cores that the row itself keeps busy. Absolute times
drift from machine to machine; the ratio can be taken anywhere: `make bench`, or one row: `python -m bench latency`.
"""
