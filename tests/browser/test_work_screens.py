"""The pages of people at work in a real browser: one look at each, and what its buttons do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from pullcord_server.storage import model
from support.browser import chromium
from support.house import MINUTE, NOON
from support.work_stage import Shop


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Three jobs at the machine, a box to fetch, two tasks; noon of a Monday."""
    made = Shop(tmp_path)
    for minute, loop in enumerate(("BH-P", "BR-P", "BH-P", "BH-A1")):
        made.set(NOON + minute * MINUTE)
        made.empty(loop)
    made.site.write(
        model.TaskRow,
        {"id": "T1", "type": "take_out", "station": "m3-rack", "card": "BH-P-006", "at": NOON},
    )
    yield made
    made.site.engine.dispose()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test when it reports an error, but that its server is gone."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("console", lambda m: wrong.append(m.text) if _bad(m) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert wrong == []


def _bad(message: ConsoleMessage) -> bool:
    return message.type == "error" and "net::ERR_" not in message.text


def sees(page: Page, place: str, text: str) -> None:
    expect(page.locator(place)).to_contain_text(text, timeout=60_000)


def fits(page: Page) -> None:
    """Nothing lies outside of the screen, at a phone's width, a laptop's and a wall's."""
    for width, height in ((1920, 1080), (1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def press(page: Page, name: str, **values: str) -> None:
    """A button, and what its dialog asks for."""
    page.get_by_role("button", name=name).first.click()
    if values:
        dialog = page.locator("dialog")
        for field, value in values.items():
            dialog.locator(f"[name={field}]").fill(value)
        dialog.locator("input:visible").last.press("Enter")


def test_an_operator_sees_one_next_job_starts_it_and_finishes_part_of_it(
    page: Page, shop: Shop
) -> None:
    """The name is asked for once, a reason only where one is needed; a job before its turn asks why."""
    with shop.open() as url:
        page.goto(f"{url}/work")
        page.get_by_role("link", name="Machining 3").click()
        sees(page, "#next", "20 × Brake hose")
        expect(page.locator("#queue > li")).to_have_count(2)
        fits(page)
        press(page, "Start: 20 × Brake hose, BH-P", by="op-2")
        sees(page, "#in-work", "BH-P-001")
        sees(page, "#next", "8 × Bracket, left")
        press(page, "Finish: 20 × Brake hose, BH-P", quantity="15", reason="5 scrapped")
        expect(page.locator("#in-work > li")).to_have_count(0, timeout=60_000)
        press(page, "Start now: 20 × Brake hose, BH-P", reason="tool already set")
        sees(page, "#in-work", "BH-P-002")
        press(page, "Done: Take BH-P-006 out of the post m3-rack")
        expect(page.locator("#tasks > li")).to_have_count(0, timeout=60_000)
    assert shop.get("/cards/BH-P-001")["actual"] == 15
    found = {f["type"] for f in shop.get("/findings")["items"]}
    assert found == {"under_delivery", "out_of_sequence"}
    (task,) = shop.get("/tasks")["items"]
    assert task["done_by"] == "op-2"


def test_a_handler_picks_delivers_and_empties_a_post(page: Page, shop: Shop) -> None:
    """By routes; a count that differs is said."""
    with shop.open() as url:
        page.goto(f"{url}/pick")
        sees(page, "#routes", "Fetch at machining-3")
        sees(page, "#routes", "for assembly-1")
        fits(page)
        press(page, "Picked: 20 × Brake hose", by="handler-1")
        sees(page, "#routes", "on the way")
        press(page, "Delivered: 20 × Brake hose")
        expect(page.locator("#routes .jobs > li")).to_have_count(0, timeout=60_000)
        page.locator("#collect [name=station]").select_option("assy1-post")
        page.get_by_label("Cards in hand").fill("2")
        page.get_by_role("button", name="Collected").click()
        sees(page, "#notice", "another number")
    assert shop.get("/cards/BH-A1-001")["state"] == "full"


def test_an_old_page_looks_old(page: Page, shop: Shop) -> None:
    """When the server is gone."""
    with shop.open() as url:
        page.goto(f"{url}/work/machining-3")
        sees(page, "#next", "Brake hose")
        expect(page.locator("#stale")).to_be_hidden()
        page.route("**/stream*", lambda route: route.abort())
        page.clock.install()
        page.evaluate("window.stop()")
    page.clock.run_for(6_000)
    sees(page, "#stale", "STALE")


def test_a_lead_sees_figures_with_plain_charts_and_the_way_to_all_pages(
    page: Page, shop: Shop
) -> None:
    """And finds every page from every page."""
    for minute, (station, type_) in enumerate(
        (("assy1-post", "material"), ("m3-rack", "maintenance"))
    ):
        shop.set(NOON + minute * MINUTE)
        shop.post("/calls", 201, station=station, type=type_)
    shop.set(NOON + 130 * MINUTE)
    with shop.open() as url:
        page.goto(f"{url}/andon/figures")
        sees(page, "main", "2 calls raised")
        sees(page, "section:has(#h-handed)", "nobody")
        expect(page.locator("svg.hours rect")).to_have_count(1)
        assert page.locator(".pareto svg").count() >= 3
        fits(page)
        links = page.locator("nav[aria-label=Pages] a")
        hrefs = [link.get_attribute("href") for link in links.all()]
        assert hrefs == ["/", "/andon", "/work", "/pick", "/andon/figures", "/docs"]
        for href in hrefs:
            answer = page.request.get(f"{url}{href}")
            assert answer.status == 200
            assert 'href="/"' in answer.text()
