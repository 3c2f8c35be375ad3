"""What a command of its own decides beside a running server: seen by it, and copied in the order of numbers."""

import json
from functools import partial
from pathlib import Path

from pullcord_server.app import Copier
from pullcord_server.desk.action import card
from pullcord_server.outside.decisions_copy import DecisionsCopy
from support.day import PLANT
from support.desk import Server, new_database


def test_decisions_of_a_command_are_copied_without_a_gap(tmp_path: Path) -> None:
    engine = new_database(tmp_path / "copied.db")
    file = tmp_path / "decisions.jsonl"
    copier = Copier(DecisionsCopy(file), engine)
    copier.begin()
    server = Server(engine)
    server.desk._copying.copy = copier

    def actions() -> list[str]:
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert [line["number"] for line in lines] == list(range(1, len(lines) + 1))
        return [line["action"] for line in lines]

    server.set("05:00")
    server.apply(PLANT)
    server.set("06:00")
    assert actions() == ["apply"]  # though the server itself decided nothing
    block = partial(card.change, card_id="BH-001", by="lead", reason="so")
    server.act(partial(block, blocked=True))
    server.apply(PLANT.replace("cards = 4", "cards = 5", 1))
    server.act(partial(block, blocked=False))
    assert actions() == ["apply", "block", "apply", "unblock"]
    again = Copier(DecisionsCopy(file), engine)
    again.begin()
    assert len(actions()) == 4
