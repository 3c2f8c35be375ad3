"""The andon board and the overview in a real browser: what they show, and that old data looks old."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from support.board_stage import Board, Stage, on_stage
from support.browser import chromium

NOW = "2026-11-23T08:15:00.000Z"
expect.set_options(timeout=20_000)
SIZES = [(390, 844), (1280, 800), (1920, 1080)]


def lamps(**burning: str) -> dict[str, str]:
    return {c: burning.get(c, "off") for c in ("red", "amber", "green", "blue", "white")}


def station(id_: str, state: str, **values: Any) -> Board:
    known = {
        "id": id_,
        "processes": ["assembly-1"],
        "online": True,
        "stale": False,
        "heard": "2026-11-23T08:14:59.000Z",
        "lamps": {"stack": lamps(**({} if state == "none" else {state: "on"}))},
        "state": state,
        "faults": [],
        "backlog": 0,
    }
    return known | values


def loop(id_: str = "BH-A1", **values: Any) -> Board:
    counts = {"cards": 6, "full": 2, "empty": 0, "released": 3, "in_process": 0, "in_transit": 1}
    known = {
        "id": id_,
        "item": "90901-X0001",
        "name": "Brake hose",
        "kind": "withdrawal",
        "source": "machining-3",
        "consumer": "assembly-1",
        "late": 1,
        "state": "amber",
    }
    return counts | known | values


def call(id_: str = "c1", **values: Any) -> Board:
    known = {
        "id": id_,
        "type": "material",
        "state": "raised",
        "station": "assy1-post",
        "loop": "BH-A1",
        "raised_at": "2026-11-23T08:12:53.000Z",
        "by": "pullcord",
        "level": 0,
        "promised_at": None,
    }
    return known | values


def order(id_: str, **values: Any) -> Board:
    known = {
        "id": id_,
        "loop": "BH-A1",
        "item": "90901-X0001",
        "quantity": 20,
        "state": "released",
        "due_at": "2026-11-23T08:40:00.000Z",
        "late": False,
    }
    return known | values


def drop(seq: int, **values: Any) -> Board:
    known = {
        "journal": "01J",
        "seq": seq,
        "station": "assy1-post",
        "type": "withdrawal",
        "card": "BH-A1-003",
        "at": "2026-11-23T08:14:58.000Z",
        "verdict": "accepted",
    }
    return known | values


def full_board() -> Board:
    return {
        "version": 812,
        "now": NOW,
        "site": "tsutsumi",
        "timezone": "Asia/Tokyo",
        "broker": True,
        "demo": False,
        "stations": [
            station("assy1-post", "red", lamps={"stack": lamps(red="fast", blue="slow")}),
            station("assy2-post", "green", lamps={"stack": lamps(green="on", white="slow")}),
            station("sm3", "amber", faults=["reader post: no such device"], backlog=3),
            station("dock", "none", lamps={}),
        ],
        "loops": [
            loop(),
            loop("GK-A1", state="green", late=0, name="Gasket"),
            loop("SB", state="none"),
        ],
        "orders": [
            order("o1", late=True, due_at="2026-11-23T07:50:00.000Z"),
            order("o2"),
            order("o3", due_at=None, state="open"),
        ],
        "calls": [call(), call("c2", type="quality", state="at_station", loop=None)],
        "drops": [drop(7), drop(6, card=None, verdict="unknown")],
    }


def empty_overview() -> Board:
    rows = ("stations", "loops", "orders", "calls", "findings")
    return {key: [] for key in rows} | {"every_loop": 0}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(Stage(full_board())) as stage:
        yield stage


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    """A page that fails the test when it reports an error, or asks another host for anything."""
    wrong: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 409" not in message.text:
            wrong.append(message.text)

    context = browser.new_context(viewport={"width": 1920, "height": 1080}, color_scheme="dark")
    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(stage.url) else wrong.append(r.url))
    yield page
    context.close()
    assert wrong == []


@pytest.fixture
def board(page: Page, stage: Stage) -> Page:
    """The board, with a clock that the test moves."""
    stop_clock(page)
    page.goto(f"{stage.url}/andon")
    expect(tile(page, "assy1-post")).to_be_visible()
    return page


def stop_clock(page: Page) -> None:
    page.clock.install(time=datetime(2026, 11, 23, 8, tzinfo=UTC))
    page.clock.pause_at(datetime(2026, 11, 23, 8, 15, tzinfo=UTC))


def tile(page: Page, id_: str) -> Any:
    return page.locator(f'#stations > [data-key="{id_}"]')


def pattern(page: Page, id_: str, colour: str) -> str | None:
    lamp = tile(page, id_).locator(f".lamp.{colour}")
    found: str | None = lamp.get_attribute("data-pattern")
    return found


def row(page: Page, list_: str, key: str) -> Any:
    return page.locator(f'#{list_} > [data-key="{key}"]')


# --- what it shows -----------------------------------------------------------------------------


def test_a_station_shows_its_lamps_by_place_shape_word_and_pattern(board: Page) -> None:
    assert tile(board, "assy1-post").locator(".state").inner_text() == "ACT NOW"
    assert tile(board, "assy2-post").locator(".state").inner_text() == "RUNNING"
    assert tile(board, "sm3").locator(".state").inner_text() == "LOOK NOW"
    assert tile(board, "dock").locator(".state").inner_text() == "NOT IN SERVICE"
    assert (pattern(board, "assy1-post", "red"), pattern(board, "assy1-post", "blue")) == (
        "fast",
        "slow",
    )
    colours = (
        tile(board, "sm3").locator(".lamp").evaluate_all("all => all.map(l => l.dataset.colour)")
    )
    assert colours == ["red", "amber", "green", "blue", "white"]
    shapes = (
        tile(board, "sm3")
        .locator(".lamp path")
        .evaluate_all("all => all.map(p => p.getAttribute('d'))")
    )
    assert len(set(shapes)) == 5
    expect(tile(board, "assy1-post")).to_contain_text("nobody has it yet")
    expect(tile(board, "assy1-post")).to_contain_text("called")
    expect(tile(board, "sm3")).to_contain_text("fault: reader post: no such device")
    expect(tile(board, "sm3")).to_contain_text("3 waiting to be sent")


def test_loops_orders_calls_and_scans_are_there(board: Page) -> None:
    expect(row(board, "loops", "BH-A1")).to_contain_text("2 of 6 full")
    expect(row(board, "loops", "BH-A1")).to_contain_text("1 on the way, 3 ordered")
    expect(row(board, "loops", "BH-A1")).to_contain_text("1 LATE")
    assert row(board, "loops", "BH-A1").locator(".slots .full").count() == 2
    expect(row(board, "orders", "o1")).to_contain_text("LATE 25 min")
    expect(row(board, "orders", "o2")).to_contain_text("17:40")  # in the plant's time
    expect(row(board, "orders", "o3")).to_contain_text("waits")
    expect(row(board, "calls", "c1").locator(".age")).to_have_text("2:07")
    expect(row(board, "drops", "01J.6")).to_contain_text("unknown")


def test_loops_that_need_somebody_come_first(board: Page) -> None:
    keys = board.locator("#loops > li").evaluate_all("all => all.map(l => l.dataset.key)")
    assert keys == ["BH-A1", "SB", "GK-A1"]


def test_a_change_shows_without_a_new_page_and_leaves_the_focus_alone(
    board: Page, stage: Stage
) -> None:
    button = row(board, "calls", "c1").get_by_text("At station")
    button.focus()
    stage.change(
        stations=[station("assy1-post", "green")],
        calls=[call(state="acknowledged"), call("c0", type="line-stop")],
    )
    expect(tile(board, "assy1-post").locator(".state")).to_have_text("running")
    expect(tile(board, "sm3")).to_have_count(0)
    expect(row(board, "calls", "c0")).to_be_visible()
    expect(button).to_be_focused()


def test_a_change_of_some_rows_leaves_the_others(board: Page, stage: Stage) -> None:
    known = stage.board
    rows = {"loops": [loop(full=0)], "stations": [station("assy1-post", "red")]}
    stage.say("change", {"version": known["version"] + 1, "now": known["now"], "rows": rows})
    expect(tile(board, "assy1-post").locator(".state")).to_have_text("act now")
    expect(tile(board, "sm3")).to_be_visible()
    expect(row(board, "loops", "BH-A1").locator(".sum")).to_have_text("0 of 6 full")
    expect(board.locator("#loops > li")).to_have_count(len(known["loops"]))


def test_a_change_that_does_not_follow_the_board_brings_a_new_one(
    board: Page, stage: Stage
) -> None:
    stage.board |= {"version": 900, "stations": [station("late-post", "red")]}
    stage.say("change", {"version": 900, "now": stage.board["now"], "rows": {}})
    expect(tile(board, "late-post")).to_be_visible()


def test_names_are_text_whatever_they_hold(board: Page, stage: Stage) -> None:
    stage.change(loops=[loop(name="<img src=x onerror=alert(1)>")])
    expect(row(board, "loops", "BH-A1").locator("b").first).to_have_text(
        "<img src=x onerror=alert(1)>"
    )


def test_of_many_stations_those_that_need_somebody_come_first(board: Page, stage: Stage) -> None:
    many = [station(f"cell-{n:02}", "green") for n in range(30)]
    stage.change(
        stations=[*many, station("last", "red"), station("lost", "green", online=False, stale=True)]
    )
    expect(tile(board, "last")).to_be_in_viewport()
    expect(board.locator("#stations > li").nth(1)).to_contain_text("STALE")
    expect(board.locator("#n-stations")).to_have_text("1 act now, 1 stale, 30 running")


def test_both_pages_say_that_lamps_are_no_safety_function(board: Page, stage: Stage) -> None:
    sentence = "The lamps are production signals, never a safety function."
    expect(board.locator("footer")).to_contain_text(sentence)
    stage.overview = empty_overview()
    board.goto(stage.url)
    expect(board.locator("footer")).to_contain_text(sentence)


# --- old data looks old ------------------------------------------------------------------------


def burning(page: Page) -> int:
    lit = ':is([data-pattern="on"], [data-pattern="slow"], [data-pattern="fast"])'
    return page.locator(f".lamp{lit}").count()


def test_a_silent_server_is_seen_within_five_seconds(board: Page, stage: Stage) -> None:
    stage.silent = True
    board.clock.run_for(4000)
    expect(board.locator("#stale")).to_be_hidden()
    assert burning(board) > 0
    board.clock.run_for(1000)
    expect(board.locator("#stale")).to_contain_text("STALE: no word from the server")
    expect(board.locator("#stale")).to_contain_text("for 4 s")
    board.clock.run_for(3000)
    expect(board.locator("#stale")).to_contain_text("for 7 s")
    expect(board.locator("body")).to_have_class(re.compile("stale"))
    expect(tile(board, "assy2-post").locator(".state")).to_contain_text("STALE")
    expect(board.locator("#link-server")).to_have_attribute("data-link", "gone")
    assert burning(board) == 0
    assert "grayscale" in board.locator(".board").evaluate("n => getComputedStyle(n).filter")


def test_a_board_that_never_heard_anything_says_so(page: Page, stage: Stage) -> None:
    stage.silent = True
    stop_clock(page)
    page.goto(f"{stage.url}/andon")
    page.clock.run_for(5000)
    expect(page.locator("#stale")).to_contain_text("STALE: no word from the server")


def test_a_board_comes_back_by_itself_with_a_new_snapshot(board: Page, stage: Stage) -> None:
    stage.silent = True
    board.clock.run_for(6000)
    stage.silent = False
    stage.board |= {"stations": [station("new-post", "green")]}
    board.clock.run_for(5000)
    expect(tile(board, "new-post").locator(".state")).to_have_text("running")
    expect(board.locator("#stale")).to_be_hidden()
    assert stage.connects >= 2


def test_heartbeats_keep_a_board_without_changes_alive(board: Page, stage: Stage) -> None:
    for second in range(2, 10, 2):
        board.clock.run_for(2000)
        stage.beat(now=f"2026-11-23T08:20:0{second}.000Z")
        expect(board.locator("#clock")).to_have_text(f"17:20:0{second}")
    expect(board.locator("#stale")).to_be_hidden()
    assert stage.connects == 1


def test_without_a_broker_no_station_is_believed(board: Page, stage: Stage) -> None:
    stage.beat(broker=False)
    expect(board.locator("#stale")).to_contain_text("the broker is gone")
    expect(board.locator("#link-broker")).to_have_attribute("data-link", "gone")
    assert burning(board) == 0
    stage.beat(broker=True)
    expect(board.locator("#stale")).to_be_hidden()
    assert burning(board) > 0


def test_one_silent_station_is_hatched_alone(board: Page, stage: Stage) -> None:
    stage.beat(stale=["assy2-post"])
    expect(tile(board, "assy2-post").locator(".state")).to_contain_text("STALE")
    assert pattern(board, "assy2-post", "green") == "unknown"
    assert pattern(board, "assy1-post", "red") == "fast"
    expect(board.locator("#link-stations")).to_contain_text("3 of 4")


def test_a_station_offline_says_so(board: Page, stage: Stage) -> None:
    stage.change(stations=[station("sm3", "green", online=False, heard=None)])
    expect(tile(board, "sm3")).to_contain_text("offline")
    expect(tile(board, "sm3").locator(".state")).to_have_text("STALE")


def test_a_missed_change_is_fetched_again(board: Page, stage: Stage) -> None:
    stage.board |= {"version": 900, "stations": [station("late-post", "red")]}
    stage.beat(version=900)
    expect(tile(board, "late-post")).to_be_visible()
    assert stage.connects == 2


# --- what people do ----------------------------------------------------------------------------


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f'#act [name="{name}"]').fill(value)
    page.locator("#act").get_by_text("OK", exact=True).click()


def test_a_name_is_asked_for_once_and_a_cause_when_resolving(board: Page, stage: Stage) -> None:
    row(board, "calls", "c1").get_by_text("Acknowledge").click()
    expect(board.locator("#act")).to_be_visible()
    fill(board, by="lead-7")
    expect(board.locator("#notice")).to_have_text("Acknowledge: done")
    row(board, "calls", "c1").get_by_text("At station").click()
    expect(board.locator("#notice")).to_have_text("At station: done")
    row(board, "calls", "c1").get_by_text("Resolve").click()
    expect(board.locator('#act [name="by"]')).to_have_value("lead-7")
    fill(board, cause="box delivered")
    expect(board.locator("#notice")).to_have_text("Resolve: done")
    assert stage.posts == [
        ("/api/v1/calls/c1/acknowledge", {"by": "lead-7"}),
        ("/api/v1/calls/c1/arrive", {"by": "lead-7"}),
        ("/api/v1/calls/c1/resolve", {"by": "lead-7", "cause": "box delivered"}),
    ]


def test_nothing_is_sent_without_a_name_or_when_cancelled(board: Page, stage: Stage) -> None:
    row(board, "calls", "c1").get_by_text("Acknowledge").click()
    fill(board, by="")
    expect(board.locator("#act")).to_be_visible()
    board.locator("#act").get_by_text("Cancel").click()
    expect(board.locator("#act")).to_be_hidden()
    assert stage.posts == []


def test_a_refusal_says_why(board: Page, stage: Stage) -> None:
    stage.refusal = (409, {"type": "not-in-state", "detail": "call c1 is closed"})
    row(board, "calls", "c1").get_by_text("Acknowledge").click()
    fill(board, by="lead-7")
    expect(board.locator("#notice")).to_have_text("Not done: call c1 is closed")


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("to_confirm", ["Acknowledge", "At station", "Close"]),
        ("raised", ["Acknowledge", "At station", "Resolve"]),
        ("acknowledged", ["At station", "Resolve"]),
        ("at_station", ["Resolve"]),
        ("resolved", ["Close"]),
    ],
)
def test_a_call_offers_what_can_come_next(
    board: Page, stage: Stage, state: str, buttons: list[str]
) -> None:
    stage.change(calls=[call("c9", state=state)])
    expect(row(board, "calls", "c9").locator("button")).to_have_text(buttons)


def test_cards_are_dropped_by_hand_in_the_demo_alone(board: Page, stage: Stage) -> None:
    expect(board.locator("#demo")).to_be_hidden()
    stage.change(demo=True)
    board.locator("#demo-card").fill("BH-A1-004")
    board.locator("#demo button").click()
    expect(board.locator("#notice")).to_have_text("dropped BH-A1-004")
    assert stage.posts == [("/demo/drop", {"card": "BH-A1-004"})]
    assert board.locator("#demo-cards option").count() == 18


# --- how it looks ------------------------------------------------------------------------------


def test_lamps_flash_together_and_never_above_three_hertz(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.url}/andon")
    expect(tile(page, "assy1-post")).to_be_visible()
    flashing = page.evaluate(
        "document.getAnimations().map(a => [a.effect.target.dataset.pattern, a.startTime,"
        " 1000 / a.effect.getComputedTiming().duration])"
    )
    assert sorted(p for p, _, _ in flashing) == ["fast", "slow", "slow"]
    for found, start, hertz in flashing:
        low, high = (1.4, 2.8) if found == "fast" else (0.4, 0.8)
        assert low <= hertz <= high
        assert start == 0


def test_whoever_wants_no_motion_gets_none(browser: Browser, stage: Stage) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{stage.url}/andon")
    expect(tile(page, "assy1-post")).to_contain_text("nobody has it yet")
    assert page.evaluate("document.getAnimations().length") == 0
    context.close()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_board_fits_every_screen(page: Page, stage: Stage, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{stage.url}/andon")
    expect(tile(page, "assy1-post")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width >= 1088:
        assert page.evaluate("document.documentElement.scrollHeight") <= height


def test_words_are_read_from_ten_metres_on_a_wall_screen(board: Page) -> None:
    size = (
        tile(board, "sm3")
        .locator(".state")
        .evaluate("n => parseFloat(getComputedStyle(n).fontSize)")
    )
    assert size >= 64  # on 43 inches: 24 mm of capital height


def test_the_overview_lists_what_there_is_in_the_plant_s_time(page: Page, stage: Stage) -> None:
    known = full_board()
    finding = {
        "id": "f1",
        "type": "arrival_missed",
        "card": "BH-A1-003",
        "loop": "BH-A1",
        "station": "assy1-post",
        "at": NOW,
        "resolved_at": None,
        "reason": None,
    }
    stage.overview = {k: known[k] for k in ("stations", "loops", "orders", "calls")} | {
        "every_loop": 3,
        "findings": [finding],
    }
    page.goto(stage.url)
    expect(page.locator("h2")).to_have_text(
        ["Stations 4", "Open calls 2", "Loops 3", "Open orders 3", "Open findings 1"]
    )
    expect(page.locator("tr", has_text="arrival missed")).to_contain_text("17:15")
    assert page.get_by_role("link", name="Open the andon board").get_attribute("href") == "/andon"
    assert page.get_by_role("link", name="API documentation").get_attribute("href") == "/docs"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_empty_plant_has_an_overview_too(page: Page, stage: Stage) -> None:
    stage.overview = empty_overview()
    page.goto(stage.url)
    expect(page.locator("p.none")).to_have_count(5)
