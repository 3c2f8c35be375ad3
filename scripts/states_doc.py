"""Writes docs/states.md from the transition table: a diagram and a table for each kind of loop."""

from collections.abc import Iterator
from pathlib import Path

from pullcord_server.domain.card import Event, State
from pullcord_server.domain.finding import FINDINGS
from pullcord_server.domain.plant import Kind, Scans
from pullcord_server.domain.table import REPEATABLE, Cell, cell

PAGE = Path(__file__).parent.parent / "docs" / "states.md"

HEAD = """# States of a card

This page is made by `scripts/states_doc.py` from the transition table of
`server/pullcord_server/domain/table.py`; change that, then run the script.

A card goes `full → empty → released → in_process or in_transit → full`. What a scan does depends on
the kind of its loop, on the scans that the loop's floor does (`scans` in plant.toml) and on whether
the loop is `strict`. The diagrams show loops that do every scan and are not strict; a step that
leaves a finding has it in brackets. Where the release is not at once, a drop leads to `empty` and
opens an order that is released later.

*Again* is the same scan of the same card within its window: `min_cycle` for a withdrawal,
`repeat_window` for the others.
"""

FOOT = """## Strict loops

A strict loop refuses every step that the tables accept with a finding: the card stays as it is, the
verdict is `not_in_state`, the finding is the same. Strict loops do more than one scan.
"""

#: Sections below a kind's table: what differs where the floor does fewer scans.
FEWER = (
    (Scans.TWO, Scans.FULL, "Where the floor scans the drop and the last step only"),
    (Scans.ONE, Scans.TWO, "Where the floor scans the drop only, moreover"),
)


def render() -> str:
    """The whole page."""
    parts = [HEAD]
    for kind in Kind:
        parts += [f"## {kind.value.capitalize()} loops\n", _diagram(kind)]
        parts += [_table(_rows(kind, Scans.FULL))]
        for scans, base, title in FEWER:
            known = set(_rows(kind, base))
            fresh = [row for row in _rows(kind, scans) if row not in known]
            parts += [f"{title}:\n", _table(fresh)]
    parts += [FOOT, "## Findings\n", _findings()]
    return "\n".join(parts)


def _diagram(kind: Kind) -> str:
    edges: dict[tuple[State, State], list[str]] = {}
    for state in State:
        for event in Event:
            found = cell(kind, Scans.FULL, False, state, event, False)
            if event is Event.UNDO or (found.to is state and not found.order):
                continue
            label = event.value if found.finding is None else f"{event.value} ({found.finding})"
            edges.setdefault((state, found.to), []).append(label)
            if found.waits is not None:
                edges.setdefault((state, found.waits.to), []).append(f"{event.value} and wait")
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> full"]
    for (start, end), labels in edges.items():
        lines.append(f"    {start.value} --> {end.value}: {', '.join(labels)}")
    return "\n".join([*lines, "```", ""])


def _table(rows: list[tuple[str, ...]]) -> str:
    head = ("state", "event", "to", "order", "verdict", "finding", "inferred")
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _rows(kind: Kind, scans: Scans) -> list[tuple[str, ...]]:
    return [row for state in State for row in _state_rows(kind, scans, state)]


def _state_rows(kind: Kind, scans: Scans, state: State) -> Iterator[tuple[str, ...]]:
    """A row for each thing that can come of an event, with all events that it comes of."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for event in Event:
        once = cell(kind, scans, False, state, event, False)
        again = cell(kind, scans, False, state, event, True)
        if once.finding == "impossible_state":
            continue
        if event not in REPEATABLE or once == again:
            rows.setdefault(_columns(state, once), []).append(event.value)
        else:
            rows.setdefault(_columns(state, once), []).append(event.value)
            rows.setdefault(_columns(state, again), []).append(f"{event.value} again")
    for columns, events in rows.items():
        yield (state.value, ", ".join(events), *columns)


def _columns(state: State, found: Cell) -> tuple[str, ...]:
    verdict = "granted" if found.undone else found.verdict.value if found.verdict else ""
    order = ", ".join(found.order)
    to = "" if found.to is state else found.to.value
    if found.waits is not None:
        to += f" (waiting: {found.waits.to.value})"
        order += f" (waiting: {', '.join(found.waits.order)})"
    return (to, order, verdict, found.finding or "", ", ".join(found.inferred))


def _findings() -> str:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in FINDINGS.items()]
    return "\n".join(["| finding | meaning |", "| --- | --- |", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
