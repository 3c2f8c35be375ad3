"""What a station asks its server, and what the answers mean: each rule with driven time."""

from collections.abc import Iterable
from math import inf

import pytest

from pullcord_edge.core.replication import JournalHead, Question, Replication
from pullcord_wire.message import Ack, Ask, Follows

SITE = "tsutsumi"
T = 1000.0


def head(
    id: str, last: int = 0, acked: int = 0, held: int = 1, follows: str = "", site: str = SITE
) -> JournalHead:
    before = Follows(follows, 9) if follows else None
    return JournalHead(id, before, last, held, acked, site)


def station(*heads: JournalHead, jitter: float = 0.0) -> Replication:
    journals = heads or (head("J0"),)
    replication = Replication(journals[-1].id, SITE, journals, lambda: jitter)
    replication.connected(T)
    return replication


def ask(replication: Replication, now: float) -> Question:
    question = replication.due(now)
    assert question is not None, f"nothing is due at {now - T:.2f} s"
    assert replication.due(now) is None
    return question


def ack(question: Question, upto: int, journal: str = "", server: str = "S0") -> Ack:
    return Ack(journal or question.journal, upto, question.ask, server, 0)


def span(question: Question) -> tuple[str, int, int]:
    return question.journal, question.first, question.count


def scan(replication: Replication, numbers: Iterable[int], now: float) -> None:
    for seq in numbers:
        replication.recorded(seq, now)


def synced(*heads: JournalHead, jitter: float = 0.0) -> Replication:
    """A station whose first question was answered: the server is known and has all up to the marks."""
    replication = station(*heads, jitter=jitter)
    question = ask(replication, T)
    replication.answered(ack(question, question.acked), T)
    return replication


# The poll -----------------------------------------------------------------------------------


def test_a_station_asks_at_once_with_an_empty_page_when_there_is_nothing_to_send() -> None:
    question = ask(station(), T)
    assert question == Question("J0", None, 1, 0, Ask("J0", 1), 1, 0)


def test_with_nothing_to_send_it_asks_every_two_seconds_answered_or_not() -> None:
    replication = station()
    first = ask(replication, T)
    assert replication.due(T + 1.99) is None
    ask(replication, T + 2.0)
    replication.answered(ack(first, 0), T + 2.5)
    assert replication.due(T + 3.99) is None
    assert ask(replication, T + 4.0).ask == Ask("J0", 3)


def test_a_page_puts_the_next_poll_off() -> None:
    replication = synced()
    replication.recorded(1, T + 1.5)
    replication.answered(ack(ask(replication, T + 1.5), 1), T + 1.6)
    assert replication.due(T + 3.49) is None
    assert ask(replication, T + 3.5).count == 0


def test_nothing_is_due_before_the_broker_is_there() -> None:
    replication = Replication("J0", SITE, [head("J0", last=3)], lambda: 0.0)
    assert replication.due(T) is None
    assert replication.next_at(T) == inf
    replication.connected(T)
    assert span(ask(replication, T)) == ("J0", 1, 3)


def test_the_broker_is_back_and_so_the_station_asks_at_once() -> None:
    replication = synced()
    replication.disconnected(T + 0.5)
    assert replication.due(T + 60) is None
    replication.connected(T + 0.9)
    ask(replication, T + 0.9)


def test_a_new_connection_is_a_new_beginning_whoever_forgot_to_tell_of_the_end() -> None:
    replication = station(head("J0", last=2000))
    for _ in range(3):
        question = ask(replication, T)
        replication.answered(ack(question, question.first + question.count - 1), T)
    for at in (T, T + 1, T + 3):
        ask(replication, at)
    replication.connected(T + 3.5)
    assert ask(replication, T + 3.5).count == 100
    assert replication.due(T + 4.49) is None
    ask(replication, T + 4.5)


def test_pages_begin_small_again_after_the_connection_was_lost() -> None:
    replication = station(head("J0", last=2000))
    for _ in range(3):
        question = ask(replication, T)
        replication.answered(ack(question, question.first + question.count - 1), T)
    replication.disconnected(T)
    replication.connected(T)
    assert ask(replication, T).count == 100


# Live ---------------------------------------------------------------------------------------


def test_a_live_entry_goes_at_once() -> None:
    replication = synced()
    replication.recorded(1, T + 0.7)
    assert replication.next_at(T + 0.7) == T + 0.7
    assert span(ask(replication, T + 0.7)) == ("J0", 1, 1)


def test_a_live_entry_goes_at_once_though_an_empty_page_is_not_answered() -> None:
    replication = station()
    ask(replication, T)
    replication.recorded(1, T + 0.1)
    assert span(ask(replication, T + 0.1)) == ("J0", 1, 1)


def test_the_next_entry_waits_for_the_answer_to_the_page_in_flight() -> None:
    replication = synced()
    replication.recorded(1, T)
    question = ask(replication, T)
    replication.recorded(2, T + 0.01)
    assert replication.due(T + 0.02) is None
    replication.answered(ack(question, 1), T + 0.03)
    assert span(ask(replication, T + 0.03)) == ("J0", 2, 1)


def test_the_next_entry_waits_a_quarter_of_a_second_at_most() -> None:
    replication = synced()
    replication.recorded(1, T)
    ask(replication, T)
    scan(replication, (2, 3), T + 0.1)
    replication.recorded(4, T + 0.3)
    assert replication.due(T + 0.34) is None
    assert replication.next_at(T + 0.34) == pytest.approx(T + 0.35)
    assert span(ask(replication, T + 0.36)) == ("J0", 1, 4)


def test_impatience_does_not_count_as_a_repeat() -> None:
    replication = synced()
    replication.recorded(1, T)
    ask(replication, T)
    replication.recorded(2, T + 0.1)
    ask(replication, T + 0.36)
    assert replication.due(T + 1.35) is None
    ask(replication, T + 1.37)


def test_an_answer_to_the_page_before_leaves_the_newest_in_flight() -> None:
    replication = synced()
    replication.recorded(1, T)
    old = ask(replication, T)
    replication.recorded(2, T + 0.1)
    new = ask(replication, T + 0.36)
    replication.answered(ack(old, 1), T + 0.4)
    assert replication.due(T + 0.5) is None
    replication.answered(ack(new, 2), T + 0.6)
    assert replication.backlog == 0


def test_when_the_page_in_flight_was_taken_by_an_earlier_copy_its_answer_lets_the_next_one_go() -> (
    None
):
    replication = station(head("J0", last=150))
    first = ask(replication, T)
    again = ask(replication, T + 1)
    replication.answered(ack(first, 100), T + 1.2)
    assert replication.due(T + 1.3) is None
    replication.answered(ack(again, 100), T + 1.4)
    assert span(ask(replication, T + 1.4)) == ("J0", 101, 50)


def test_a_copy_still_in_flight_does_not_hold_up_a_new_entry_when_nothing_is_owed() -> None:
    replication = synced()
    replication.recorded(1, T)
    first = ask(replication, T)
    ask(replication, T + 1)
    replication.answered(ack(first, 1), T + 1.1)
    replication.recorded(2, T + 1.2)
    assert span(ask(replication, T + 1.2)) == ("J0", 2, 1)


def test_a_new_entry_does_not_hurry_the_page_of_an_earlier_journal() -> None:
    replication = station(head("J0", 3), head("J1", follows="J0"))
    ask(replication, T)
    replication.recorded(1, T + 0.1)
    assert replication.due(T + 0.99) is None


def test_while_a_backlog_drains_a_new_entry_makes_no_page_of_its_own() -> None:
    replication = station(head("J0", last=3000))
    ask(replication, T)
    replication.recorded(3001, T + 0.01)
    assert replication.due(T + 0.9) is None


# Repeats ------------------------------------------------------------------------------------


def test_an_unanswered_page_is_repeated_after_1_2_4_8_and_again_8_seconds() -> None:
    replication = synced()
    replication.recorded(1, T)
    ask(replication, T)
    at = T
    for wait in (1.0, 2.0, 4.0, 8.0, 8.0, 8.0):
        pages = [(at, ask(replication, at)) for at in probes(replication, at, at + wait)]
        assert all(question.count == 0 for _, question in pages)
        at += wait
        assert span(ask(replication, at)) == ("J0", 1, 1)


def probes(replication: Replication, after: float, before: float) -> Iterable[float]:
    """The instants before `before` at which the station wants something else."""
    at = replication.next_at(after)
    while at < before:
        if at != after and replication.due(at - 0.001) is None:
            yield at
        after, at = at, replication.next_at(at)


def test_repeats_are_stretched_by_at_most_ten_percent() -> None:
    replication = synced(jitter=1.0)
    replication.recorded(1, T)
    ask(replication, T)
    assert replication.due(T + 1.09) is None
    ask(replication, T + 1.11)
    assert replication.due(T + 1.11 + 2.19) is None
    ask(replication, T + 1.11 + 2.21)


def test_a_repeat_begins_at_the_mark_and_holds_what_came_since() -> None:
    replication = synced()
    replication.recorded(1, T)
    first = ask(replication, T)
    replication.recorded(2, T + 0.1)
    ask(replication, T + 0.36)
    replication.answered(ack(first, 1), T + 0.4)
    assert span(ask(replication, T + 1.37)) == ("J0", 2, 1)


def test_after_an_answer_that_moves_the_mark_repeats_begin_with_a_second_again() -> None:
    replication = synced()
    replication.recorded(1, T)
    ask(replication, T)
    replication.answered(ack(ask(replication, T + 1), 1), T + 1.1)
    replication.recorded(2, T + 2)
    ask(replication, T + 2)
    ask(replication, T + 3)


def test_an_answer_that_moves_nothing_does_not_make_the_station_hurry() -> None:
    replication = synced()
    replication.recorded(1, T)
    replication.answered(ack(ask(replication, T), 0), T + 0.01)
    assert replication.due(T + 0.99) is None
    ask(replication, T + 1)


# Draining -----------------------------------------------------------------------------------


def test_a_backlog_drains_in_hundreds_as_fast_as_answers_come() -> None:
    replication = station(head("J0", last=1500))
    sizes = []
    while replication.backlog:
        question = ask(replication, T)
        sizes.append(question.count)
        replication.answered(ack(question, question.first + question.count - 1), T)
    assert sizes == [100, 200, 400, 500, 300]


def test_unanswered_pages_are_smaller_so_that_a_dead_server_is_not_flooded() -> None:
    replication = station(head("J0", last=3000, acked=1000), head("J1", follows="J0"))
    question = ask(replication, T)
    replication.answered(ack(question, 1000 + question.count), T)
    assert ask(replication, T).count == 200
    assert ask(replication, T + 1).count == 100


def test_pages_become_smaller_when_answers_are_slow_but_not_small() -> None:
    replication = station(head("J0", last=5000))
    now, sizes = T, []
    for wait in (0.1, 0.1, 0.1, 0.6, 0.6, 0.6, 0.1):
        question = ask(replication, now)
        sizes.append(question.count)
        now += wait
        replication.answered(ack(question, question.first + question.count - 1), now)
    assert sizes == [100, 200, 400, 500, 250, 125, 100]


def test_a_slow_answer_does_not_make_a_halved_page_grow() -> None:
    replication = station(head("J0", last=5000))
    ask(replication, T)
    replication.disconnected(T)
    replication.connected(T)
    question = ask(replication, T)
    replication.answered(ack(question, 50), T + 0.7)
    assert ask(replication, T + 0.7).count == 50


def test_journals_go_oldest_first_each_when_the_one_before_is_acked_to_its_end() -> None:
    replication = station(head("J0", 3, acked=1), head("J1", 2, follows="J0"), head("J2", 1))
    spans = []
    while replication.backlog:
        question = ask(replication, T)
        spans.append(span(question))
        replication.answered(ack(question, question.first + question.count - 1), T)
    assert spans == [("J0", 2, 2), ("J1", 1, 2), ("J2", 1, 1)]


def test_a_page_names_the_journal_before_and_what_is_held_and_acked() -> None:
    replication = station(head("J0", 9, acked=9), head("J1", 8, acked=4, held=3, follows="J0"))
    assert ask(replication, T) == Question(
        "J1", Follows("J0", 9), 3, 4, Ask("J1", 1), first=5, count=4
    )


def test_what_is_not_held_any_more_is_skipped_and_the_page_says_so() -> None:
    replication = station(head("J0", 9, acked=2, held=6))
    question = ask(replication, T)
    assert (question.held, question.acked, span(question)) == (6, 2, ("J0", 6, 4))


def test_a_journal_of_which_nothing_is_held_goes_as_an_empty_page() -> None:
    replication = station(head("J0", 9, acked=2, held=10))
    question = ask(replication, T)
    assert (question.held, question.acked, question.count) == (10, 2, 0)
    replication.answered(ack(question, 9), T)
    assert replication.backlog == 0


def test_trimmed_entries_move_what_is_held() -> None:
    replication = synced(head("J0", 9, acked=9))
    replication.trimmed("J0", 5)
    replication.trimmed("of another site", 5)
    assert ask(replication, T + 2).held == 5


# Answers ------------------------------------------------------------------------------------


def test_an_answer_to_another_run_is_ignored() -> None:
    replication = station(head("J0", 3))
    ask(replication, T)
    assert replication.answered(Ack("J0", 3, Ask("J9", 1), "S0", 0), T) is None
    assert replication.backlog == 3
    assert replication.link_lost(T)


def test_an_answer_to_a_question_that_was_never_asked_is_ignored() -> None:
    replication = station(head("J0", 3))
    ask(replication, T)
    assert replication.answered(Ack("J0", 3, Ask("J0", 2), "S0", 0), T) is None
    assert replication.backlog == 3


def test_an_answer_that_names_a_journal_the_station_has_not_is_ignored() -> None:
    replication = station(head("J0", 3))
    assert replication.answered(ack(ask(replication, T), 3, "J7"), T) is None
    assert replication.link_lost(T)


def test_an_answer_above_what_the_running_journal_holds_is_ignored() -> None:
    replication = station(head("J0", 3))
    assert replication.answered(ack(ask(replication, T), 4), T) is None
    assert replication.backlog == 3


def test_an_answer_above_what_an_earlier_journal_holds_says_that_all_of_it_is_there() -> None:
    replication = station(head("J0", 3, acked=1), head("J1", 1, follows="J0"))
    assert replication.answered(ack(ask(replication, T), 7), T) is not None
    assert replication.take_marks() == {"J0": 3}
    assert span(ask(replication, T)) == ("J1", 1, 1)


def test_an_answer_says_when_its_question_was_asked() -> None:
    replication = station()
    reply = replication.answered(ack(ask(replication, T), 0), T + 3)
    assert reply is not None
    assert reply.asked_at == T


def test_a_lower_answer_to_a_later_question_goes_back_and_refills() -> None:
    replication = synced(head("J0", 5, acked=5))
    replication.answered(ack(ask(replication, T + 2), 2), T + 2)
    assert replication.take_marks() == {"J0": 2}
    assert span(ask(replication, T + 2)) == ("J0", 3, 3)


def test_a_lower_answer_to_an_older_question_is_stale() -> None:
    replication = station(head("J0", 5))
    old = ask(replication, T)
    replication.answered(ack(ask(replication, T + 1), 5), T + 1)
    replication.answered(ack(old, 2), T + 1.1)
    assert replication.backlog == 0


def test_a_lower_answer_to_the_question_the_mark_came_from_is_stale() -> None:
    replication = station(head("J0", 5))
    question = ask(replication, T)
    replication.answered(ack(question, 5), T)
    replication.answered(ack(question, 2), T)
    assert replication.backlog == 0


def test_a_mark_told_again_comes_from_the_later_question() -> None:
    replication = synced(head("J0", 5, acked=5))
    old = ask(replication, T + 2)
    replication.answered(ack(ask(replication, T + 4), 5), T + 4)
    replication.answered(ack(old, 2), T + 4.1)
    assert replication.backlog == 0


def test_a_higher_answer_to_an_older_question_than_one_that_lowered_the_mark_is_stale() -> None:
    replication = station(head("J0", 5, acked=1))
    old = ask(replication, T)
    new = ask(replication, T + 1)
    replication.answered(ack(new, 0), T + 1.1)
    replication.answered(ack(old, 5), T + 1.2)
    assert replication.take_marks() == {"J0": 0}
    assert replication.backlog == 5


def test_a_higher_answer_to_an_older_question_counts_when_nothing_was_lowered() -> None:
    replication = station(head("J0", 5))
    old = ask(replication, T)
    new = ask(replication, T + 1)
    replication.answered(ack(new, 3), T + 1.1)
    replication.answered(ack(old, 5), T + 1.2)
    assert replication.backlog == 0


def test_a_mark_from_disk_is_lowered_by_any_answer() -> None:
    replication = station(head("J0", 5, acked=5))
    replication.answered(ack(ask(replication, T), 0), T)
    assert span(ask(replication, T)) == ("J0", 1, 5)


def test_an_answer_for_an_earlier_journal_goes_back_there() -> None:
    replication = station(
        head("J0", 3, acked=3), head("J1", 2, acked=2, follows="J0"), head("J2", 1, follows="J1")
    )
    replication.answered(ack(ask(replication, T), 0, "J1"), T)
    question = ask(replication, T)
    assert span(question) == ("J1", 1, 2)
    replication.answered(ack(question, 1, "J0"), T)
    assert span(ask(replication, T)) == ("J0", 2, 2)


def test_an_answer_for_an_earlier_empty_journal_makes_it_known_again() -> None:
    replication = station(
        head("J0", 3, acked=3), head("J1", 0, follows="J0"), head("J2", 1, follows="J1")
    )
    replication.answered(ack(ask(replication, T), 0, "J1"), T)
    empty = ask(replication, T)
    assert span(empty) == ("J1", 1, 0)
    assert replication.due(T + 0.9) is None
    replication.answered(ack(empty, 0), T)
    assert span(ask(replication, T)) == ("J2", 1, 1)


def test_a_stale_answer_does_not_end_what_a_later_one_asked_for() -> None:
    replication = station(head("J0", 0), head("J1", 1, follows="J0"))
    old = ask(replication, T)
    new = ask(replication, T + 1)
    replication.answered(ack(new, 0, "J0"), T + 1.1)
    empty = ask(replication, T + 1.1)
    replication.answered(ack(old, 0, "J0"), T + 1.2)
    replication.answered(ack(empty, 0), T + 1.3)
    assert span(ask(replication, T + 1.3)) == ("J1", 1, 1)


def test_a_stale_answer_for_an_earlier_journal_is_ignored() -> None:
    replication = station(head("J0", 2), head("J1", 1, follows="J0"))
    first = ask(replication, T)
    replication.answered(ack(first, 2), T)
    page = ask(replication, T)
    replication.answered(ack(page, 1), T)
    poll = ask(replication, T + 2)
    replication.answered(ack(poll, 1), T + 2)
    replication.answered(ack(first, 0), T + 2.1)
    assert replication.backlog == 0


def test_a_stale_answer_does_not_go_back_to_a_journal_that_was_refilled_since() -> None:
    replication = station(head("J0", 2, acked=2), head("J1", 1, follows="J0"))
    missing = ack(ask(replication, T), 0, "J0")
    replication.answered(missing, T)
    replication.answered(ack(ask(replication, T), 2), T)
    replication.answered(missing, T)
    assert span(ask(replication, T)) == ("J1", 1, 1)
    assert replication.backlog == 1


def test_a_stale_answer_does_not_ask_for_an_empty_journal_again() -> None:
    replication = station(head("J0"), head("J1", 1, follows="J0"))
    missing = ack(ask(replication, T), 0, "J0")
    replication.answered(missing, T)
    replication.answered(ack(ask(replication, T), 0), T)
    replication.answered(missing, T)
    assert span(ask(replication, T)) == ("J1", 1, 1)


def test_moved_marks_are_given_out_once() -> None:
    replication = station(head("J0", 3))
    replication.answered(ack(ask(replication, T), 2), T)
    assert replication.take_marks() == {"J0": 2}
    assert replication.take_marks() == {}


def test_questions_of_long_ago_are_forgotten_and_their_answers_ignored() -> None:
    replication = station()
    first = ask(replication, T)
    for step in range(1, 1100):
        ask(replication, T + 2 * step)
    assert replication.answered(ack(first, 0), T) is None


# What blocks --------------------------------------------------------------------------------


def drive(
    replication: Replication, poison: int, now: float, seconds: float, size: int = 0
) -> list[Question]:
    """A server that answers no page with the entry `poison`, unless it comes as `raw`."""
    asked = []
    end = now + seconds
    upto = 0
    while now < end:
        question = replication.due(now)
        if question is None:
            now = replication.next_at(now)
            continue
        asked.append(question)
        numbers = range(question.first, question.first + question.count)
        if poison in numbers and not question.raw:
            continue
        upto = numbers[-1] if numbers else upto
        replication.answered(ack(question, upto), now)
    return asked


def test_an_entry_no_server_answers_is_sent_raw_in_the_end_and_blocks_nobody() -> None:
    replication = synced()
    scan(replication, range(1, 9), T)
    asked = drive(replication, 5, T, 40)
    assert [(q.first, q.count) for q in asked if q.raw] == [(5, 1)]
    assert replication.backlog == 0


def test_one_bad_entry_among_thousands_is_found_by_halving_and_the_rest_goes_in_hundreds() -> None:
    replication = station(head("J0", 3000))
    asked = drive(replication, 1234, T, 120)
    assert [(q.first, q.count) for q in asked if q.raw] == [(1234, 1)]
    assert replication.backlog == 0
    assert max(q.count for q in asked if q.first > 1234) == 500


def test_a_dead_server_makes_no_entry_raw_and_no_page_smaller_than_it_must_be() -> None:
    replication = synced()
    scan(replication, range(1, 9), T)
    now, asked = T, []
    while now < T + 3600:
        question = replication.due(now)
        if question is None:
            now = replication.next_at(now)
        else:
            asked.append(question)
    assert {q.count for q in asked} == {0, 8}
    assert not any(q.raw for q in asked)


def test_an_entry_goes_raw_only_when_it_was_alone_in_the_pages_nobody_answered() -> None:
    replication = station(head("J0", 100))
    asked = drive(replication, 100, T, 60)
    raw = [place for place, q in enumerate(asked) if q.raw]
    before = [q.count for q in asked[: raw[0]] if q.count]
    assert before[-3:] == [1, 1, 1]
    assert [asked[place].first for place in raw] == [100]


def test_a_live_entry_no_server_answers_is_tried_alone_often_before_it_goes_raw() -> None:
    replication = synced()
    replication.recorded(1, T)
    asked = drive(replication, 1, T, 15)
    counts = [(q.count, q.raw) for q in asked if q.first == 1]
    assert counts == [
        *[(1, False), (1, False), (1, False), (0, False)],
        *[(1, False), (0, False), (1, False), (0, False), (1, True)],
    ]


def test_an_empty_page_is_not_what_the_connection_died_of() -> None:
    replication = station(head("J0", 9, acked=2, held=10), head("J1", 300, follows="J0"))
    assert ask(replication, T).count == 0
    replication.disconnected(T)
    replication.connected(T)
    replication.answered(ack(ask(replication, T), 9), T)
    assert ask(replication, T).count == 200


def test_a_page_is_halved_once_for_each_connection_that_died() -> None:
    replication = station(head("J0", last=3000))
    ask(replication, T)
    replication.disconnected(T)
    replication.disconnected(T)
    replication.connected(T)
    assert ask(replication, T).count == 50


def test_a_page_the_connection_died_of_is_halved() -> None:
    replication = station(head("J0", last=3000))
    assert ask(replication, T).count == 100
    for count in (50, 25, 12):
        replication.disconnected(T)
        replication.connected(T)
        assert ask(replication, T).count == count


def test_a_halved_page_grows_again_with_every_answer() -> None:
    replication = station(head("J0", last=3000))
    ask(replication, T)
    replication.disconnected(T)
    replication.connected(T)
    sizes = []
    for _ in range(5):
        question = ask(replication, T)
        sizes.append(question.count)
        replication.answered(ack(question, question.first + question.count - 1), T)
    assert sizes == [50, 100, 200, 400, 500]


# The link, and the server that is obeyed ----------------------------------------------------


def test_the_link_is_lost_from_the_start_until_the_first_answer() -> None:
    replication = station()
    assert replication.link_lost(T)
    replication.answered(ack(ask(replication, T), 0), T + 0.1)
    assert not replication.link_lost(T + 0.1)


def test_the_link_is_lost_at_the_start_of_the_clock_too() -> None:
    assert Replication("J0", SITE, [head("J0")], lambda: 0.0).link_lost(0.0)


def test_the_link_is_lost_five_seconds_after_the_newest_answered_question_was_asked() -> None:
    replication = station()
    replication.answered(ack(ask(replication, T), 0), T + 1.5)
    assert not replication.link_lost(T + 4.99)
    assert replication.link_lost(T + 5.01)


def test_a_late_answer_does_not_bring_the_link_back() -> None:
    replication = station()
    question = ask(replication, T)
    replication.answered(ack(question, 0), T + 6)
    assert replication.link_lost(T + 6)


def test_an_answer_to_an_older_question_does_not_lose_the_link() -> None:
    replication = station()
    old = ask(replication, T)
    new = ask(replication, T + 2)
    replication.answered(ack(new, 0), T + 2.1)
    replication.answered(ack(old, 0), T + 2.2)
    assert not replication.link_lost(T + 6.9)


def test_the_station_is_woken_when_the_link_is_lost() -> None:
    replication = station()
    replication.answered(ack(ask(replication, T), 0), T)
    replication.disconnected(T + 1)
    assert replication.next_at(T + 1) == T + 5
    assert replication.next_at(T + 5) == inf


def test_the_first_server_that_answers_is_obeyed() -> None:
    replication = station()
    assert not replication.obeys("S0")
    replication.answered(ack(ask(replication, T), 0), T)
    assert replication.obeys("S0")
    assert replication.server == "S0"


def test_another_server_is_ignored_as_long_as_the_known_one_answers() -> None:
    replication = synced(head("J0", 5, acked=5))
    question = ask(replication, T + 2)
    assert replication.answered(ack(question, 0, server="S1"), T + 2) is None
    assert replication.backlog == 0
    replication.answered(ack(question, 5), T + 2.1)
    assert replication.faults(T + 2.1) == ("two servers",)
    assert replication.obeys("S0")


def test_another_server_is_obeyed_after_ten_seconds_without_the_known_one() -> None:
    replication = synced(head("J0", 5, acked=5))
    assert replication.answered(ack(ask(replication, T + 9.9), 0, server="S1"), T + 9.9) is None
    assert replication.link_lost(T + 9.9)
    assert replication.answered(ack(ask(replication, T + 12), 0, server="S1"), T + 12) is not None
    assert replication.obeys("S1")
    assert replication.backlog == 5
    assert replication.faults(T + 12) == ()


def test_late_answers_of_a_server_that_is_gone_do_not_keep_it_known() -> None:
    replication = synced(head("J0", 5, acked=5))
    last = ack(ask(replication, T + 2), 5)
    replication.answered(last, T + 2)
    replication.answered(last, T + 11)
    question = ask(replication, T + 12.1)
    assert replication.answered(ack(question, 0, server="S1"), T + 12.1) is not None


def test_two_servers_are_a_fault_only_while_both_answer() -> None:
    replication = synced()
    replication.answered(ack(ask(replication, T + 2), 0, server="S1"), T + 2)
    assert replication.faults(T + 9) == ("two servers",)
    replication.answered(ack(ask(replication, T + 8), 0), T + 8)
    assert replication.faults(T + 12.1) == ()


def test_a_server_that_took_over_makes_no_fault() -> None:
    replication = synced()
    replication.answered(ack(ask(replication, T + 12), 0, server="S1"), T + 12)
    assert replication.faults(T + 12) == ()


# Other sites, and wrong use -----------------------------------------------------------------


def test_journals_recorded_for_another_site_are_not_sent_and_shown_in_faults() -> None:
    replication = station(
        head("J0", 3, site="motomachi"), head("J1", 2, acked=2, site="motomachi"), head("J2", 1)
    )
    assert span(ask(replication, T)) == ("J2", 1, 1)
    assert replication.backlog == 1
    assert replication.faults(T) == (
        "not sent: 2 journals recorded for site motomachi, 3 entries not acked",
    )


def test_an_empty_journal_of_another_site_is_no_fault() -> None:
    assert station(head("J0", site="motomachi"), head("J1")).faults(T) == ()


def test_an_answer_that_names_a_journal_of_another_site_is_ignored() -> None:
    replication = station(head("J0", 3, site="motomachi"), head("J1", 1))
    assert replication.answered(ack(ask(replication, T), 3, "J0"), T) is None


@pytest.mark.parametrize(
    "journals", [[], [head("J1"), head("J0")], [head("J0"), head("J1", site="motomachi")]]
)
def test_the_running_journal_must_come_last(journals: list[JournalHead]) -> None:
    with pytest.raises(ValueError, match="must come last"):
        Replication(journals[0].id if journals else "J0", SITE, journals[:2], lambda: 0.0)
