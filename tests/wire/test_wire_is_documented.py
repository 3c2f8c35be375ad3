"""docs/wire.md names every message, key and word of the wire, and its examples are real messages."""

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

from pullcord_wire.codec import (
    ENTRY_BYTES,
    FRAME_BYTES,
    PAGE_BYTES,
    PAGE_ENTRIES,
    decode,
    encode,
    encode_entry,
)
from pullcord_wire.document import DEPTH, FRAME_DEPTH
from pullcord_wire.message import (
    Ack,
    Body,
    ClockState,
    Command,
    Entry,
    EntryType,
    Event,
    LampsMessage,
    Message,
    Page,
    Pattern,
    Refused,
    Status,
    Verdict,
    VerdictMessage,
)
from pullcord_wire.topic import Kind, events_topic, topic
from support.wire_examples import BODIES, MESSAGES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "wire.md").read_text()
SECTIONS = {
    part.splitlines()[0]: part for part in re.split(r"^##+ ", DOCUMENT, flags=re.MULTILINE)[1:]
}
EXAMPLES: list[tuple[type[Message], str]] = [
    (kind, example)
    for title, kind in {
        "Page": Page,
        "Ack": Ack,
        "Status": Status,
        "Verdict": VerdictMessage,
        "Lamps": LampsMessage,
        "Command and report": Command,
        "Events": Event,
    }.items()
    for example in re.findall(r"```json\n(.*?)```", SECTIONS[title], flags=re.DOTALL)
]


def rows(section: str) -> set[str]:
    """Everything in backticks in the first column of the section's tables."""
    first_cells = re.findall(r"^\| (.*?) \|", SECTIONS[section], flags=re.MULTILINE)
    return {word for cell in first_cells for word in re.findall(r"`(.*?)`", cell)}


@pytest.mark.parametrize("kind", [*get_args(Message), *get_args(Body), Refused])
def test_every_class_of_the_wire_is_named(kind: type) -> None:
    assert f"`{kind.__name__}`" in DOCUMENT


@pytest.mark.parametrize(
    ("section", "names"),
    [
        ("Page", ["page"]),
        ("Ack", ["ack"]),
        ("Status", ["status"]),
        ("Verdict", ["verdict"]),
        ("Lamps", ["lamps"]),
        ("Command and report", ["command", "report"]),
        ("Events", ["event", "event of a refill"]),
    ],
)
def test_each_message_has_a_row_for_every_key_and_for_nothing_else(
    section: str, names: list[str]
) -> None:
    keys = {key for name in names for key in json.loads(encode(MESSAGES[name][0]))}
    assert rows(section) == keys


@pytest.mark.parametrize("kind", EntryType)
def test_each_entry_type_has_its_keys(kind: EntryType) -> None:
    entry = Entry(1, kind, 0, 0.0, ClockState.UNSET, BODIES[kind][0])
    common = {"seq", "type", "at", "up", "clock"}
    keys = json.loads(encode_entry(entry)).keys() - common
    table = SECTIONS["Entries"]
    (row,) = [
        line
        for line in table.splitlines()
        if re.match(rf"\| [^|]*`{kind.value}`[^|]*`{type(entry.body).__name__}`", line)
    ]
    assert set(re.findall(r"`([a-z]+)`", row.split("|")[2])) == keys
    assert common <= rows("Entries")


@pytest.mark.parametrize("words", [Kind, EntryType, ClockState, Pattern, Verdict])
def test_every_word_of_the_closed_sets_is_named(words: type[StrEnum]) -> None:
    assert [word for word in words if f"`{word.value}`" not in DOCUMENT] == []


def test_the_topics_and_limits_are_the_codes() -> None:
    assert (
        f"`{topic('S', 'T', Kind.ACK)}`".replace("S/T/ack", "{site}/{station}/{kind}") in DOCUMENT
    )
    assert f"`{events_topic('S', 'T')}`".replace("S", "{site}").replace("/T", "/{type}") in DOCUMENT
    for limit in (
        f"{PAGE_ENTRIES} entries",
        f"{PAGE_BYTES // 1024} KiB",
        f"{FRAME_BYTES // 1024 // 1024} MiB",
        f"{ENTRY_BYTES // 1024} KiB",
        f"{FRAME_DEPTH} brackets deep",
        f"{DEPTH} levels",
    ):
        assert limit in DOCUMENT


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_every_example_is_a_real_message_written_as_ours_are(
    kind: type[Message], example: str
) -> None:
    message = decode(kind, example.encode())
    compact = json.dumps(json.loads(example), separators=(",", ":"))
    assert encode(message).decode() == compact


def test_there_is_an_example_of_every_message() -> None:
    assert len(EXAMPLES) == 8
