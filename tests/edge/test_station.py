"""What a station decides, with every clock and disk driven."""

import pytest

from pullcord_edge.core.effect import AskPage, Obey, Publish, StoreMarks
from pullcord_edge.core.feedback import FAILING, LINK_LOST, NOTICES, VERDICTS, Notice
from pullcord_edge.core.input import (
    CardSeen,
    DeviceState,
    LinkDown,
    Switched,
    TagsSeen,
    Unread,
)
from pullcord_edge.core.recall import Memory
from pullcord_wire.message import (
    Ack,
    Ask,
    CallBody,
    ClockState,
    CodeBody,
    Command,
    DeviceBody,
    EntryType,
    LevelBody,
    Pattern,
    Report,
    UndoBody,
    Verdict,
    VerdictMessage,
)
from support.station_story import MORNING, RUN, Story

CARD, OTHER = "0A00B41F2C", "0A00B41F2D"
KEPT = NOTICES[Notice.KEPT].look
ON, OFF, FAST = Pattern.ON, Pattern.OFF, Pattern.FAST


def linked(story: Story) -> Story:
    """The story with a server that answered, and that wants green."""
    story.link()
    story.answer()
    story.want(1, green=ON, red=OFF)
    return story


# Drops -----------------------------------------------------------------------------------------


def test_the_beep_comes_after_the_commit_and_without_any_network() -> None:
    story = Story()
    story.card(CARD)
    order = [each for each in story.done if each == "beep" or isinstance(each, tuple)]
    assert order == [("kept", EntryType.WITHDRAWAL), "beep"]
    assert story.look() == KEPT
    assert story.entries[0].body == CodeBody("post", CARD)
    assert story.entries[0].at == MORNING
    assert story.entries[0].clock is ClockState.SYNCED


def test_the_entry_bears_the_time_of_the_read_not_of_its_handling() -> None:
    story = Story()
    story.happen(CardSeen("post", CARD, story.up - 2.5))
    assert story.entries[0].at == MORNING - 2500
    assert story.entries[0].up == 997.5


def test_a_drop_is_asked_about_in_the_same_turn() -> None:
    story = linked(Story())
    story.done.clear()
    story.card(CARD)
    (question,) = (each.question for each in story.done if isinstance(each, AskPage))
    assert (question.journal, question.first, question.count) == (RUN, 1, 1)


def test_the_type_of_an_entry_is_the_role_of_its_reader() -> None:
    story = Story()
    story.card(CARD, "dock")
    assert story.types() == [EntryType.ARRIVAL]


def test_a_tag_that_leaves_a_box_is_removed_without_a_sound() -> None:
    story = Story()
    story.happen(TagsSeen("box", frozenset({CARD}), story.up))
    story.wait(5)
    story.done.clear()
    story.happen(TagsSeen("box", frozenset(), story.up))
    assert story.types() == [EntryType.WITHDRAWAL, EntryType.REMOVED]
    assert "beep" not in story.done


def test_a_code_that_no_server_could_read_is_refused_in_red_and_said() -> None:
    story = Story()
    story.card("a\0b", "dock")
    assert story.entries == []
    assert story.look() == NOTICES[Notice.REFUSED].look
    assert "NUL" in str(story.said("unrecordable")[0].facts["reason"])
    story.card(CARD, "dock")
    assert story.types() == [EntryType.ARRIVAL]


# Verdicts ---------------------------------------------------------------------------------------


def verdict(word: Verdict, seq: int = 1, journal: str = RUN) -> VerdictMessage:
    """The server's word on an entry."""
    return VerdictMessage(journal, seq, word, "BH-A1-003", "Brake hose 20")


@pytest.mark.parametrize("word", list(Verdict))
def test_each_verdict_has_its_own_light(word: Verdict) -> None:
    story = linked(Story())
    story.card(CARD)
    story.wait(0.25)
    story.happen(verdict(word))
    assert story.look() == VERDICTS[word].look
    others = [show for other, show in VERDICTS.items() if other is not word]
    assert VERDICTS[word].look not in [show.look for show in others]


def test_accepted_goes_on_in_green_without_a_second_beep() -> None:
    story = Story()
    story.card(CARD)
    story.wait(0.2)
    story.done.clear()
    story.happen(verdict(Verdict.ACCEPTED))
    assert story.look() == KEPT
    story.wait(0.9)
    assert story.look() == KEPT
    assert "beep" not in story.done


def test_a_verdict_is_shown_for_the_last_drop_only() -> None:
    story = linked(Story())
    story.card(CARD)
    story.wait(1.5)
    story.card(OTHER)
    story.wait(1.5)
    before = story.look()
    story.happen(verdict(Verdict.UNKNOWN, seq=1))
    assert story.look() == before
    story.happen(verdict(Verdict.UNKNOWN, seq=2, journal="01OLD"))
    assert story.look() == before
    story.happen(verdict(Verdict.UNKNOWN, seq=2))
    assert story.look() == VERDICTS[Verdict.UNKNOWN].look


def test_a_verdict_is_shown_within_three_seconds_and_once() -> None:
    story = linked(Story())
    story.card(CARD)
    story.wait(3.1)
    story.answer()
    before = story.look()
    story.happen(verdict(Verdict.UNKNOWN))
    assert story.look() == before
    story.card(OTHER)
    story.up += 0.1
    story.happen(verdict(Verdict.DUPLICATE, seq=2))
    story.happen(verdict(Verdict.UNKNOWN, seq=2))
    assert story.look() == VERDICTS[Verdict.DUPLICATE].look


# The disk -----------------------------------------------------------------------------------------


def test_a_full_disk_is_red_light_no_beep_and_heals_by_itself() -> None:
    story = linked(Story())
    story.disk = "journal.db: the disk is full; free space on it"
    story.done.clear()
    story.card(CARD)
    assert "beep" not in story.done
    assert story.look() == FAILING
    assert "journal: journal.db: the disk is full; free space on it" in story.statuses()[-1].faults
    assert story.entries == []
    story.wait(10)
    assert story.look() == FAILING
    story.disk = None
    story.wait(2.5)
    story.answer()
    assert story.look() == {"red": OFF, "green": ON}
    assert story.statuses()[-1].faults == ()
    story.wait(5.5)
    faults = [entry.body for entry in story.entries]
    assert faults == [
        DeviceBody("journal", "journal.db: the disk is full; free space on it"),
        DeviceBody("journal", None),
    ]
    assert "beep" not in story.done


def test_a_card_that_rests_while_the_disk_fails_is_kept_when_it_works_again() -> None:
    story = Story()
    story.disk = "full"
    for step in range(40):
        if step == 20:
            story.disk = None
        story.card(CARD)
        story.wait(0.1)
    assert story.types().count(EntryType.WITHDRAWAL) == 1
    assert story.done.count("beep") == 1


def test_a_level_and_a_call_of_a_failing_disk_are_recorded_later_with_their_own_time() -> None:
    story = Story(memory=Memory(empty={"bin-7": False}))
    story.disk = "full"
    story.happen(Switched("bin-7", True, story.up), Switched("cord", True, story.up))
    story.wait(1)
    story.happen(Switched("cord", False, story.up))
    story.wait(10)
    story.disk = None
    story.wait(2.5)
    kept = [(entry.type, entry.at - MORNING) for entry in story.entries]
    assert [type for type, _ in kept[:3]] == [EntryType.CALL, EntryType.LEVEL, EntryType.CALL]
    assert all(at < 1100 for _, at in kept[:3])


def test_an_undo_that_was_not_kept_can_be_asked_again() -> None:
    story = Story()
    story.card(CARD)
    story.disk = "full"
    story.press("undo")
    story.disk = None
    story.wait(2.5)
    story.press("undo")
    assert EntryType.UNDO in story.types()


# Buttons and levels ----------------------------------------------------------------------------


def test_a_press_and_its_end_are_two_entries_and_trembling_is_none() -> None:
    story = Story()
    for _ in range(10):
        story.happen(Switched("cord", True, story.up))
        story.wait(0.005)
        story.happen(Switched("cord", False, story.up))
        story.wait(0.005)
    story.wait(1)
    assert story.entries == []
    story.press("cord")
    assert [entry.body for entry in story.entries] == [
        CallBody("cord", "material", True),
        CallBody("cord", "material", False),
    ]
    assert story.done.count("beep") == 1


def test_a_cord_that_was_pulled_before_the_start_is_not_pulled_again() -> None:
    story = Story(memory=Memory(pressed={"cord": True}))
    story.happen(Switched("cord", True, story.up))
    story.wait(1)
    assert story.entries == []
    story.happen(Switched("cord", False, story.up))
    story.wait(1)
    assert [entry.body for entry in story.entries] == [CallBody("cord", "material", False)]


def test_a_button_pressed_for_too_long_is_a_fault_until_it_is_let_go() -> None:
    story = linked(Story())
    story.happen(Switched("cord", True, story.up))
    story.wait(61)
    assert "cord: stuck: pressed for 60 s" in story.statuses()[-1].faults
    story.happen(Switched("cord", False, story.up))
    story.wait(1)
    assert story.statuses()[-1].faults == ()


def test_the_last_drop_can_be_undone_once_within_a_minute() -> None:
    story = Story()
    story.card(CARD)
    story.wait(2)
    story.card(OTHER)
    story.wait(50)
    story.press("undo")
    assert story.entries[-1].body == UndoBody(f"{RUN}.2")
    assert story.look() == NOTICES[Notice.UNDONE].look
    story.wait(3)
    story.press("undo")
    assert story.types().count(EntryType.UNDO) == 1
    assert story.look() == NOTICES[Notice.REFUSED].look


def test_nothing_can_be_undone_before_a_drop_or_a_minute_after_it() -> None:
    story = Story()
    story.press("undo")
    story.wait(3)
    story.card(CARD)
    story.wait(61)
    story.press("undo")
    assert EntryType.UNDO not in story.types()


def test_a_level_counts_when_it_has_settled_and_is_not_said_twice() -> None:
    story = Story(memory=Memory(empty={"bin-7": False}))
    story.happen(Switched("bin-7", True, story.up))
    story.wait(0.3)
    story.happen(Switched("bin-7", False, story.up))
    story.wait(5)
    assert story.entries == []
    story.happen(Switched("bin-7", True, story.up))
    story.wait(5)
    assert [entry.body for entry in story.entries] == [LevelBody("bin-7", 1.0, True)]


# The link ---------------------------------------------------------------------------------------


def test_link_lost_shows_from_the_start_until_the_first_fresh_answer() -> None:
    story = Story()
    assert story.look() == LINK_LOST
    story.want(1, green=ON)
    story.link()
    assert story.look() == LINK_LOST
    story.answer()
    assert story.look() == {"green": ON}


def test_link_lost_shows_within_five_seconds_of_the_last_answer() -> None:
    story = linked(Story())
    story.wait(1.9)
    story.answer()
    story.happen(LinkDown("gone"))
    asked_at = story.up
    while story.look() != LINK_LOST:
        story.wait(0.1)
        assert story.up - asked_at <= 5.1
    assert story.look() == LINK_LOST


def test_an_old_answer_does_not_make_the_link_fresh() -> None:
    story = Story()
    story.link()
    question = next(e for e in story.done if isinstance(e, AskPage)).question
    story.wait(6)
    story.happen(Ack(RUN, 0, question.ask, "S1", MORNING))
    assert story.look() == LINK_LOST
    story.happen(Ack(RUN, 0, Ask("01OTHER", 1), "S1", MORNING))
    assert story.look() == LINK_LOST


def test_the_highest_revision_of_the_obeyed_server_is_shown() -> None:
    story = linked(Story())
    story.want(9, server="S2", red=ON)
    assert story.look() == {"green": ON, "red": OFF}
    story.want(7, amber=ON)
    story.want(5, red=ON)
    assert story.look() == {"amber": ON}
    status = story.statuses()[-1]
    assert (status.server, status.lamps_revision) == ("S1", 7)
    assert status.lamps == {"stack": {"amber": ON}}


def test_two_servers_are_a_fault_and_the_known_one_is_obeyed() -> None:
    story = linked(Story())
    story.want(9, server="S2", red=ON)
    for _ in range(4):
        story.wait(2.1)
        story.answer("S1")
        story.answer("S2")
    assert "two servers" in story.statuses()[-1].faults
    assert story.statuses()[-1].server == "S1"
    assert story.look() == {"green": ON, "red": OFF, "white": Pattern.SLOW}
    for _ in range(5):
        story.wait(2.1)
        story.answer("S1")
    assert story.look() == {"green": ON, "red": OFF}


def test_another_server_is_obeyed_after_ten_seconds_without_the_known_one() -> None:
    story = linked(Story())
    story.want(3, server="S2", red=ON)
    for _ in range(6):
        story.wait(2.1)
        story.answer("S2")
    assert story.statuses()[-1].server == "S2"
    assert story.look() == {"red": ON}


def test_the_status_comes_every_two_seconds_and_at_each_change() -> None:
    story = linked(Story())
    story.done.clear()
    for _ in range(5):
        story.wait(2.01)
        story.answer()
    assert 5 <= len(story.statuses()) <= 6
    story.done.clear()
    story.happen(DeviceState("post", "absent"))
    (status,) = story.statuses()
    assert status.faults == ("post: absent",)
    assert status.online
    assert status.version == "1.0"


def test_the_status_says_what_was_heard_and_what_waits() -> None:
    story = linked(Story())
    story.wait(2.1)
    story.answer()
    heard = story.now.at
    story.card(CARD)
    story.wait(2.1)
    status = story.statuses()[-1]
    assert (status.backlog, status.heard, status.clock) == (1, heard, ClockState.SYNCED)
    story.answer()
    assert any(isinstance(each, StoreMarks) and each.marks == {RUN: 1} for each in story.done)


def test_nothing_is_published_without_the_broker() -> None:
    story = Story()
    story.card(CARD)
    story.wait(20)
    assert not [each for each in story.done if isinstance(each, Publish | AskPage)]


def test_an_unreadable_message_is_said() -> None:
    story = Story()
    story.happen(Unread("pullcord/v1/a/b/ack", "is not JSON"))
    assert story.said("unreadable")


# Devices -----------------------------------------------------------------------------------------


def test_a_broken_reader_is_on_lamp_status_and_journal_and_heals() -> None:
    story = linked(Story())
    story.happen(DeviceState("post", "unplugged"))
    assert story.look() == {"green": ON, "red": OFF, "white": Pattern.SLOW}
    story.wait(1)
    story.happen(DeviceState("post", None))
    assert story.look() == {"green": ON, "red": OFF}
    story.wait(5)
    bodies = [entry.body for entry in story.entries]
    assert bodies == [DeviceBody("post", "unplugged"), DeviceBody("post", None)]


def test_a_storm_of_plugging_is_bounded_in_the_journal_and_ends_in_the_truth() -> None:
    story = Story()
    for _ in range(500):
        story.happen(DeviceState("post", "unplugged"))
        story.wait(0.05)
        story.happen(DeviceState("post", None))
        story.wait(0.05)
    story.wait(10)
    assert len(story.entries) <= 12
    assert story.entries[-1].body == DeviceBody("post", None)


def test_a_reader_that_works_from_the_start_is_no_news() -> None:
    story = Story()
    story.happen(DeviceState("post", None))
    story.wait(10)
    assert story.entries == []


def test_a_reader_that_was_broken_in_the_last_start_and_works_now_is_news() -> None:
    story = Story(memory=Memory(faulty=frozenset({"post"})))
    story.wait(10)
    assert story.entries == []
    story.happen(DeviceState("post", None))
    assert [entry.body for entry in story.entries] == [DeviceBody("post", None)]


# Clocks -------------------------------------------------------------------------------------------


def unset(last_known_at: int | None = None) -> Story:
    """A station whose clock says 1970."""
    return Story(synced=False, wall_at_boot=0, last_known_at=last_known_at)


def test_a_boot_without_a_clock_follows_the_last_known_time() -> None:
    story = unset(MORNING)
    story.wait(2)
    story.card(CARD)
    (entry,) = story.entries
    assert (entry.at, entry.clock, entry.up) == (MORNING + 2000, ClockState.UNSET, 1002.0)


def test_a_clock_that_becomes_right_is_an_entry_before_all_later_ones() -> None:
    story = unset()
    story.card(CARD)
    story.synced, story.wall_at_boot = True, MORNING - 1_000_000
    story.card(OTHER)
    assert story.types() == [EntryType.WITHDRAWAL, EntryType.CLOCK, EntryType.WITHDRAWAL]
    assert story.entries[1].at == MORNING
    assert story.entries[1].clock is ClockState.SYNCED


def test_entries_of_an_earlier_start_of_this_boot_are_corrected_at_the_next() -> None:
    story = Story(memory=Memory(clock_due=True))
    assert story.types() == [EntryType.CLOCK]


def poll(story: Story, seconds: int, rate: float) -> None:
    """The server answers every two seconds; its clock runs at `rate`."""
    begun = story.up
    for _ in range(seconds // 2):
        story.wait(2.0)
        story.answer(now=MORNING + round((story.up - begun) * 1000 * rate))


def test_an_unset_clock_is_set_from_a_server_whose_clock_runs() -> None:
    story = unset()
    story.link()
    poll(story, 10, rate=1.0)
    assert story.types() == [EntryType.CLOCK]
    assert story.entries[0].clock is ClockState.SERVER
    assert abs(story.entries[0].at - MORNING - 6000) < 100
    assert story.statuses()[-1].clock is ClockState.SERVER


def test_many_answers_in_a_moment_prove_no_clock() -> None:
    story = unset()
    story.link()
    for _ in range(50):
        story.card(CARD)
        story.card(OTHER)
        story.answer(now=MORNING)
        story.wait(0.01)
    assert EntryType.CLOCK not in story.types()


@pytest.mark.parametrize("rate", [0.0, 30.0, -1.0])
def test_a_driven_servers_time_is_taken_by_no_station(rate: float) -> None:
    story = unset()
    story.link()
    poll(story, 60, rate)
    assert EntryType.CLOCK not in story.types()
    assert story.statuses()[-1].clock is ClockState.UNSET


def test_a_set_clock_takes_no_time_from_a_server() -> None:
    story = Story()
    story.link()
    poll(story, 20, rate=1.0)
    assert story.entries == []


def test_the_time_service_is_believed_over_the_server() -> None:
    story = unset()
    story.link()
    poll(story, 10, rate=1.0)
    story.synced, story.wall_at_boot = True, MORNING - 900_000
    story.card(CARD)
    assert [entry.clock for entry in story.entries] == [
        ClockState.SERVER,
        ClockState.SYNCED,
        ClockState.SYNCED,
    ]


# Commands ------------------------------------------------------------------------------------------


def test_identify_blinks_and_is_reported_once_however_often_it_is_delivered() -> None:
    story = linked(Story())
    for _ in range(3):
        story.happen(Command("c1", "identify"))
    reports = [e.message for e in story.done if isinstance(e, Publish)]
    assert reports.count(Report("c1", "identify", {"result": "done"})) == 1
    assert story.look()["blue"] is FAST


def test_other_commands_are_handed_out() -> None:
    story = linked(Story())
    story.happen(Command("c2", "provision", {"reader": "post"}))
    assert Obey(Command("c2", "provision", {"reader": "post"})) in story.done


# Life -------------------------------------------------------------------------------------------


def test_nothing_grows_over_a_long_quiet_life() -> None:
    story = linked(Story())
    for number in range(300):
        story.card(f"{number:010}")
        story.wait(0.5)
        story.answer()
        story.done.clear()
    assert len(story.station._commands) == 0
    assert len(story.station._recorder._ledger._asked) == 0
    assert story.types() == [EntryType.WITHDRAWAL] * 300
