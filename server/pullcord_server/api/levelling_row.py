"""What levelling is asked with, and what it answers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pullcord_server.domain.planning.levelling import Method

from .asked import Paging
from .row import DECISION, Instant, Row
from .wish import Number, Reasoned, Word

#: A whole number, or a fraction as `1300/3`.
Exact = Annotated[int | str, Field(examples=[480])]


class PlansAsked(Paging):
    """Plans, by process and month. With `month` the answer is that one plan."""

    month: str | None = Field(default=None, examples=["2026-12"])
    process: str | None = Field(default=None, examples=["assembly-1"])


class BoxAsked(BaseModel):
    """The box of a day (today, if it is left out)."""

    model_config = ConfigDict(extra="forbid")
    day: str | None = Field(default=None, examples=["2026-12-01"])
    process: str | None = Field(default=None, examples=["assembly-1"])


class Level(Reasoned):
    """What a pacemaker makes in a month."""

    month: Word = Field(examples=["2026-12"])
    items: dict[Word, Number] = Field(min_length=1, max_length=1000, examples=[{"sedan": 5000}])
    working_days: Number = Field(examples=[20])
    process: Word | None = Field(default=None, examples=["assembly-1"], description="the pacemaker")
    method: Word = Field(default=Method.SPACING.value, examples=["spacing"])


class BoxMove(BaseModel):
    """The box at place `from` (the first is 0) is put to place `to`; those between make room."""

    model_config = ConfigDict(extra="forbid", strict=True)
    taken: Number = Field(alias="from", examples=[3])
    put: Number = Field(alias="to", examples=[1])


class MoveBox(Reasoned):
    """Moves in the box of a day, one after the other; inside the frozen zone with a reason."""

    moves: list[BoxMove] = Field(min_length=1, max_length=1000, examples=[[{"from": 3, "to": 1}]])
    day: Word | None = Field(default=None, examples=["2026-12-01"])
    process: Word | None = Field(default=None, examples=["assembly-1"])


class Waiting(Row):
    """What a slump costs that is ignored for `months`: the cut in the month after, as a part of the plan."""

    months: int = Field(examples=[3])
    cut_next_month: Exact = Field(examples=["11/24"])


class PlanRow(Row):
    """A month's plan of a pacemaker: a plan, not orders. What was pulled is null before a whole day was."""

    id: str = Field(examples=["2026-12@assembly-1"])
    process: str = Field(examples=["assembly-1"])
    month: str = Field(examples=["2026-12"])
    items: dict[str, int] = Field(examples=[{"sedan": 5000, "hardtop": 2500, "wagon": 2500}])
    working_days: int = Field(examples=[20])
    method: str = Field(examples=["spacing"])
    per_day: dict[str, Exact] = Field(examples=[{"sedan": 250, "hardtop": 125, "wagon": 125}])
    takt_s: Exact | None = Field(examples=["288/5"], description="working time per unit, seconds")
    pitch_s: dict[str, Exact] = Field(description="takt × quantity of a box, seconds")
    pattern: list[str] | None = Field(examples=[["sedan", "hardtop", "sedan", "wagon"]])
    actual_per_day: dict[str, Exact] | None = Field(examples=[{"sedan": 221}])
    deviation: Exact | None = Field(
        examples=["-29/250"], description="actual ÷ planned − 1, of all units"
    )
    advice: str | None = Field(examples=["relevel"], description="beyond ±10 %; cards absorb less")
    proposed_per_day: dict[str, Exact] | None = Field(examples=[{"sedan": 221}])
    cost_of_waiting: Waiting | None
    by: str
    at: Instant
    reason: str | None = None


class PlanDecided(PlanRow):
    """A plan, and the decision that made it."""

    decision: str = DECISION


class SlotRow(Row):
    """A slot of one pitch. `state`: planned, released (with the `card`), passed (no card waited)."""

    place: int
    at: Instant
    item: str = Field(examples=["sedan"])
    quantity: int = Field(examples=[1])
    state: str = Field(examples=["planned"])
    frozen: bool
    card: str | None = None


class BoxRow(Row):
    """The heijunka box of a day."""

    process: str = Field(examples=["assembly-1"])
    day: str = Field(examples=["2026-12-01"])
    slots: list[SlotRow]


class BoxDecided(BoxRow):
    """A box, and the decision that moved something in it."""

    decision: str = DECISION
