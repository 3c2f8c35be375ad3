"""Pages: they are there, need no other host, and run nothing but our own files."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

from pullcord_server.api.overview import overview, timezone
from pullcord_server.app import station_views, views_of
from pullcord_server.storage import model
from pullcord_server.web.pages import add_pages
from support.house import NOON, Client, Site, call, card, finding, order

WEB = Path(__file__).parents[2] / "server" / "pullcord_server" / "web"
PAGES = [
    "/",
    "/andon",
    "/docs",
    "/work",
    "/work/machining-3",
    "/pick",
    "/andon/figures",
    "/stations/assy1-post",
]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A small plant with something to show."""
    made = Site(tmp_path)
    made.write(model.CardRow, card("BH-A1-001"))
    return made


@pytest.fixture
def client(site: Site) -> Client:
    """Of the application with its pages."""
    return with_pages(site)


def with_pages(site: Site) -> Client:
    """The application as the server puts it together."""
    house = site.house()
    client = site.client()
    views = views_of(house)
    first = partial(overview, house)
    stations = station_views(house)
    add_pages(client.app, house.site, partial(timezone, house), first, views, stations)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_html_that_names_the_site(client: Client, path: str) -> None:
    """And is not kept by a browser."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "s1" in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/static/andon.js", "/api/v1/orders", "/nothing"])
def test_every_answer_forbids_other_hosts_inline_script_and_frames(
    client: Client, path: str
) -> None:
    """Whatever somebody wrote into a reason."""
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_no_other_host_and_has_no_inline_script_or_style(
    client: Client, path: str
) -> None:
    """A plant's network has no internet, and the policy would stop them."""
    html = client.get(path).text
    assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", html)
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)


@pytest.mark.parametrize("path", PAGES)
def test_every_file_a_page_asks_for_is_there(client: Client, path: str) -> None:
    """By its type, and asked about each time, so that an upgrade is seen at once."""
    html = client.get(path).text
    files = set(re.findall(r"""(?:src|href)="(/static/[^"]+)\"""", html))
    assert files
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200, file
        assert answer.headers["cache-control"] == "no-cache"
        again = client.ask("GET", file, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304


def test_scripts_and_styles_ask_no_other_host() -> None:
    """Nor do their imports."""
    for file in (WEB / "static").iterdir():
        if file.suffix in (".js", ".css"):
            text = file.read_text().replace("http://www.w3.org/2000/svg", "")  # a name, no host
            assert not re.search(r"""["'(]\s*(?:https?:)?//""", text), file.name
            for name in re.findall(r"""from ["']\./([^"']+)""", text):
                assert (WEB / "static" / name).exists(), (file.name, name)


def test_a_file_outside_of_static_is_not_served(client: Client) -> None:
    """Whatever the path looks like."""
    for path in ("/static/../pages.py", "/static/%2e%2e/pages.py", "/static/..%2fpages.py"):
        assert client.get(path).status_code == 404


def test_the_overview_shows_what_there_is(site: Site) -> None:
    """Stations, calls, loops, orders, findings."""
    site.write(model.OrderRow, order("J.1", NOON, "BH-A1-001"))
    site.write(model.FindingRow, finding("F1", NOON), finding("F2", NOON, resolved_at=NOON))
    body = {
        "id": "C1",
        "type": "material",
        "state": "raised",
        "station": "assy1-post",
        "raised_at": NOON,
        "by": "op-2",
        "group": None,
        "pressed": [],
    }
    site.write(model.CallRow, call("C1", NOON, body=json.dumps(body)))
    html = with_pages(site).get("/").text
    for text in ("assy1-post", "m3-rack", "BH-A1", "J.1", "arrival missed", "C1", "Brake hose"):
        assert text in html
    assert "F2" not in html


def test_the_overview_of_a_large_plant_shows_the_worst_loops(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says how many there are."""
    red = {"item": "gasket", "place": "assembly-1", "body": '{"colour":"red"}'}
    site.write(model.GroupRow, red)
    monkeypatch.setattr("pullcord_server.api.overview.LOOPS", 1)
    html = with_pages(site).get("/").text
    assert "1 of 2, the worst first" in html
    assert "/api/v1/loops/GK-A1" in html and "/api/v1/loops/BH-A1" not in html


def test_what_people_wrote_is_shown_as_text(site: Site) -> None:
    """Never as HTML."""
    site.write(
        model.StationRow, {"id": "<b>x", "online": True, "faults": '["<script>alert(1)</script>"]'}
    )
    html = with_pages(site).get("/").text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_pages_are_there_before_a_plant_is(site: Site) -> None:
    """The overview is empty, and nothing fails."""
    site.plant, site.now = None, None
    client = with_pages(site)
    for path in PAGES:
        wanted = 404 if path in ("/work/machining-3", "/stations/assy1-post") else 200
        assert client.get(path).status_code == wanted, path


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-11-23&until=2026-11-01",
        "since=0001-01-01",
        "until=9999-12-31",
        "until=0001-01-01",
    ],
)
def test_figures_of_any_days_are_shown(client: Client, query: str) -> None:
    """However far they are; what is no day is refused by name."""
    assert client.get(f"/andon/figures?{query}").status_code == 200
    answer = client.get("/andon/figures?since=yesterday")
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")


def test_a_page_without_its_database_is_a_problem(site: Site) -> None:
    """503, as everywhere."""
    client = with_pages(site)
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE card")
    assert client.get("/").status_code == 503


def test_the_description_page_lists_every_call_of_the_api(client: Client) -> None:
    """With its parameters and an example."""
    html = client.get("/docs").text
    for path in client.app.openapi()["paths"]:
        assert f"<code>{path}</code>" in html
    assert "reason" in html
    assert "BH-A1-003" in html
