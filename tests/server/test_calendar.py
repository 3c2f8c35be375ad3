"""Working time against known days, against the clock changes, and against a slow reference."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullcord_server.domain.calendar import (
    add,
    between,
    has_working_time,
    next_change,
    next_time,
    working,
    works_on,
)
from pullcord_server.domain.plant import DAY, HOUR, MINUTE, Calendar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(text: str, zone: str = "UTC", fold: int = 0) -> int:
    """'2026-11-23 13:50' on the clock of `zone` as ms."""
    shown = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (shown.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)


def minutes(*spans: str) -> tuple[tuple[int, int], ...]:
    """'06:00-14:00' as minutes of the day."""
    return tuple((int(s[:2]) * 60 + int(s[3:5]), int(s[6:8]) * 60 + int(s[9:])) for s in spans)


WEEK = (0, 1, 2, 3, 4)
EARLY = Calendar("UTC", WEEK, minutes("06:00-14:00"))
TWO_SHIFTS = Calendar(
    "UTC", WEEK, minutes("06:00-14:00", "14:00-22:00"), minutes("10:00-10:15"), ("2026-11-25",)
)
NIGHT = Calendar("UTC", WEEK, minutes("22:00-06:00"), minutes("02:00-02:30"))
BERLIN_NIGHT = Calendar("Europe/Berlin", (5, 6), minutes("22:00-06:00"))


def test_no_calendar_is_always_working() -> None:
    assert add(None, 5, 7) == 12
    assert between(None, 12, 5) == -7
    assert working(None, 0)
    assert next_change(None, 0) is None


def test_a_due_time_goes_on_in_the_next_shift() -> None:
    assert add(EARLY, at("2026-11-23 13:50"), 45 * MINUTE) == at("2026-11-24 06:35")


def test_a_due_time_at_the_very_end_of_a_shift_stays_there() -> None:
    assert add(EARLY, at("2026-11-23 13:15"), 45 * MINUTE) == at("2026-11-23 14:00")


def test_a_due_time_from_outside_a_shift_counts_from_its_start() -> None:
    assert add(EARLY, at("2026-11-23 18:00"), 45 * MINUTE) == at("2026-11-24 06:45")


def test_friday_goes_on_at_monday() -> None:
    assert add(EARLY, at("2026-11-27 13:50"), 45 * MINUTE) == at("2026-11-30 06:35")


def test_nothing_to_work_is_due_at_once_even_at_night() -> None:
    assert add(EARLY, at("2026-11-23 18:00"), 0) == at("2026-11-23 18:00")


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        add(EARLY, 0, -1)


def test_breaks_and_holidays_stand_still() -> None:
    assert between(TWO_SHIFTS, at("2026-11-23 09:00"), at("2026-11-23 11:00")) == 105 * MINUTE
    assert between(TWO_SHIFTS, at("2026-11-24 21:00"), at("2026-11-26 07:00")) == 2 * HOUR
    assert not working(TWO_SHIFTS, at("2026-11-25 08:00"))
    assert working(TWO_SHIFTS, at("2026-11-24 14:00"))


def test_a_night_shift_belongs_to_the_day_it_starts_on() -> None:
    assert working(NIGHT, at("2026-11-28 05:59"))  # Saturday morning, Friday's shift
    assert not working(NIGHT, at("2026-11-28 22:30"))
    assert not working(NIGHT, at("2026-11-23 05:00"))  # Monday morning, nobody's
    assert not working(NIGHT, at("2026-11-28 02:10"))
    assert between(NIGHT, at("2026-11-27 12:00"), at("2026-11-30 12:00")) == 450 * MINUTE


def test_a_night_shift_before_a_holiday_is_worked_to_its_end() -> None:
    calendar = Calendar("UTC", WEEK, minutes("22:00-06:00"), (), ("2026-11-25",))
    assert working(calendar, at("2026-11-25 05:00"))
    assert not working(calendar, at("2026-11-25 23:00"))


def test_a_shift_of_a_whole_day_may_start_anywhere() -> None:
    calendar = Calendar("UTC", WEEK, minutes("06:00-06:00"))
    assert working(calendar, at("2026-11-28 05:59"))
    assert not working(calendar, at("2026-11-28 06:00"))
    assert between(calendar, at("2026-11-23 00:00"), at("2026-11-30 00:00")) == 5 * DAY


def test_a_night_shift_is_nine_hours_long_when_the_clock_goes_back() -> None:
    start, end = at("2026-10-24 22:00", "Europe/Berlin"), at("2026-10-25 06:00", "Europe/Berlin")
    assert between(BERLIN_NIGHT, start, end) == 9 * HOUR
    assert add(BERLIN_NIGHT, start, 9 * HOUR) == end


def test_a_night_shift_is_seven_hours_long_when_the_clock_goes_ahead() -> None:
    start, end = at("2026-03-28 22:00", "Europe/Berlin"), at("2026-03-29 06:00", "Europe/Berlin")
    assert between(BERLIN_NIGHT, start, end) == 7 * HOUR


def test_a_shift_that_the_clock_skips_has_no_time_that_night() -> None:
    calendar = Calendar("Europe/Berlin", (5, 6), minutes("02:15-02:45", "22:00-23:00"))
    start, end = at("2026-03-29 00:00", "Europe/Berlin"), at("2026-03-29 12:00", "Europe/Berlin")
    assert between(calendar, start, end) == 0
    assert add(calendar, start, 1) == at("2026-03-29 22:00", "Europe/Berlin") + 1


def test_a_day_that_the_clock_skips_is_no_day() -> None:
    calendar = Calendar("Pacific/Apia", shifts=minutes("06:00-14:00"))
    start = at("2011-12-29 12:00", "Pacific/Apia")
    assert add(calendar, start, 3 * HOUR) == at("2011-12-31 07:00", "Pacific/Apia")
    assert between(calendar, start, at("2011-12-31 07:00", "Pacific/Apia")) == 3 * HOUR


def test_a_day_may_begin_later_than_midnight() -> None:
    calendar = Calendar("America/Sao_Paulo", shifts=minutes("00:00-02:00"))
    start = at("2018-11-03 23:00", "America/Sao_Paulo")  # the clock goes from 00:00 to 01:00
    assert next_change(calendar, start) == at("2018-11-04 01:00", "America/Sao_Paulo")
    assert between(calendar, start, start + 12 * HOUR) == HOUR


def test_a_shift_ends_when_its_end_is_first_shown() -> None:
    calendar = Calendar("Europe/Berlin", (6,), minutes("01:00-02:30"))
    assert working(calendar, at("2026-10-25 02:29", "Europe/Berlin", fold=0))
    assert not working(calendar, at("2026-10-25 02:29", "Europe/Berlin", fold=1))


def test_the_next_change_passes_over_joined_shifts() -> None:
    assert next_change(TWO_SHIFTS, at("2026-11-24 05:00")) == at("2026-11-24 06:00")
    assert next_change(TWO_SHIFTS, at("2026-11-24 06:00")) == at("2026-11-24 10:00")
    assert next_change(TWO_SHIFTS, at("2026-11-24 12:00")) == at("2026-11-24 22:00")
    assert next_change(TWO_SHIFTS, at("2026-11-24 22:00")) == at("2026-11-26 06:00")


def test_work_that_never_stops_has_no_change_but_for_a_holiday() -> None:
    assert next_change(Calendar(), at("2026-11-24 05:00")) is None
    once = Calendar(holidays=("9998-06-01",))
    assert next_change(once, at("2026-11-24 05:00")) == at("9998-06-01 00:00")
    assert next_change(once, at("9998-06-01 05:00")) == at("9998-06-02 00:00")
    assert next_change(once, at("9998-06-02 00:00")) is None


@pytest.mark.parametrize("day", range(28))
def test_a_holiday_stops_round_the_clock_work_wherever_it_falls(day: int) -> None:
    holiday = date(2027, 5, 1) + timedelta(days=day)
    calendar = Calendar(holidays=(holiday.isoformat(),))
    start = at(f"{holiday.isoformat()} 00:00")
    assert next_change(calendar, at("2026-11-24 05:00")) == start
    assert next_change(calendar, start) == start + DAY


def test_a_long_closure_is_passed_over() -> None:
    closed = tuple((date(2027, 1, 1) + timedelta(days=d)).isoformat() for d in range(3650))
    calendar = Calendar("UTC", WEEK, minutes("06:00-14:00"), (), closed)
    assert add(calendar, at("2026-12-31 13:59"), 2 * MINUTE) == at("2036-12-29 06:01")
    assert next_change(calendar, at("2026-12-31 14:00")) == at("2036-12-29 06:00")


def test_a_calendar_without_working_time_is_known_as_such() -> None:
    never = Calendar("UTC", WEEK, minutes("06:00-07:00"), minutes("05:00-08:00"))
    assert not has_working_time(never)
    assert not has_working_time(Calendar("UTC", ()))
    assert has_working_time(EARLY)
    with pytest.raises(ValueError, match="no working time"):
        add(never, 0, 1)


def test_the_next_slot_is_on_a_working_day() -> None:
    slots = (480, 600)
    assert next_time(EARLY, "UTC", slots, at("2026-11-27 08:00")) == at("2026-11-27 10:00")
    assert next_time(EARLY, "UTC", slots, at("2026-11-27 10:00")) == at("2026-11-30 08:00")
    assert next_time(None, "UTC", slots, at("2026-11-27 10:00")) == at("2026-11-28 08:00")


def test_slots_are_on_the_plants_clock() -> None:
    tokyo = next_time(None, "Asia/Tokyo", (480,), at("2026-11-23 00:00"))
    assert tokyo == at("2026-11-24 08:00", "Asia/Tokyo")


def test_every_second_working_day_counts_from_the_first() -> None:
    calendar = Calendar("UTC", WEEK, minutes("06:00-14:00"), (), ("2026-11-25",))
    first = date(2026, 11, 23)
    seen = []
    now = at("2026-11-23 00:00")
    for _ in range(4):
        now = next_time(calendar, "UTC", (480,), now, every=2, first=first)
        seen.append((EPOCH + timedelta(milliseconds=now)).date().day)
    assert seen == [23, 26, 30, 2]
    before = next_time(calendar, "UTC", (480,), at("2026-11-20 00:00"), every=2, first=first)
    assert before == at("2026-11-23 08:00")


def test_no_minutes_are_no_slot() -> None:
    with pytest.raises(ValueError, match="no such time"):
        next_time(EARLY, "UTC", (), 0)


def test_a_working_day_is_neither_weekend_nor_holiday() -> None:
    assert works_on(TWO_SHIFTS, date(2026, 11, 24))
    assert not works_on(TWO_SHIFTS, date(2026, 11, 25))
    assert not works_on(TWO_SHIFTS, date(2026, 11, 28))
    assert works_on(None, date(2026, 11, 28))


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo")
MINUTE_OF_DAY = st.integers(0, 1439)
SPAN = st.tuples(MINUTE_OF_DAY, st.integers(0, 1440))
CALENDARS = st.builds(
    Calendar,
    st.sampled_from(ZONES),
    st.sets(st.integers(0, 6), min_size=1).map(lambda s: tuple(sorted(s))),
    st.lists(SPAN, max_size=3).map(tuple),
    st.lists(SPAN.filter(lambda b: b[0] != b[1]), max_size=2).map(tuple),
    st.lists(st.integers(0, 20), max_size=3).map(
        lambda ds: tuple((date(2026, 3, 20) + timedelta(days=d)).isoformat() for d in ds)
    ),
).filter(has_working_time)
#: Around the changes of clock in all the zones above.
STARTS = st.sampled_from(("2026-03-07", "2026-03-28", "2026-04-04", "2026-10-24", "2026-10-31"))
MOMENT = st.builds(lambda d, m: at(f"{d} 00:00") + m, STARTS, st.integers(0, 4 * DAY))


@given(CALENDARS, MOMENT, st.integers(0, 60 * DAY))
def test_what_was_added_lies_between(calendar: Calendar, start: int, duration: int) -> None:
    end = add(calendar, start, duration)
    assert between(calendar, start, end) == duration
    assert between(calendar, end, start) == -duration
    if duration > 0:
        assert between(calendar, start, end - 1) == duration - 1


@given(CALENDARS, MOMENT, st.integers(0, 10 * DAY), st.integers(0, 10 * DAY))
def test_time_only_goes_on(calendar: Calendar, start: int, first: int, second: int) -> None:
    middle, end = start + first, start + first + second
    whole = between(calendar, start, end)
    assert whole == between(calendar, start, middle) + between(calendar, middle, end)
    assert 0 <= whole <= end - start
    assert add(calendar, start, first) <= add(calendar, start, first + second)
    assert add(calendar, start, first) <= add(calendar, middle, first)


@given(CALENDARS, MOMENT)
def test_nothing_changes_before_the_next_change(calendar: Calendar, start: int) -> None:
    change = next_change(calendar, start)
    until = start + 3 * DAY if change is None else change
    share = between(calendar, start, until)
    assert share == (until - start if working(calendar, start) else 0)
    if change is not None:
        assert working(calendar, change) is not working(calendar, start)


@settings(max_examples=60)
@given(CALENDARS, STARTS, st.integers(0, 2 * 1440))
def test_each_minute_is_judged_as_the_clock_on_the_wall_shows(
    calendar: Calendar, day: str, length: int
) -> None:
    start = at(f"{day} 00:00")
    shown = datetime.min
    total = 0
    for now in range(start - DAY, start + length * MINUTE, MINUTE):
        local = (EPOCH + timedelta(milliseconds=now)).astimezone(ZoneInfo(calendar.timezone))
        shown = max(shown, local.replace(tzinfo=None))  # a repeated hour stands still
        expected = _works_at(calendar, shown)
        assert working(calendar, now) is expected, (local, shown)
        total += MINUTE if expected and now >= start else 0
    assert between(calendar, start, start + length * MINUTE) == total


def _works_at(calendar: Calendar, shown: datetime) -> bool:
    """The definition, minute by minute: in a shift of a working day and in no break."""
    minute = shown.hour * 60 + shown.minute
    today, yesterday = shown.date(), shown.date() - timedelta(days=1)
    for first, last in calendar.breaks:
        if first <= minute < last or (last < first and (minute >= first or minute < last)):
            return False
    for first, last in calendar.shifts or ((0, 1440),):
        passes = last <= first
        if first <= minute < (1440 if passes else last) and works_on(calendar, today):
            return True
        if passes and minute < last and works_on(calendar, yesterday):
            return True
    return False
