"""Walking the floor: expected against found, by loop or by station."""

import json
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk.action import audit, card
from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.audit import whereabouts
from pullcord_server.domain.card import Card, State
from pullcord_server.domain.code import printed_code
from pullcord_server.domain.plant import HOUR, Kind, Loop
from server.test_audit_stuck import PLANT, opened
from support.desk import Server, tag
from support.post import Post


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, PLANT)


def begun(server: Server, **what: str) -> str:
    return server.act(lambda turn: audit.begin(turn, "lead", **what)).id


def scan(server: Server, id_: str, *codes: str) -> None:
    server.act(lambda turn: audit.scan(turn, id_, codes, "lead"))


def row(server: Server, id_: str) -> dict[str, Any]:
    found = server.one("audit", id=id_)
    return found | {n: json.loads(found[n]) for n in ("expected", "found", "unknown")}


def test_of_a_loop_every_card_that_goes_round_is_expected_wherever_it_is(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.act(lambda turn: card.change(turn, "BH-002", "lead", "torn", blocked=True))
    server.act(lambda turn: card.change(turn, "BH-003", "lead", "gone", life="lost"))
    id_ = begun(server, loop="BH")
    assert row(server, id_)["expected"] == ["BH-001", "BH-002"]


def test_at_a_station_the_cards_are_expected_whose_place_it_is(server: Server) -> None:
    """A released withdrawal card is on its way to the source."""
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    id_ = begun(server, station="dock")
    expected = ["BH-002", "BH-003", "GK-001", "GK-002", "GK-003"]
    assert row(server, id_)["expected"] == expected


def test_a_card_is_found_by_its_tag_its_print_or_its_name(server: Server) -> None:
    id_ = begun(server, loop="BH")
    scan(server, id_, tag("BH", 1), printed_code("BH-002", 1))
    scan(server, id_, "BH-003", tag("BH", 1))
    assert row(server, id_)["found"] == ["BH-001", "BH-002", "BH-003"]


def test_a_code_that_means_no_card_is_told_and_the_others_count(server: Server) -> None:
    id_ = begun(server, loop="BH")
    scan(server, id_, "FFFF", tag("BH", 1), "FFFF")
    assert (row(server, id_)["found"], row(server, id_)["unknown"]) == (["BH-001"], ["FFFF"])


def test_what_moves_meanwhile_changes_no_expectation(server: Server) -> None:
    id_ = begun(server, station="post")
    before = row(server, id_)["expected"]
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    assert row(server, id_)["expected"] == before


def test_an_audit_moves_no_card(server: Server) -> None:
    cards = server.rows("card", "id")
    scan(server, begun(server, loop="BH"), tag("BH", 1))
    assert server.rows("card", "id") == cards
    assert server.findings() == []


@pytest.mark.parametrize(
    ("what", "type_"),
    [
        ({}, "loop-or-station"),
        ({"loop": "BH", "station": "post"}, "loop-or-station"),
        ({"loop": "XX"}, "not-found"),
        ({"station": "XX"}, "not-found"),
    ],
)
def test_an_audit_is_of_one_loop_or_station_that_there_is(
    server: Server, what: dict[str, str], type_: str
) -> None:
    with pytest.raises(Refused) as refused:
        begun(server, **what)
    assert refused.value.type == type_
    assert server.rows("audit") == []


def test_scans_of_no_audit_are_refused(server: Server) -> None:
    with pytest.raises(Refused, match="no audit A9"):
        scan(server, "A9", tag("BH", 1))


def loop(kind: Kind) -> Loop:
    consumer = "machining" if kind in (Kind.PRODUCTION, Kind.SIGNAL) else "assembly"
    return Loop("L", kind, "hose", "machining", consumer, 20, 4, HOUR, ("withdrawal", "arrival"))


@pytest.mark.parametrize(
    ("kind", "state", "place"),
    [
        (Kind.WITHDRAWAL, State.FULL, "assembly"),
        (Kind.WITHDRAWAL, State.EMPTY, "assembly"),
        (Kind.WITHDRAWAL, State.RELEASED, None),
        (Kind.WITHDRAWAL, State.IN_TRANSIT, None),
        (Kind.SUPPLIER, State.RELEASED, None),
        (Kind.PRODUCTION, State.FULL, "machining"),
        (Kind.PRODUCTION, State.EMPTY, "machining"),
        (Kind.PRODUCTION, State.RELEASED, "machining"),
        (Kind.SIGNAL, State.IN_PROCESS, "machining"),
    ],
)
def test_where_a_card_should_be_follows_from_its_loop_and_state(
    kind: Kind, state: State, place: str | None
) -> None:
    assert whereabouts(loop(kind), Card(state=state)) == place
