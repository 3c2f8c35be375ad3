"""What an action answers with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """The row that changed (`collection`, `id`) and the decision that changed it."""

    collection: str
    id: str
    decision: str
