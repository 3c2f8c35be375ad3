"""What the first page shows: the andon board, and the findings that nobody resolved."""

from typing import Any

from . import board
from .house import House
from .table import FINDING, FINDINGS

#: Findings at most, and loops: a page for people shows the worst.
MOST, LOOPS = 50, 100


def overview(house: House) -> dict[str, Any]:
    """Rows as the board and the collections have them; loops worst first, findings newest first."""
    query = FINDINGS.select.where(FINDING.c.resolved_at.is_(None))
    query = query.order_by(*(column.desc() for column in FINDINGS.key)).limit(MOST)
    with house.engine.connect() as connection:
        found = connection.execute(query).all()
    findings = [f.model_dump() for f in FINDINGS.rows(found)]
    plant = house.plant()
    every = 0 if plant is None else len(plant.loops)
    return {**board.andon(house, LOOPS), "findings": findings, "every_loop": every}


def timezone(house: House) -> str:
    """The plant's own."""
    plant = house.plant()
    return "UTC" if plant is None else plant.timezone
