"""How far a journal is committed, and what a page may do."""

from pullcord_server.domain.watermark import AckEarlier, Apply, Lost, judge
from pullcord_wire.message import (
    Ask,
    ClockState,
    CodeBody,
    Entry,
    EntryType,
    Follows,
    Page,
    Refused,
)


def entry(seq: int) -> Entry:
    return Entry(seq, EntryType.READ, 0, 0.0, ClockState.SYNCED, CodeBody("post", "A"))


def page(
    *numbers: int,
    follows: Follows | None = None,
    held: int = 1,
    acked: int = 0,
    journal: str = "J1",
) -> Page:
    entries = tuple(entry(seq) for seq in numbers)
    return Page(journal, follows, held, acked, Ask("J1", 1), "assy1-post", "b1", entries)


def test_the_first_page_of_a_first_journal_is_applied_and_the_journal_written_down() -> None:
    assert judge(page(1, 2), None, None, ()) == Apply(2, (entry(1), entry(2)), new=True)


def test_an_empty_page_makes_a_journal_known() -> None:
    assert judge(page(), None, None, ()) == Apply(0, new=True)


def test_the_next_entries_are_applied() -> None:
    assert judge(page(8, 9, acked=7), 7, None, ()) == Apply(9, (entry(8), entry(9)))


def test_entries_up_to_the_watermark_have_no_effect_and_are_acked() -> None:
    assert judge(page(1, 2), 7, None, ()) == Apply(7)


def test_of_a_page_that_overlaps_the_rest_alone_is_applied() -> None:
    assert judge(page(6, 7, 8, acked=5), 7, None, ()) == Apply(8, (entry(8),))


def test_behind_a_gap_nothing_is_applied_and_the_watermark_acked() -> None:
    assert judge(page(9, acked=8), 7, None, ()) == Apply(7)


def test_an_empty_page_of_a_known_journal_is_acked() -> None:
    assert judge(page(acked=7), 7, None, ()) == Apply(7)


def test_a_refused_entry_takes_its_place() -> None:
    refused = Refused(3, "type: must be one of …", "{}")
    mixed = Page("J1", None, 1, 2, Ask("J1", 1), "p", "b", (refused, entry(4)))
    assert judge(mixed, 2, None, ()) == Apply(4, (refused, entry(4)))


def test_while_the_journal_before_is_not_known_that_one_is_acked_with_zero() -> None:
    assert judge(page(1, follows=Follows("J0", 4)), None, None, ()) == AckEarlier("J0", 0)


def test_while_the_journal_before_is_not_complete_that_one_is_acked() -> None:
    assert judge(page(1, follows=Follows("J0", 4)), None, 3, ()) == AckEarlier("J0", 3)


def test_an_empty_journal_before_must_be_known_too_or_those_before_it_are_never_asked_for() -> None:
    assert judge(page(1, follows=Follows("J0", 0)), None, None, ()) == AckEarlier("J0", 0)
    assert judge(page(1, follows=Follows("J0", 0)), None, 0, ()) == Apply(1, (entry(1),), new=True)


def test_behind_a_complete_journal_the_next_one_begins() -> None:
    done = judge(page(1, follows=Follows("J0", 4)), None, 4, {"J1"})
    assert done == Apply(1, (entry(1),), new=True)


def test_a_known_journal_does_not_look_at_the_one_before() -> None:
    assert judge(page(2, follows=Follows("J0", 4), acked=1), 1, None, {"J1", "J2"}) == Apply(
        2, (entry(2),)
    )


def test_what_the_station_has_no_more_is_lost_and_passed_when_it_knows_what_is_needed() -> None:
    done = judge(page(6, 7, held=6, acked=2), 2, None, ())
    assert done == Apply(7, (entry(6), entry(7)), lost=Lost(3, 5))


def test_an_empty_page_can_prove_a_loss() -> None:
    assert judge(page(held=6, acked=2), 2, None, ()) == Apply(5, lost=Lost(3, 5))


def test_a_new_journal_can_begin_with_a_loss() -> None:
    done = judge(page(4, held=4, acked=0), None, None, ())
    assert done == Apply(4, (entry(4),), lost=Lost(1, 3), new=True)


def test_nothing_is_lost_as_long_as_the_station_believes_it_acked() -> None:
    assert judge(page(6, held=6, acked=5), 2, None, ()) == Apply(2)


def test_nothing_is_lost_as_long_as_the_station_does_not_know_how_far_the_server_is() -> None:
    assert judge(page(6, held=6, acked=1), 2, None, ()) == Apply(2)


def test_nothing_is_lost_where_the_next_entry_is_still_held() -> None:
    assert judge(page(acked=2, held=3), 2, None, ()) == Apply(2)


def test_an_entry_in_the_page_is_not_lost_whatever_its_head_says() -> None:
    assert judge(page(3, 4, held=6, acked=2), 2, None, ()) == Apply(4, (entry(3), entry(4)))


def test_two_journals_that_follow_the_same_one_are_a_fork() -> None:
    done = judge(page(1, follows=Follows("J0", 4)), None, 4, {"J9"})
    assert done == Apply(1, (entry(1),), new=True, forked=True)


def test_a_journal_that_follows_less_than_is_known_is_a_fork() -> None:
    done = judge(page(follows=Follows("J0", 4)), None, 6, ())
    assert done == Apply(0, new=True, forked=True)


def test_journals_that_follow_nothing_are_no_fork() -> None:
    assert judge(page(1), None, None, {"J9"}) == Apply(1, (entry(1),), new=True)


def test_a_fork_is_found_once() -> None:
    assert judge(page(2, follows=Follows("J0", 4), acked=1), 1, 6, {"J9"}) == Apply(2, (entry(2),))
