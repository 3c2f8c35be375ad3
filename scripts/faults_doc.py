"""Writes docs/faults.md from the table of faults."""

from pathlib import Path

from pullcord_edge.checks.fault import DISK, MACHINE, READERS, WAY, Fault, Sight

PAGE = Path(__file__).parent.parent / "docs" / "faults.md"

HEAD = """# Faults of a station

This page is made by `scripts/faults_doc.py` from the table of `edge/pullcord_edge/checks/fault.py`; change
that, then run the script. Each row is a fault that the tests make for real, at a station that runs: the
check of [`pullcord-edge doctor`](doctor.md) that names it, what the check says, the fix it prints, and the
light that a worker sees meanwhile. `…` is what differs from station to station.

"""

LIGHTS = """## The lights

| light | what it means to a worker |
|---|---|
| {UNCHANGED} | go on working: the fault is the maintainer's |
| {MAINTENANCE} | a reader, button or lamp is broken, or two servers or stations are where one should be: call maintenance; the rest works |
| {LINK_LOST} | no word from the server for 5 s: go on, every drop that beeps is kept and sent later |
| {FAILING} | nothing is kept: keep the cards and call maintenance at once |
| {DARK} | the program does not run: keep the cards; systemd starts it again within seconds |

"""

PARTS = (
    ("Readers, buttons, pins", READERS),
    ("The way to the server", WAY),
    ("Disk and journal", DISK),
    ("The machine", MACHINE),
)


def render() -> str:
    """The whole page."""
    lights = LIGHTS.format(**{sight.name: f"**{sight.value}**" for sight in Sight})
    return HEAD + lights + "\n".join(_part(title, faults) for title, faults in PARTS)


def _part(title: str, faults: tuple[Fault, ...]) -> str:
    head = ("what happened", "check", "", "what it says", "fix", "light")
    rows = [head, tuple("---" for _ in head), *(_row(fault) for fault in faults)]
    return f"## {title}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(fault: Fault) -> tuple[str, ...]:
    status = "exit status 2" if fault.status is None else fault.status.value
    seen, fix = (_code(text) for text in (fault.seen, fault.fix))
    if fault.status is None:
        seen, fix = "`file:line: key: what is wrong; the fix`, one a line", "as the line says"
    return (fault.what, fault.check, status, seen, fix, fault.sight.value)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
