"""A plant's day with everything that goes wrong, against a slow model of DESIGN 3: no order missing, none doubled."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.desk import Server, at, new_database
from support.plant_day import HOUR, TICK, Floor, Plan, plan
from support.reference_model import (
    Expected,
    Rule,
    Said,
    Seen,
    Teller,
    Told,
    clones_of,
    orders_of,
)

Stories = Mapping[str, list[Seen | Said]]
Had = Callable[[Seen | Said], bool]
Line = Mapping[str, Any]
#: What a scan that is no card's says and finds.
STRANGERS = ("unknown", "misread")
#: Findings outside the fold: notes of arrival, and what time or counting finds.
BESIDE = {"late_entry", "order_unfounded", "stuck", "dead_post", "batched_drops"}


def loop_of(card: str) -> str:
    return card.rpartition("-")[0]


class Model:
    """What must have come of a day."""

    def __init__(self, made: Plan, stories: Stories) -> None:
        self.made = made
        self.stories = stories
        self.tellers = {name: Teller(rule) for name, rule in made.rules.items()}
        self.cards = {card: self.told(card) for card in stories}

    def told(self, card: str, had: Had | None = None) -> Told:
        """The card at the end, or of what the server had."""
        rule = self.made.rules[loop_of(card)]
        story: Iterable[Seen | Said] = self.stories.get(card, ())
        if had is not None:
            story = [i for i in story if had(i)]
        issued = int(card.rpartition("-")[2]) <= rule.cards
        return self.tellers[rule.id].told(story, issued)

    def loop(self, rule: Rule, moment: int) -> dict[str, Told]:
        """Every card of a loop as it was known then."""
        return {card: self.told(card, lambda i: i.known <= moment) for card in self.cards_of(rule)}

    def loop_at(self, rule: Rule, line: Line, moment: int) -> Iterator[dict[str, Told]]:
        """A loop when a decision of this moment was made: one for each order that pages may be taken in."""
        cards, at, number = self.cards_of(rule), int(line["at"]), int(line["number"])
        read: dict[str, list[int]] = {}
        for item in itertools.chain.from_iterable(self.stories.get(c, ()) for c in cards):
            if isinstance(item, Seen) and item.known == moment:
                read.setdefault(item.journal, [0]).append(item.seq)
        for ends in itertools.product(*(sorted(seqs, reverse=True) for seqs in read.values())):
            taken = dict(zip(read, ends, strict=True))

            def had(item: Seen | Said, taken: Mapping[str, int] = taken) -> bool:
                if item.at > at or item.known > moment:
                    return False
                if isinstance(item, Said):
                    return item.number < number
                return item.known < moment or item.seq <= taken[item.journal]

            yield {card: self.told(card, had) for card in cards}

    def cards_of(self, rule: Rule) -> list[str]:
        """Every card of a loop, later ones too."""
        issued = [f"{rule.id}-{n:03d}" for n in range(1, rule.cards + 1)]
        later = [c for c in self.stories if loop_of(c) == rule.id and c not in issued]
        return [*issued, *later]

    def orders(self) -> dict[str, Expected]:
        """Every order of every loop."""
        found: dict[str, Expected] = {}
        for name, cards in self.by_loop().items():
            found |= orders_of(self.made.rules[name], cards)
        return found

    def by_loop(self) -> dict[str, dict[str, Told]]:
        """Loop → its cards that have a story."""
        found: dict[str, dict[str, Told]] = {}
        for card, told in self.cards.items():
            found.setdefault(loop_of(card), {})[card] = told
        return found

    def findings(self) -> set[tuple[str | None, str, str]]:
        """Card, entry and type of every finding of the fold; a card that was found is lost no more."""
        found: set[tuple[str | None, str, str]] = {
            (card, entry, type_)
            for card, told in self.cards.items()
            for entry, type_ in told.findings
            if type_ != "lost" or told.life == "lost"
        }
        return found | {
            (card, entry, "cloned")
            for card, story in self.stories.items()
            for entry in clones_of(story)
        }


def assert_orders(server: Server, model: Model) -> None:
    """Row for row; what is not in the model was withdrawn, or is told to be unfounded."""
    expected = model.orders()
    unfounded = {r["entry"] for r in server.rows("finding", type="order_unfounded")}
    rows = {r["id"]: r for r in server.rows("replenishment_order")}
    extra = {
        i for i, r in rows.items() if i not in expected and r["state"] != "withdrawn"
    } - unfounded
    assert not extra, [rows[i] for i in sorted(extra)[:5]]
    missing = expected.keys() - rows.keys()
    assert not missing, [(i, expected[i]) for i in sorted(missing)[:5]]
    wrong = []
    for id_, order in expected.items():
        row = rows[id_]
        cards = tuple(sorted(json.loads(row["cards"])))
        found = (row["loop"], row["quantity"], cards, row["state"])
        if found != (order.loop, order.quantity, order.cards, order.state):
            wrong.append((id_, found, order))
        elif row["closed_by"] not in order.closed_by:
            wrong.append((id_, row["closed_by"], order))
    assert not wrong, (len(wrong), wrong[:5])


def assert_cards(server: Server, model: Model) -> None:
    """Where every card is, the untouched ones too."""
    rows = {r["id"]: r for r in server.rows("card")}
    assert len(rows) >= sum(rule.cards for rule in model.made.rules.values())
    wrong = []
    for id_, row in rows.items():
        told = model.cards.get(id_, Told())
        found = (row["state"], row["life"], row["blocked"] is not None, row["order"])
        if found != (told.state, told.life, told.blocked, told.order):
            wrong.append((id_, found, told))
        elif row["version"] != told.version:
            wrong.append((id_, row["version"], told))
    assert not wrong, (len(wrong), wrong[:5])


def assert_told(server: Server, model: Model, floor: Floor) -> None:
    """Every verdict, and every finding of the fold."""
    verdicts = {e: v for told in model.cards.values() for e, v in told.verdicts.items()}
    rows = {f"{r['journal']}.{r['seq']}": r for r in server.rows("fact")}
    assert rows.keys() == floor.reads.keys(), "an entry is missing or doubled"
    wrong = [
        (entry, row["verdict"], verdicts[entry])
        for entry, row in rows.items()
        if entry in verdicts and row["verdict"] != verdicts[entry]
    ]
    assert not wrong, (len(wrong), wrong[:5])
    nobodys = [r for entry, r in rows.items() if entry not in verdicts and r["type"] != "undo"]
    assert all(r["verdict"] in STRANGERS and r["card"] is None for r in nobodys)
    found = {
        (r["card"], r["entry"], r["type"])
        for r in server.rows("finding")
        if r["resolved_at"] is None and r["type"] not in BESIDE
    }
    strangers = {(None, f"{r['journal']}.{r['seq']}", r["verdict"]) for r in nobodys}
    expected = model.findings() | strangers
    assert found == expected, (sorted(map(str, found ^ expected))[:8], len(found ^ expected))


def assert_rulings(model: Model, lines: list[dict[str, Any]]) -> None:
    """What was shown and sent a card away is settled, and nothing else."""
    settled = {
        (card, values["entry"], values["verdict"])
        for line in lines
        for card, values in line["body"].get("cards", {}).items()
        if values["what"] == "ruling" and values.get("reason") == "shown"
    }
    expected = {
        (card, entry, ruling.verdict)
        for card, told in model.cards.items()
        for entry, ruling in told.rulings.items()
    }
    assert settled == expected, sorted(settled ^ expected)[:5]


def assert_releases(model: Model, floor: Floor) -> None:
    """Every release took cards that waited, for the reason of its loop; nothing waits longer than it must."""
    served: set[tuple[str, int]] = set()
    for line in floor.server.copy.lines:
        if line["action"] == "release":
            cards = set(line["body"]["cards"])
            rule = model.made.rules[loop_of(min(cards))]
            loops = model.loop_at(rule, line, floor.known[line["number"]])
            timed = line["by"] == "pullcord"
            assert any(is_release(rule, cards, loop, timed) for loop in loops), (rule, line)
            served |= {(rule.id, hour) for hour in rule.hours if line["at"] - hour < TICK}
    for rule in model.made.rules.values():
        assert not gathered(rule, model.loop(rule, floor.moment)), rule
        for hour in rule.hours:
            if (rule.id, hour) not in served:
                loop = model.loop(rule, floor.moment_of(hour) - 1)
                assert not waiting(loop), (rule, hour)


def is_release(rule: Rule, cards: set[str], loop: Mapping[str, Told], timed: bool) -> bool:
    """Whether a loop, as it was, releases these cards."""
    waits = waiting(loop)
    if not timed or rule.hours:
        return cards == waits
    most = rule.lot or rule.count or 0
    return gathered(rule, loop) and cards <= waits and len(cards) == min(most, len(waits))


def waiting(loop: Mapping[str, Told]) -> set[str]:
    """Cards whose release is all that is missing."""
    return {card for card, told in loop.items() if told.waiting}


def gathered(rule: Rule, loop: Mapping[str, Told]) -> bool:
    """Whether there is enough to release."""
    waits = len(waiting(loop))
    if rule.count is not None:
        return waits >= rule.count
    if rule.lot is None or not waits:
        return False
    stock = sum(told.usable or told.order is not None for told in loop.values())
    return waits >= rule.lot or stock <= (rule.reorder_point or 0)


def judge(floor: Floor) -> None:
    """The whole day."""
    server, model = floor.server, Model(floor.made, floor.stories())
    assert server.tally.failed_turns == 0
    assert_told(server, model, floor)
    assert_rulings(model, server.copy.lines)
    assert_orders(server, model)
    assert_cards(server, model)
    assert_releases(model, floor)


def test_a_short_day_ends_as_the_slow_model_says(tmp_path: Path) -> None:
    made = plan(1, at("06:00"), 2 * HOUR, loops_=60, cards_=10, scans=2_000, stations=20)
    floor = Floor.open(made, Server(new_database(tmp_path / "pullcord.db")))
    floor.play()
    judge(floor)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_plants_day_ends_as_the_slow_model_says(tmp_path: Path) -> None:
    """2,500 loops, 160,000 cards, 100,000 scans from 200 stations."""
    made = plan(8, at("06:00"), 8 * HOUR, loops_=2_500, cards_=64, scans=100_000, stations=200)
    assert sum(rule.cards for rule in made.rules.values()) >= 160_000
    floor = Floor.open(made, Server(new_database(tmp_path / "pullcord.db")))
    floor.play()
    judge(floor)
