"""The page of a station in a real browser: a self-test is asked for there, and its report is shown."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pullcord_server.storage import model
from pullcord_server.storage.selftest import list_selftest
from support.browser import chromium
from support.house import NOON, fact
from support.until import until
from support.work_stage import Shop

LONG_MS = 60_000


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that fails the test when it reports an error."""
    wrong: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(LONG_MS)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        yield page
    assert wrong == []


def decisions(shop: Shop) -> list[str]:
    """The wishes for a self-test that were decided."""
    with shop.site.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM decision WHERE action = 'selftest'").all()
    return [row[0] for row in rows]


def report(shop: Shop, asked: str) -> None:
    """The station's report comes in."""
    steps = [{"name": "lamp stack.red", "result": "fail", "seen": "nothing within 20 s"}]
    told = {"serial": "00A1", "mode": "guided", "by": "kim", "command": asked, "outcome": "fail"}
    body = json.dumps({"report": {**told, "steps": steps}})
    more = {"card": None, "code": None, "verdict": None, "event": None, "body": body}
    shop.site.write(model.FactRow, fact("J", 1, NOON, type="selftest", **more))
    with shop.site.engine.begin() as connection:
        list_selftest(connection, "assy1-post", "J", 1)


@pytest.mark.timeout(180)
def test_a_self_test_is_asked_for_on_the_page_and_its_report_comes_there(
    tmp_path: Path, page: Page
) -> None:
    shop = Shop(tmp_path)
    with shop.open() as url:
        page.goto(f"{url}/stations/assy1-post")
        press = page.get_by_role("button", name="Self-test, a person is there")
        press.click()
        dialog = page.locator("dialog")
        dialog.locator("[name=by]").fill("kim")
        dialog.get_by_role("button", name="OK").click()
        silent = "Not done: station assy1-post has said nothing"
        expect(page.locator("#notice")).to_contain_text(silent, timeout=LONG_MS)
        shop.site.write(
            model.StationRow,
            {"id": "assy1-post", "online": True, "status_at": NOON, "faults": "[]"},
        )
        press.click()
        until(lambda: decisions(shop), "the wish", 60)
        report(shop, *decisions(shop))
        table = page.get_by_role("group", name="Self-tests, table")
        expect(table).to_contain_text("lamp stack.red", timeout=LONG_MS)
        expect(table).to_contain_text("kim")
        for width in (1920, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    shop.site.engine.dispose()


@pytest.mark.timeout(180)
def test_the_last_reads_come_to_the_page_by_themselves_and_look_old_without_the_server(
    tmp_path: Path, page: Page
) -> None:
    shop = Shop(tmp_path)
    with shop.open() as url:
        page.goto(f"{url}/stations/assy1-post")
        reads = page.locator("#reads")
        expect(reads).to_contain_text("None yet")
        for seq, verdict in ((1, "accepted"), (2, "duplicate")):
            more = {"card": "BH-A1-001", "code": "0A", "verdict": verdict}
            shop.site.write(model.FactRow, fact("J", seq, NOON + seq, **more))
            expect(reads.locator("li")).to_have_count(seq, timeout=LONG_MS)
        expect(reads.locator("li").first).to_contain_text("already posted")
        expect(reads.locator("li").last).to_contain_text("accepted")
    expect(reads).to_have_class("stale", timeout=LONG_MS)
