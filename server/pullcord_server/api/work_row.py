"""The rows of work: what a process makes next, what a handler fetches."""

from pydantic import Field

from .row import Instant, ProcessRow, Row


class JobRow(Row):
    """An order as its process has it. `step`: what comes next by hand; `done`: cards of it that are made."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.7"])
    loop: str = Field(examples=["BH-P"])
    item: str = Field(examples=["90901-X0001"])
    name: str = Field(examples=["Brake hose"])
    kind: str = Field(examples=["production"])
    consumer: str = Field(examples=["machining-3"])
    state: str = Field(examples=["released"])
    quantity: int = Field(examples=[20])
    box: int = Field(examples=[20], description="pieces in one box")
    cards: list[str] = Field(examples=[["BH-P-003"]], description="still to be made")
    done: int = Field(examples=[0])
    urgent: bool = Field(description="goes before the others")
    released_at: Instant | None = Field(examples=["2026-11-23T08:15:00.123Z"])
    due_at: Instant | None = Field(examples=["2026-11-23T09:00:00.123Z"])
    promised_at: Instant | None = Field(examples=[None])
    late: bool
    step: str = Field(examples=["start"])


class ProcessWorkRow(ProcessRow):
    """A process with its work: one next job, what is in work, and the queue in card order, the next job first."""

    next_job: JobRow | None
    in_work: list[JobRow]
    queue: list[JobRow]


class PickRow(Row):
    """An order as its handler has it: to be fetched (`dispatch`), or on the way (`arrival`)."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.7"])
    loop: str = Field(examples=["BH-A1"])
    item: str = Field(examples=["90901-X0001"])
    name: str = Field(examples=["Brake hose"])
    source: str = Field(examples=["machining-3"])
    consumer: str = Field(examples=["assembly-1"])
    state: str = Field(examples=["released"])
    quantity: int = Field(examples=[20])
    cards: list[str] = Field(examples=[["BH-A1-003"]])
    due_at: Instant | None = Field(examples=["2026-11-23T09:00:00.123Z"])
    late: bool
    step: str = Field(examples=["dispatch"])
