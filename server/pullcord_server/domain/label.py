"""What is printed on a card."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .code import printed_code
from .plant import Kind, Plant

#: What people call the kinds of cards.
TITLES = {
    Kind.WITHDRAWAL: "Withdrawal kanban",
    Kind.PRODUCTION: "Production kanban",
    Kind.SIGNAL: "Signal kanban",
    Kind.SUPPLIER: "Supplier kanban",
}


class Code(StrEnum):
    """How the code is printed: for cameras, or also for laser scanners."""

    QR = "qr"
    CODE128 = "code128"


@dataclass(frozen=True, slots=True)
class Label:
    """The words of one card. `place`: its number of how many; `way`: from where to where."""

    card: str
    title: str
    item: str
    name: str
    quantity: int
    way: str
    place: str
    code: str

    def texts(self) -> Iterable[str]:
        """Everything that is written in letters."""
        return (self.card, self.title, self.item, self.name, self.way, self.place, self.code)


def label_of(
    plant: Plant, loop_id: str, card: str, number: int, of: int, quantity: int, version: int
) -> Label:
    """The label of version `version` of a card's print, the `number`-th of `of`."""
    loop = plant.loops[loop_id]
    item = plant.items[loop.item]
    names = {p.id: p.name for p in plant.processes.values()}
    names |= {s.id: s.name for s in plant.suppliers.values()}
    source, consumer = names[loop.source], names[loop.consumer]
    return Label(
        card=card,
        title=TITLES[loop.kind],
        item=item.id,
        name=item.name,
        quantity=quantity,
        way=source if loop.source == loop.consumer else f"{source} > {consumer}",
        place=f"{number} of {of}" if number <= of else f"no. {number}",
        code=printed_code(card, version),
    )
