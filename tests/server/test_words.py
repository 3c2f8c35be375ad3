"""What a worker reads with a verdict: in the language of the station, and that an old print is to be replaced."""

from pathlib import Path
from string import Formatter

import pytest

from pullcord_server.desk.action.card import print_card
from pullcord_server.domain.card import State
from pullcord_server.domain.code import printed_code
from pullcord_server.domain.language import Words, words_of
from pullcord_server.domain.plant import Language
from pullcord_server.domain.plant_diff import diff
from pullcord_server.domain.plant_file import parse_plant
from pullcord_server.domain.problem import WrongFile
from pullcord_wire.message import Verdict
from support.desk import Server, new_database, tag, tags
from support.post import Post

PLANT = """
site = "s1"
language = "de"
[[process]]
id = "assembly"
[[process]]
id = "machining"
[[item]]
id = "hose"
name = "Hose"
[[loop]]
id = "BH"
kind = "withdrawal"
item = "hose"
source = "machining"
consumer = "assembly"
quantity = 20
cards = 4
lead_time = "1h"
scans = ["withdrawal", "arrival"]
release = "count"
release_count = 3
[[station]]
id = "post"
process = "assembly"
[[station]]
id = "other"
process = "assembly"
language = "ja"
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """At six, with that plant."""
    made = Server(new_database(tmp_path / "a.db"))
    made.set("06:00")
    made.apply(PLANT + tags(BH=4))
    return made


def names(text: str) -> set[str]:
    """What a text has to be filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", Language)
def test_every_language_says_all_that_can_be_said(language: Language) -> None:
    words, english = words_of(language), words_of(Language.EN)
    assert set(words.verdicts) == set(Verdict) - {Verdict.ACCEPTED}
    assert set(words.states) == set(State)
    for verdict, text in words.verdicts.items():
        assert names(text) == names(english.verdicts[verdict])
    assert names(words.gathering) == {"waiting", "need"}
    assert all(said(words))
    assert len(set(words.verdicts.values())) == len(words.verdicts)


def said(words: Words) -> list[str]:
    """Every word of a language."""
    return [*words.verdicts.values(), *words.states.values(), words.waits, words.replace]


def test_a_verdict_is_in_the_language_of_the_station_that_shows_it(server: Server) -> None:
    post, other = Post(server, "post"), Post(server, "other")
    post.scan("withdrawal", tag("BH", 1))
    other.scan("withdrawal", tag("BH", 2))
    post.scan("withdrawal", tag("BH", 1))
    other.scan("withdrawal", "FFFF")
    assert [v.text for v in server.verdicts()] == [
        "Hose 20, 1 von 3 warten",
        "Hose 20, 3 枚中 2 枚待ち",
        "Hose 20: schon gebucht",
        "不明なカード",
    ]


def test_a_station_that_the_plant_does_not_know_reads_the_plants_language(server: Server) -> None:
    Post(server, "stranger").scan("withdrawal", "FFFF")
    assert [v.text for v in server.verdicts()] == ["Karte unbekannt"]


def test_the_old_print_works_and_asks_to_be_replaced_until_the_new_one_is_scanned(
    server: Server,
) -> None:
    post = Post(server, "post")
    old, new = printed_code("BH-001", 1), printed_code("BH-001", 2)
    post.scan("withdrawal", old)
    server.act(lambda turn: print_card(turn, "BH-001", "kim", "torn"))
    server.set("07:00")
    post.scan("arrival", old)
    server.set("08:00")
    post.scan("withdrawal", new)
    server.set("09:00")
    post.scan("arrival", old)
    assert [(v.verdict, v.text) for v in server.verdicts()] == [
        (Verdict.ACCEPTED, "Hose 20, 1 von 3 warten"),
        (Verdict.ACCEPTED, "Hose 20: Karte ersetzen"),
        (Verdict.ACCEPTED, "Hose 20, 1 von 3 warten"),
        (Verdict.OLD_PRINT, "Hose 20: alter Druck, Karte entnehmen"),
    ]


def test_a_language_that_pullcord_does_not_speak_is_refused() -> None:
    with pytest.raises(WrongFile, match=r'language.*must be one of "en", "de", "es", "fr", "ja"'):
        parse_plant(PLANT.replace('"ja"', '"tlh"'))


def test_another_language_is_shown_before_it_is_applied() -> None:
    was = parse_plant(PLANT)
    now = parse_plant(PLANT.replace('language = "de"', 'language = "fr"'))
    assert "~ language: de → fr" in diff(was, now).lines
