"""The mark of a journal: how far its server has it, and which question told so."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """Acked up to `upto`, by the answer to question `asked`; `lowered`: the newest that lowered it.

    Questions are numbered by the running program; 0 stands for every earlier run.
    """

    upto: int
    asked: int = 0
    lowered: int = 0


def told(mark: Mark, upto: int, question: int) -> Mark:
    """The mark after the answer `upto` to `question`: up unless stale, down only if newer."""
    if upto > mark.upto:
        if question < mark.lowered:
            return mark
        return Mark(upto, max(question, mark.asked), mark.lowered)
    if question <= mark.asked:
        return mark
    lowered = question if upto < mark.upto else mark.lowered
    return Mark(upto, question, lowered)
