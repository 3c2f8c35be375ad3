"""Every frame of the file means what the file says, under the file's own rules of comparison."""

import pytest

from edge.readers.frame_case import FrameCase, cases, codes, decode, good, noise
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import CardRead, Event, Measurement, Status

#: These may be skipped silently; every other rejected thing must be told.
OPTIONAL = ("framing", "truncated", "empty")


def events_of(case: FrameCase) -> list[Event]:
    return decode(build(case.driver, case.options), case.data)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_frame_gives_exactly_the_reads_it_holds(case: FrameCase) -> None:
    assert codes(events_of(case)) == [read["code"] for read in case.expect.get("reads", [])]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_frame_gives_exactly_the_values_it_holds(case: FrameCase) -> None:
    values = [event for event in events_of(case) if isinstance(event, Measurement)]
    wanted = case.expect.get("values", [])
    assert [(v.value, v.unit) for v in values] == [(w["value"], w["unit"]) for w in wanted]
    for value, want in zip(values, wanted, strict=True):
        assert want["stable"] is None or value.stable == want["stable"]


@pytest.mark.parametrize(
    "case", [case for case in cases() if "noise" in case.expect], ids=lambda case: case.id
)
def test_noise_is_told_where_there_is_some_and_nowhere_else(case: FrameCase) -> None:
    told, wanted = noise(events_of(case)), case.expect["noise"]
    if not wanted:
        assert told == []
    elif wanted[0]["reason"] not in OPTIONAL:
        assert told
        assert any(each.reason.startswith(wanted[0]["reason"]) for each in told)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_the_facts_of_a_read_are_those_of_the_source(case: FrameCase) -> None:
    reads = [event for event in good(events_of(case)) if isinstance(event, CardRead)]
    for read, want in zip(reads, case.expect.get("reads", []), strict=True):
        facts = {**read.facts, "symbology": read.symbology}
        assert {key: facts.get(key) for key in want if key != "code"} == {
            key: value for key, value in want.items() if key != "code"
        }
        for key, value in case.printed.items():
            assert read.facts.get(key, value) == value


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.status], ids=lambda case: case.id
)
def test_an_answer_says_its_facts_as_status(case: FrameCase) -> None:
    facts: dict[str, object] = {}
    for event in events_of(case):
        if isinstance(event, Status):
            facts |= event.facts
    assert {key: facts.get(key) for key in case.status} == dict(case.status)
