"""plant.toml: everything it can say, and everything that is refused, each with line, key and fix."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullcord_server.domain.plant import HOUR, MINUTE, DropAt, Kind, Plant, Release, Stage
from pullcord_server.domain.plant_file import parse_plant
from pullcord_server.domain.problem import WrongFile

DATA = Path(__file__).parent / "data"
FULL = (DATA / "plant.toml").read_text()
SCENARIOS: dict[str, str] = json.loads((DATA / "scenarios.json").read_text())["plants"]


def problems(text: str) -> list[str]:
    """What is wrong with a plant.toml, one line each; [] when it is good."""
    try:
        parse_plant(text)
    except WrongFile as wrong:
        return [str(problem) for problem in wrong.problems]
    return []


def changed(old: str, new: str, text: str = FULL) -> str:
    """The full file with one text of it replaced, where it stands first."""
    assert old in text, old
    return text.replace(old, new, 1)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_plants_of_the_scenarios_are_good(name: str) -> None:
    assert problems(SCENARIOS[name]) == []
    assert parse_plant(SCENARIOS[name]).site == "s1"


@pytest.fixture(scope="module")
def plant() -> Plant:
    return parse_plant(FULL)


def test_a_withdrawal_loop_says_all_it_can(plant: Plant) -> None:
    loop = plant.loops["BH-A1"]
    assert (loop.kind, loop.item, loop.source) == (Kind.WITHDRAWAL, "90901-X0001", "machining-3")
    assert (loop.quantity, loop.cards, loop.lead_time) == (20, 6, 45 * MINUTE)
    assert loop.demand == 1
    assert (loop.release, loop.release_times) == (Release.TIMES, (480, 600))
    assert loop.strict
    assert (loop.min_cycle, loop.repeat_window) == (22 * MINUTE, 5 * MINUTE)
    assert loop.drop_at is DropAt.FIRST_PIECE
    assert not loop.start_full
    assert loop.stuck_factor == Fraction(3, 2)


def test_what_is_left_out_has_its_default(plant: Plant) -> None:
    loop = plant.loops["BH-P"]
    assert loop.consumer == "machining-3"
    assert loop.min_cycle == 30 * MINUTE
    assert loop.repeat_window == 5 * MINUTE
    assert loop.release is Release.AT_ONCE
    assert loop.drop_at is DropAt.LAST_PIECE
    assert loop.start_full
    assert not loop.strict
    assert loop.stuck_factor == 2
    assert plant.processes["press-1"].name == "press-1"
    assert plant.suppliers["seals-ltd"].stage is Stage.OBSERVE
    assert plant.items["strut"].value is None


def test_a_supplier_loop_has_its_cycle_and_slots(plant: Plant) -> None:
    loop = plant.loops["SB"]
    assert loop.cycle == (2, 3, 2)
    assert loop.slots == (480, 720, 960)
    assert (loop.cut_off, loop.cycle_start) == (30 * MINUTE, "2026-11-23")


def test_a_day_of_demand_is_the_consumers_working_day(plant: Plant) -> None:
    assert plant.loops["BH-P"].demand == 1  # 480 a day, machining works 8 h
    by_day = parse_plant(changed('demand = "60/h"', 'demand = "1890/d"'))
    assert by_day.loops["BH-A1"].demand == 2  # two shifts less a break: 945 min
    always = parse_plant(SCENARIOS["A"].replace('"60/h"', '"1440/d"'))
    assert always.loops["BH-A1"].demand == 1


def test_calendars_have_the_plants_clock_or_their_own(plant: Plant) -> None:
    assert plant.calendar is not None
    assert plant.calendar.timezone == "Asia/Tokyo"
    machining = plant.calendar_of("machining-3")
    assert machining is not None
    assert (machining.timezone, machining.shifts) == ("Asia/Tokyo", ((1320, 360),))
    seals = plant.calendar_of("seals-ltd")
    assert seals is not None
    assert seals.timezone == "Asia/Seoul"
    assert plant.calendar_of("press-1") is plant.calendar


def test_toml_dates_and_times_do_as_well_as_texts() -> None:
    text = changed('holidays = ["2027-01-01"]', "holidays = [2027-01-01]")
    text = changed('["08:00", "10:00"]', "[08:00:00, 10:00:00]", text)
    text = changed('cycle_start = "2026-11-23"', "cycle_start = 2026-11-23", text)
    assert parse_plant(text) == parse_plant(FULL)


def test_times_come_in_their_order() -> None:
    text = changed('["08:00", "12:00", "16:00"]', '["16:00", "08:00", "12:00"]')
    assert parse_plant(text).loops["SB"].slots == (480, 720, 960)


def test_one_card_is_the_triangle_and_needs_no_lot() -> None:
    text = changed('cards = 6\nlead_time = "2h"', 'cards = 1\nlead_time = "2h"')
    loop = parse_plant(changed("lot = 4\n", "", text)).loops["ST-S"]
    assert (loop.lot, loop.reorder_point) == (1, 2)


def test_a_lot_may_have_no_reorder_point() -> None:
    loop = parse_plant(changed("reorder_point = 2\n", "")).loops["ST-S"]
    assert (loop.lot, loop.reorder_point) == (4, 0)


def test_a_shift_may_end_at_24_hours() -> None:
    text = changed('[["06:00", "14:00"], ["14:00", "22:00"]]', '[["00:00", "24:00"]]')
    calendar = parse_plant(text).calendar
    assert calendar is not None
    assert calendar.shifts == ((0, 1440),)


def test_two_final_lines_that_draw_on_one_shop_may_each_have_a_pacemaker() -> None:
    text = SCENARIOS["A"].replace('id = "assembly-2"', 'id = "assembly-2"\npacemaker = true')
    text = text.replace(
        'item = "gasket"\nsource = "machining-3"\nconsumer = "assembly-1"',
        'item = "gasket"\nsource = "machining-3"\nconsumer = "assembly-2"',
    )
    plant = parse_plant(text)
    assert plant.loops["GK-A1"].consumer == "assembly-2"
    assert sum(process.pacemaker for process in plant.processes.values()) == 2


def test_a_pacemaker_that_makes_may_be_released_by_the_heijunka_box() -> None:
    loop = (
        '[[loop]]\nid = "FA"\nkind = "production"\nitem = "strut"\nsource = "assembly-1"\n'
        'quantity = 1\ncards = 9\nlead_time = "10m"\nscans = ["withdrawal", "finish"]\n'
        'release = "heijunka"\n'
    )
    assert parse_plant(FULL + loop).loops["FA"].release is Release.HEIJUNKA


def test_a_tag_may_name_a_card_that_was_issued_later() -> None:
    text = changed('card = "BH-A1-003"', 'card = "BH-A1-017"')
    assert parse_plant(text, issued={"BH-A1-017"}).tags == {"0A00B41F2C": "BH-A1-017"}
    assert parse_plant(text, issued=None).tags == {"0A00B41F2C": "BH-A1-017"}


@pytest.mark.parametrize(
    "scans",
    [["withdrawal"], ["dispatch"], ["withdrawal", "finish"], ["dispatch", "start", "finish"]],
)
def test_a_production_loop_scans_what_its_floor_does(scans: list[str]) -> None:
    text = changed('["dispatch", "start", "finish"]', json.dumps(scans))
    assert parse_plant(text).loops["BH-P"].scans == tuple(scans)


@pytest.mark.parametrize(
    ("text", "ms"),
    [("90s", 90_000), ("1h30m", 90 * MINUTE), ("1d", 24 * HOUR), ("1d2h", 26 * HOUR)],
)
def test_durations_are_read_as_people_write_them(text: str, ms: int) -> None:
    changed_text = changed('lead_time = "45m"', f'lead_time = "{text}"')
    assert parse_plant(changed_text).loops["BH-A1"].lead_time == ms


WRONG = [
    # names that are not there
    ('source = "machining-3"', 'source = "machning-3"',
     '49: loop.BH-A1.source: no process is called "machning-3"; did you mean "machining-3"?'),
    ('source = "machining-3"\n', "",
     "45: loop.BH-A1.source: is missing; write the process or supplier that fills the boxes"),
    ('consumer = "assembly-1"', 'consumer = "assembly-2"',
     '50: loop.BH-A1.consumer: no process is called "assembly-2"; did you mean "assembly-1"?'),
    ('consumer = "assembly-1"\n', "",
     "45: loop.BH-A1.consumer: is missing; write the process that uses the goods"),
    ('item = "seal"', 'item = "seel"', 'loop.SB.item: no item is called "seel"; did you mean "seal"?'),
    ('source = "seals-ltd"', 'source = "press-1"',
     'loop.SB.source: "press-1" is no supplier; a supplier loop comes from a [[supplier]]'),
    ('source = "machining-3"', 'source = "seals-ltd"',
     'loop.BH-A1.source: "seals-ltd" is no process; goods of a supplier come by kind = "supplier"'),
    # ids
    ('id = "machining-3"', 'id = "machining 3"',
     'process.machining 3.id: must be letters, digits, . _ and - (64 at most, a letter or digit '
     'first), not "machining 3"; write "machining-3"'),
    ('id = "press-1"', 'id = "assembly-1"',
     'process.assembly-1.id: is there twice: "assembly-1"; give each process its own name'),
    ('id = "seals-ltd"', 'id = "press-1"',
     'supplier.press-1.id: is a process too: "press-1"; give one of them another name'),
    ('id = "BH-P"', 'id = "BH-A1"', 'loop.BH-A1.id: is there twice: "BH-A1"'),
    ('id = "BH-A1"', 'id = "bh_a1"',
     'loop.bh_a1.id: must be made of 0-9 A-Z and - alone (32 at most, none at the ends), since it '
     'is printed on cards, not "bh_a1"; write "BH-A1"'),
    ('id = "aisle-post"', 'id = "events"',
     "station.events.id: must not be `events`: that topic belongs to the site; give the station"),
    ('site = "tsutsumi"', 'site = "tsutsumi/2"', '1: site: must be letters, digits'),
    ('site = "tsutsumi"', "", "site: is missing; write the site's name, the same as in server.toml"),
    # unknown keys
    ("lead_time =", "leadtime =", 'loop.BH-A1.leadtime: is no key of this table; did you mean "lead_time"?'),
    ("[[bin]]", "[[bins]]", 'bins: is no key of this table; did you mean "bin"?'),
    ('stage = "observe"', 'colour = "red"', "supplier.seals-ltd.colour: is no key of this table; there is"),
    # types
    ("quantity = 20", "quantity = 0",
     "51: loop.BH-A1.quantity: must be at least 1, not 0; write the number of pieces in one box"),
    ("quantity = 20", "quantity = -3", "loop.BH-A1.quantity: must be at least 1, not -3"),
    ("quantity = 20", 'quantity = "20"',
     'loop.BH-A1.quantity: must be a whole number, not "20"; write the number of pieces in one box'),
    ("quantity = 20", "quantity = true", "loop.BH-A1.quantity: must be a whole number, not true"),
    ("quantity = 20", "quantity = inf", "loop.BH-A1.quantity: must be a whole number, not inf"),
    ("quantity = 20", "quantity = 20.5", "loop.BH-A1.quantity: must be a whole number, not 20.5"),
    ("quantity = 20", "quantity = 99999999999999999999", "must be at most 1000000000, not 9999"),
    ("cards = 6", "cards = 0", "52: loop.BH-A1.cards: must be at least 1, not 0"),
    ("cards = 6", "cards = 1000", "loop.BH-A1.cards: must be at most 999, not 1000"),
    ("strict = true", 'strict = "yes"', 'loop.BH-A1.strict: must be true or false, not "yes"'),
    ("pacemaker = true", "pacemaker = 1", "process.assembly-1.pacemaker: must be true or false, not 1"),
    ('name = "Brake hose"', "name = 7", "item.90901-X0001.name: must be a text in quotes, not 7"),
    ('name = "Brake hose"', 'name = " "', 'item.90901-X0001.name: must be a text in quotes, not " "'),
    ("value = 4.12", "value = nan", "item.90901-X0001.value: must be a number, not nan"),
    ("value = 4.12", "value = 0", "item.90901-X0001.value: must be more than 0"),
    ("stuck_factor = 1.5", "stuck_factor = inf", "loop.BH-A1.stuck_factor: must be a number, not inf"),
    ("stuck_factor = 1.5", "stuck_factor = 0", "loop.BH-A1.stuck_factor: must be more than 0"),
    ('kind = "withdrawal"', 'kind = "withdrawl"',
     'loop.BH-A1.kind: must be one of "withdrawal", "production", "signal", "supplier", not '
     '"withdrawl"; did you mean "withdrawal"?'),
    ('stage = "observe"', 'stage = "shadows"', 'stage: must be one of "observe", "shadow", "pilot", "live"'),
    ('drop_at = "first-piece"', 'drop_at = "first"', "loop.BH-A1.drop_at: must be one of"),
    ('start = "empty"', 'start = "emtpy"', 'loop.BH-A1.start: must be "full" or "empty", not "emtpy"'),
    # durations, rates, times
    ('lead_time = "45m"', 'lead_time = "45 minutes"',
     '53: loop.BH-A1.lead_time: must be a duration such as "45m", "90s", "1h30m" or "1d", not '
     '"45 minutes"; write the time from release until the goods are there'),
    ('lead_time = "45m"', "lead_time = 45", "loop.BH-A1.lead_time: must be a duration"),
    ('lead_time = "45m"', 'lead_time = ""', "loop.BH-A1.lead_time: must be a duration"),
    ('lead_time = "45m"', 'lead_time = "0m"', 'loop.BH-A1.lead_time: must be more than 0, not "0m"'),
    ('lead_time = "45m"', 'lead_time = "99999d"', "loop.BH-A1.lead_time: must be at most 3660d"),
    ('min_cycle = "22m"', 'min_cycle = "-1m"', "loop.BH-A1.min_cycle: must be a duration"),
    ('demand = "60/h"', "demand = 60",
     'loop.BH-A1.demand: must be a rate, not 60; write pieces per working time: "1/min", "60/h"'),
    ('demand = "60/h"', 'demand = "60/w"', 'loop.BH-A1.demand: must be a rate, not "60/w"'),
    ('demand = "60/h"', 'demand = "0/h"', "loop.BH-A1.demand: must be more than 0"),
    ('["08:00", "10:00"]', '["8:00", "10:00"]',
     '57: loop.BH-A1.release_times[0]: must be a time such as "08:00", not "8:00"'),
    ('["08:00", "10:00"]', '["08:00", "08:00"]', 'release_times[1]: is there twice: "08:00"; leave one'),
    ('["08:00", "10:00"]', '["24:00"]', "release_times[0]: must be a time"),
    # calendars
    ('timezone = "Asia/Tokyo"', 'timezone = "Asia/Tokio"',
     '2: timezone: is not known: "Asia/Tokio"; did you mean "Asia/Tokyo"?'),
    ('timezone = "Asia/Tokyo"', 'timezone = "../etc/passwd"', '2: timezone: is not known: "../etc/passwd"'),
    ('timezone = "Asia/Tokyo"', 'timezone = "Asia"', '2: timezone: is not known: "Asia"'),
    ("days = [0, 1, 2, 3, 4]", "days = [0, 7]",
     "5: calendar.days[1]: must be a day from 0 to 6, not 7; Monday is 0, Sunday is 6"),
    ("days = [0, 1, 2, 3, 4]", "days = [0, 0]", "calendar.days[1]: is there twice: 0; leave one out"),
    ("days = [0, 1, 2, 3, 4]", "days = []", "calendar.days: leave no working time at all"),
    ('breaks = [["10:00", "10:15"]]', 'breaks = [["06:00", "22:00"]]',
     "5: calendar.days: leave no working time at all; give it days, and shorter breaks"),
    ('breaks = [["10:00", "10:15"]]', 'breaks = [["10:00", "10:00"]]',
     "calendar.breaks[0]: must be a pair of start and end"),
    ('["06:00", "14:00"]', '["06:00"]', 'calendar.shifts[0]: must be a pair of start and end, not ["06:00"]'),
    ('["06:00", "14:00"]', '["24:00", "06:00"]', "calendar.shifts[0]: must be a pair of start and end"),
    ('holidays = ["2027-01-01"]', 'holidays = ["1.1.2027"]', 'calendar.holidays[0]: must be a date, not "1.1.2027"'),
    ('holidays = ["2027-01-01"]', 'holidays = ["2027-02-30"]', "calendar.holidays[0]: must be a date"),
    ('shifts = [["22:00", "06:00"]]', 'shift = [["22:00", "06:00"]]',
     'process.machining-3.calendar.shift: is no key of this table; did you mean "shifts"?'),
    ('timezone = "Asia/Seoul"', 'timezone = "Seoul"', 'supplier.seals-ltd.calendar.timezone: is not known'),
    ('[calendar]\ndays', 'calendar = 5\n[[item]]\nid="x"\n[item.name]\ndays', "calendar: must be a table, not 5; write [calendar]"),
    # scans
    ('scans = ["withdrawal", "arrival"]', 'scans = ["withdrawal", "finish"]',
     '54: loop.BH-A1.scans: of a withdrawal loop must not be ["withdrawal", "finish"]; write '
     '["withdrawal"] or ["withdrawal", "arrival"] or ["withdrawal", "dispatch", "arrival"]'),
    ('scans = ["withdrawal", "arrival"]\n', "", "loop.BH-A1.scans: is missing; write"),
    ('scans = ["withdrawal", "arrival"]', 'scans = "withdrawal"', "loop.BH-A1.scans: of a withdrawal loop"),
    ('scans = ["withdrawal", "arrival"]', 'scans = ["withdrawal", "dispatch"]', "loop.BH-A1.scans: of a"),
    ('scans = ["withdrawal", "arrival"]', 'scans = ["arrival", "withdrawal"]', "loop.BH-A1.scans: of a"),
    ('scans = ["dispatch", "start", "finish"]', 'scans = ["start", "finish"]', "loop.BH-P.scans: of a production"),
    ('scans = ["dispatch", "start", "finish"]', 'scans = ["withdrawal", "dispatch", "finish"]', "loop.BH-P.scans: of a"),
    ('scans = ["withdrawal", "arrival"]', 'scans = ["withdrawal"]',
     "loop.BH-A1.strict: needs more than one scan to refuse anything"),
    # release
    ('release = "times"', 'release = "heijunka"',
     'loop.BH-A1.release: of a withdrawal loop must be "at-once" or "count" or "times"; write one'),
    ('demand = "480/d"', 'release = "heijunka"',
     'loop.BH-P.release: must not be "heijunka": machining-3 is no pacemaker, and only a pacemaker'),
    ('demand = "480/d"', 'release = "count"', 'loop.BH-P.release: of a production loop must be "at-once"'),
    ('release = "times"\n', "",
     'loop.BH-A1.release_times: has no use without release = "times"; leave it out'),
    ('release_times = ["08:00", "10:00"]\n', "",
     'loop.BH-A1.release_times: is missing; release = "times" needs it'),
    ('release_times = ["08:00", "10:00"]', "release_times = []", "loop.BH-A1.release_times: is missing"),
    ("release_count = 3\n", "", 'loop.CL-A1.release_count: is missing; release = "count" needs it'),
    ("release_count = 3", "release_count = 7",
     "loop.CL-A1.release_count: must be at most 6, the number of cards; else they never gather"),
    ("release_count = 3", "release_count = 0", "loop.CL-A1.release_count: must be at least 1, not 0"),
    # signal and supplier
    ("lot = 4", "lot = 5",
     "loop.ST-S.cards: must be at least 7, lot + reorder_point, not 6; else the lot would never"),
    ("lot = 4\n", "", "loop.ST-S.lot: is missing; write the number of boxes made at once"),
    ("lot = 4", "lot = 0", "loop.ST-S.lot: must be at least 1, not 0"),
    ('drop_at = "first-piece"', "lot = 4", "loop.BH-A1.lot: is for signal loops, not for a withdrawal loop; leave it out"),
    ('drop_at = "first-piece"', "cycle = [1, 1, 1]", "loop.BH-A1.cycle: is for supplier loops"),
    ("cycle = [2, 3, 2]\n", "", "loop.SB.cycle: is missing; write [A, B, C] such as [1, 6, 2]"),
    ("cycle = [2, 3, 2]", "cycle = [2, 3]", "loop.SB.cycle: must be [A, B, C], not [2, 3]; write [1, 6, 2]"),
    ("cycle = [2, 3, 2]", "cycle = [0, 3, 2]", "loop.SB.cycle: must be [A, B, C]"),
    ("cycle = [2, 3, 2]", "cycle = [true, 3, 2]", "loop.SB.cycle: must be [A, B, C]"),
    ('slots = ["08:00", "12:00", "16:00"]\n', "",
     "loop.SB.slots: must be 3 times, one for each delivery of the cycle, not 0"),
    ('slots = ["08:00", "12:00", "16:00"]', 'slots = ["08:00"]', "loop.SB.slots: must be 3 times"),
    ('cycle_start = "2026-11-23"\n', "", "loop.SB.cycle_start: is missing; write the first of every 2"),
    ('cycle_start = "2026-11-23"', 'cycle_start = "Monday"', 'loop.SB.cycle_start: must be a date, not "Monday"'),
    # across loops and processes
    ("quantity = 20\ncards = 5", "quantity = 25\ncards = 5",
     "51: loop.BH-A1.quantity: must be 25 as in BH-P, not 20: their cards swap on the same box of "
     "90901-X0001 at machining-3; make both the same"),
    ("quantity = 50\ncards = 6\nlead_time = \"90s\"", "quantity = 10\ncards = 6\nlead_time = \"90s\"",
     "loop.CL-A1.quantity: must be 50 as in ST-S, not 10"),
    ('id = "press-1"', 'id = "press-1"\npacemaker = true',
     "process.press-1.pacemaker: must not be true: goods flow from press-1 to assembly-1, the "
     "pacemaker of that line"),
    # stations, bins, tags
    ('process = "assembly-1"', 'process = "assembly-9"',
     'station.assy1-post.process: no process is called "assembly-9"; did you mean "assembly-1"?'),
    ('process = "assembly-1"\n', "", "station.assy1-post.process: is missing; write the process that scans here"),
    ('process = "assembly-1"', 'process = "assembly-1"\nprocesses = ["press-1"]',
     "station.assy1-post.processes: must not stand beside process; write one of them"),
    ('processes = ["machining-3", "press-1"]', "processes = []", "station.aisle-post.processes: must not be empty"),
    ('lights = ["stack"]', 'lights = "stack"', 'station.assy1-post.lights: must be a list, each element the name'),
    ('station = "assy1-post"\nsensor', 'station = "assy-post"\nsensor',
     'bin.bin-7.station: no station is called "assy-post"; did you mean "assy1-post"?'),
    ('station = "assy1-post"\nsensor', 'station = "aisle-post"\nsensor',
     "bin.bin-7.station: aisle-post serves machining-3, press-1, but the boxes of BH-A1 stand at assembly-1"),
    ('loop = "BH-A1"', 'loop = "BH-A2"', 'bin.bin-7.loop: no loop is called "BH-A2"; did you mean "BH-A1"?'),
    ('card = "BH-A1-004"', 'card = "SB-004"', "bin.bin-7.card: must be a card of BH-A1; write BH-A1-001"),
    ('card = "BH-A1-004"', 'card = "BH-A1-007"', "bin.bin-7.card: there is no card BH-A1-007; those of BH-A1 end with BH-A1-006"),
    ("[[tag]]", '[[bin]]\nstation = "assy1-post"\nsensor = "bin-7"\nloop = "SB"\n[[tag]]',
     "bin.bin-7.sensor: is bound twice; leave one of them out"),
    ('card = "BH-A1-003"', 'card = "BH-A1-007"',
     "tag.0A00B41F2C.card: there is no card BH-A1-007; those of BH-A1 end with BH-A1-006"),
    ('card = "BH-A1-003"', 'card = "BH-A1-000"', "tag.0A00B41F2C.card: there is no card BH-A1-000"),
    ('card = "BH-A1-003"', 'card = "BH-A1-0003"', "tag.0A00B41F2C.card: there is no card BH-A1-0003"),
    ('card = "BH-A1-003"', 'card = "BX-A1-003"', 'tag.0A00B41F2C.card: no loop is called "BX-A1"; did you mean'),
    ('card = "BH-A1-003"', 'card = "hello"', 'tag.0A00B41F2C.card: must be a card such as BH-A1-003, not "hello"'),
    ("[[tag]]", '[[tag]]\ncode = "0A00B41F2C"\ncard = "BH-A1-001"\n[[tag]]',
     "tag.0A00B41F2C.code: is bound twice: to BH-A1-001 and to BH-A1-003; leave one out"),
    ('code = "0A00B41F2C"', 'code = "PC-BH-A1-003-1-X"',
     "code: is a printed code, which names its card itself; leave the tag out"),
    ('code = "0A00B41F2C"\n', "", "tag[1].code: is missing; write what the reader reads"),
    # not what was meant at all
    ("[[tag]]", "[tag]", "tag: must be tables, not a table; write [[tag]] above each"),
    ('site = "tsutsumi"', 'site = "tsutsumi', "1: is not TOML: "),
    ("quantity = 20", "quantity = 20\nquantity = 30", "52: is not TOML: "),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[w[2][:60] for w in WRONG])
def test_what_is_wrong_is_refused_with_its_place_and_fix(old: str, new: str, expected: str) -> None:
    found = problems(changed(old, new))
    assert any(expected in problem for problem in found), found
    assert all(re.match(r"plant\.toml:\d+: |plant\.toml: site: is missing", p) for p in found), (
        found
    )
    assert all(";" in problem or "did you mean" in problem for problem in found), found


def test_each_problem_is_told_alone() -> None:
    alone = [w for w in WRONG if len(problems(changed(w[0], w[1]))) == 1]
    assert len(alone) > 0.8 * len(WRONG)


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = changed("quantity = 20", "quantity = 0")
    text = changed('lead_time = "1h"', 'lead_time = "soon"', text)
    text = changed('code = "0A00B41F2C"', "code = 7", text)
    text = changed('timezone = "Asia/Tokyo"', 'timezone = "Mars/Base"', text)
    found = [problem.split(": ")[1] for problem in problems(text)]
    assert found == ["timezone", "loop.BH-A1.quantity", "loop.BH-P.lead_time", "tag[1].code"]


def test_the_file_is_called_what_the_caller_calls_it() -> None:
    with pytest.raises(WrongFile) as caught:
        parse_plant("", file="line-2.toml")
    assert str(caught.value).startswith("line-2.toml: site: is missing; ")


def test_an_empty_plant_with_a_site_is_a_plant() -> None:
    assert parse_plant('site = "s1"') == Plant("s1")


@pytest.mark.parametrize("value", ["[" * 5000 + "]" * 5000, "{a=" * 3000 + "1" + "}" * 3000])
def test_deep_nesting_is_refused(value: str) -> None:
    assert problems(f"x = {value}") == ["plant.toml: is nested too deeply; write it flat"]


def test_a_number_of_many_digits_is_refused() -> None:
    assert "plant.toml:1: is not TOML: exceeds the limit" in problems("x = " + "9" * 5000)[0]


@settings(max_examples=300)
@given(st.data())
def test_a_mutilated_file_is_refused_or_a_plant_but_never_a_crash(data: st.DataObject) -> None:
    lines = FULL.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        key = lines[place].split("=")[0]
        lines[place] = data.draw(
            st.sampled_from(
                [
                    "",
                    key + "= true",
                    key + "= -1",
                    key + "= nan",
                    key + "= 1979-05-27T07:32:00Z",
                    key + "= []",
                    key + '= ["x", 7, [1, {a = "b"}]]',
                    key + "= { a = 1 }",
                    key + '= "é ✂"',
                    "[[loop]]",
                    "[calendar.x]",
                    '"" = 1',
                    lines[data.draw(st.integers(0, len(lines) - 1))],
                ]
            )
        )
    for problem in problems("\n".join(lines)):
        assert problem.startswith("plant.toml"), problem
