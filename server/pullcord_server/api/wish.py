"""What a change is asked with: the bodies of the routes that change something."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .asked import Instant

#: No text that a database does not take.
_TAKEN = r"^[^\x00]*$"
Word: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=_TAKEN)
]
Text: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=_TAKEN)
]
Number: TypeAlias = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]
Words: TypeAlias = Annotated[list[Word], Field(min_length=1, max_length=1000)]


class Wish(BaseModel):
    """Every change says who makes it; from the login where there is one."""

    model_config = ConfigDict(extra="forbid", strict=True)
    by: Word | None = Field(
        default=None, examples=["lead-7"], description="who; from the login if any"
    )


class Reasoned(Wish):
    """A change that may say why, or must."""

    reason: Text | None = Field(default=None, examples=["tool already set"])


class MoveOrder(Reasoned):
    """A step of an order by hand, for all of its cards or the named ones."""

    cards: Words | None = Field(default=None, examples=[["BH-A1-003"]])
    quantity: Annotated[Number, Field(ge=0)] | None = Field(default=None, examples=[15])
    note: Word | None = Field(default=None, examples=["DN-1"], description="delivery note")
    complete: bool = Field(
        default=False,
        examples=[False],
        description="more does not come: cards not named wait for the next, first",
    )


class ConfirmOrder(Reasoned):
    """Who must act answers with a date."""

    promised_at: Instant


class CloseOrders(Reasoned):
    """Orders that were served by hand."""

    orders: Words = Field(examples=[["01J9Z3M4N5P6Q7R8S9T0V1W2X3.7"]])


class UndoCard(Reasoned):
    """What is voided: an entry `<journal>.<seq>` or a decision; left out: the card's last."""

    entry: Word | None = Field(default=None, examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.7"])


class ChangeCard(Reasoned):
    """Block, hold or lose a card, or take that back; `scrap`: the goods on hold are gone."""

    blocked: bool | None = Field(default=None, examples=[True])
    hold: bool | None = Field(default=None, examples=[True])
    scrap: bool = Field(default=False, examples=[False])
    life: Word | None = Field(default=None, examples=["lost"])


class IssueCard(Reasoned):
    """A card of one turn, or one that `replaces` another."""

    loop: Word | None = Field(default=None, examples=["BH-A1"])
    kind: Word = Field(default="express", examples=["express"])
    quantity: Number | None = Field(default=None, examples=[10])
    expires_at: Instant | None = None
    replaces: Word | None = Field(default=None, examples=["BH-A1-005"])


class BindTag(Reasoned):
    """The card that a code means from now on."""

    card: Word = Field(examples=["BH-A1-003"])


class ChangeLoop(Reasoned):
    """The number of cards, or whether the loop is in service."""

    cards: Number | None = Field(default=None, examples=[5])
    in_service: bool | None = Field(default=None, examples=[True])


class BeginTrial(Reasoned):
    """So many cards are taken out, to see what breaks."""

    remove: Number = Field(default=1, examples=[1])


class EndTrial(Reasoned):
    """The cards come back, unless `keep`."""

    keep: bool = Field(default=False, examples=[False])


class BeginAudit(Wish):
    """What is walked: a loop's cards, or those whose place is a station's."""

    loop: Word | None = Field(default=None, examples=["BH-A1"])
    station: Word | None = Field(default=None, examples=["assy1-post"])


class ScanAudit(Wish):
    """Codes that were scanned on the walk: tags, printed codes, or cards' names."""

    codes: Annotated[list[Word], Field(min_length=1, max_length=10_000)] = Field(
        examples=[["0A00B41F2C"]]
    )


class CollectPost(Reasoned):
    """A post was emptied: how many cards were in hand, and which."""

    counted: Annotated[Number, Field(ge=0)] | None = Field(default=None, examples=[17])
    cards: Annotated[list[Word], Field(max_length=10_000)] | None = Field(
        default=None, examples=[["BH-A1-003"]]
    )


class AskSelftest(Wish):
    """A self-test: with a person at the station, or by its loopback wires alone."""

    guided: bool = Field(
        default=False, examples=[True], description="a person is there, presses and looks"
    )


class RaiseCall(Wish):
    """A call from a page, for a station."""

    station: Word = Field(examples=["assy1-post"])
    type: Word = Field(default="material", examples=["material"])
    loop: Word | None = Field(default=None, examples=["BH-A1"])


class MoveCall(Wish):
    """A step of a call; `resolve`, and `close` of a call that is not resolved, need a `cause`."""

    cause: Text | None = Field(default=None, examples=["box delivered"])
    promised_at: Instant | None = None


class MoveClock(BaseModel):
    """Where driven time moves to."""

    model_config = ConfigDict(extra="forbid", strict=True)
    now: Instant
