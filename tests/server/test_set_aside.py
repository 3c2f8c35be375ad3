"""An entry that this server cannot judge is set aside alone; where no entry is to blame, none is."""

from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk import intake
from pullcord_server.desk.audits import Audits
from pullcord_server.desk.judge import judge
from server.test_audit_stuck import PLANT, opened
from support.desk import Server, tag
from support.post import Post


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, PLANT)


def test_the_entry_that_fails_is_set_aside_and_all_others_of_its_page_count(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(turn: Any, known: Any, fact: Any, row: Any) -> None:
        if known.id == "BH-002":
            raise ZeroDivisionError("a fault of this server")
        judge(turn, known, fact, row)

    monkeypatch.setattr(intake, "judge", failing)
    post = Post(server, "post", online=False)
    for number in (1, 2, 3):
        post.scan("withdrawal", tag("BH", number), f"06:0{number}")
    post.scan("withdrawal", tag("GK", 1), "06:04")
    server.set("06:05")
    post.come_back()
    assert post.drained
    assert [r["id"] for r in server.rows("quarantine")] == ["post-1.2"]
    assert server.findings(type="quarantined") == ["quarantined"]
    states = {r["id"]: r["state"] for r in server.rows("card")}
    assert {c for c, state in states.items() if state == "released"} == {
        "BH-001",
        "BH-003",
        "GK-001",
    }


def test_no_entry_is_set_aside_for_a_fault_that_every_turn_has(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Audits, turn: Any) -> None:
        raise ZeroDivisionError("a fault of this server")

    post = Post(server, "post", online=False)
    post.scan("withdrawal", tag("BH", 1), "06:01")
    post.scan("withdrawal", tag("BH", 2), "06:02")
    server.set("06:03")
    with monkeypatch.context() as broken:
        broken.setattr(Audits, "run", failing)
        assert server.land(post.page()) == []
    assert server.rows("quarantine") == []
    post.come_back()
    assert {r["id"] for r in server.rows("card", state="released")} == {"BH-001", "BH-002"}
