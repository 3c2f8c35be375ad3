"""Topics: what a station's are called, and which names may stand in them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullcord_wire.message import WireError
from pullcord_wire.topic import (
    Address,
    Kind,
    check_name,
    check_station,
    events_topic,
    parse_topic,
    subscription,
    topic,
)

names = st.text(st.characters(categories=["L", "N"], include_characters="-_.$"), min_size=1)
names = names.filter(lambda name: len(name) <= 64 and name.isprintable() and name != "events")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.JOURNAL, "pullcord/v1/tsutsumi/assy1-post/journal"),
        (Kind.STATUS, "pullcord/v1/tsutsumi/assy1-post/status"),
        (Kind.ACK, "pullcord/v1/tsutsumi/assy1-post/ack"),
        (Kind.VERDICT, "pullcord/v1/tsutsumi/assy1-post/verdict"),
        (Kind.LAMPS, "pullcord/v1/tsutsumi/assy1-post/lamps"),
        (Kind.COMMAND, "pullcord/v1/tsutsumi/assy1-post/command"),
        (Kind.REPORT, "pullcord/v1/tsutsumi/assy1-post/report"),
    ],
)
def test_each_kind_of_message_has_this_topic(kind: Kind, text: str) -> None:
    assert topic("tsutsumi", "assy1-post", kind) == text
    assert parse_topic(text) == Address("tsutsumi", "assy1-post", kind)


def test_a_server_hears_one_kind_of_every_station_with_one_filter() -> None:
    assert subscription("tsutsumi", Kind.JOURNAL) == "pullcord/v1/tsutsumi/+/journal"


def test_business_events_have_a_topic_of_the_site_a_type() -> None:
    assert events_topic("tsutsumi", "card.withdrawn") == (
        "pullcord/v1/tsutsumi/events/card.withdrawn"
    )


@given(names, names, st.sampled_from(Kind))
def test_every_good_name_survives_its_topic(site: str, station: str, kind: Kind) -> None:
    assert parse_topic(topic(site, station, kind)) == Address(site, station, kind)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "must not be empty"),
        ("x" * 65, "has 65 characters, at most 64 are allowed"),
        ("a/b", "must not contain '/'"),
        ("+", "must not contain '+'"),
        ("a#", "must not contain '#'"),
        ("*", "must not contain '*'"),
        (">", "must not contain '>'"),
        ("line 1", "must not contain ' '"),
        ("a\0", "must not contain '\\x00'"),
        ("a\n", "must not contain '\\n'"),
        ("a\u200b", "must not contain '\\u200b'"),
        ("\ud800", "must not contain '\\ud800'"),
        ("\uffff", "must not contain '\\uffff'"),
    ],
)
def test_a_name_that_some_broker_would_stumble_over_is_refused(name: str, reason: str) -> None:
    uses: list[Callable[[], str]] = [
        lambda: check_name(name),
        lambda: topic(name, "post", Kind.ACK),
        lambda: topic("site", name, Kind.ACK),
        lambda: subscription(name, Kind.ACK),
        lambda: events_topic(name, "card.withdrawn"),
        lambda: events_topic("site", name),
    ]
    for use in uses:
        with pytest.raises(WireError) as caught:
            use()
        assert caught.value.reason.startswith(reason)


def test_names_of_every_script_are_good() -> None:
    for name in ("堤", "Zelle-Ä", "line_1.b", "x" * 64):
        assert check_name(name) == name


def test_no_station_is_called_events_and_no_event_like_a_message() -> None:
    with pytest.raises(WireError, match=r"^station: must not be `events`"):
        topic("tsutsumi", "events", Kind.ACK)
    with pytest.raises(WireError, match=r"^name: must not be `events`"):
        check_station("events", "name")
    with pytest.raises(WireError, match=r"^type: must not be `status`"):
        events_topic("tsutsumi", "status")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "topic"),
        ("pullcord", "topic"),
        ("pullcord/v1/s/p", "topic"),
        ("pullcord/v1/s/p/ack/", "topic"),
        ("/pullcord/v1/s/p/ack", "topic"),
        ("pullcord/v2/s/p/ack", "topic"),
        ("Pullcord/v1/s/p/ack", "topic"),
        ("$SYS/broker/uptime", "topic"),
        ("pullcord/v1/s/p/Ack", "topic.kind"),
        ("pullcord/v1/s/p/acks", "topic.kind"),
        ("pullcord/v1//p/ack", "topic.site"),
        ("pullcord/v1/s//ack", "topic.station"),
        ("pullcord/v1/s/+/ack", "topic.station"),
        ("pullcord/v1/s/events/ack", "topic.station"),
        ("pullcord/v1/s/events/card.withdrawn", "topic.kind"),
        ("pullcord/v1/s/p/ack" * 10_000, "topic"),
    ],
)
def test_a_foreign_topic_is_refused_by_the_level_that_is_wrong(text: str, where: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_topic(text)
    assert caught.value.path == where
    assert len(str(caught.value)) < 400
