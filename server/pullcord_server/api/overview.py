"""What the first page shows: the andon board, and the findings that nobody resolved."""

from typing import Any

from . import board
from .house import House
from .table import FINDING, FINDINGS

#: Findings at most.
MOST = 50


def overview(house: House) -> dict[str, Any]:
    """Rows as the board and the collections have them; findings newest first."""
    query = FINDINGS.select.where(FINDING.c.resolved_at.is_(None))
    query = query.order_by(*(column.desc() for column in FINDINGS.key)).limit(MOST)
    with house.engine.connect() as connection:
        found = connection.execute(query).all()
    findings = [f.model_dump() for f in FINDINGS.rows(found)]
    return {**board.andon(house), "findings": findings}


def timezone(house: House) -> str:
    """The plant's own."""
    plant = house.plant()
    return "UTC" if plant is None else plant.timezone
