"""A small machine shop whose pages can be opened: the real application over a desk that decides at once."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn

from pullcord_server.api.application import create_app
from pullcord_server.api.overview import overview
from pullcord_server.app import station_views, views_of
from pullcord_server.desk.action.plant import apply_plant
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.plant_file import parse_plant
from pullcord_server.web.pages import add_pages
from support.house import Client, Site, TurnDesk

T = TypeVar("T")


def _loop(id_: str, kind: str, item: str, source: str, consumer: str, more: str) -> str:
    return f"""
[[loop]]
id = "{id_}"
kind = "{kind}"
item = "{item}"
source = "{source}"
consumer = "{consumer}"
{more}
"""


_MADE = 'lead_time = "1h"\nscans = ["withdrawal", "start", "finish"]'
_MOVED = 'lead_time = "45m"\nscans = ["withdrawal", "dispatch", "arrival"]'
SHOP = """
site = "s1"
timezone = "UTC"
[calendar]
days = [0, 1, 2, 3, 4]
shifts = [["06:00", "14:00"], ["14:00", "22:00"]]
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "machining-3"
name = "Machining 3"
[[process]]
id = "press-1"
[[supplier]]
id = "seals-ltd"
[[item]]
id = "seal"
[[item]]
id = "clip"
[[item]]
id = "hose"
name = "Brake hose"
[[item]]
id = "bracket"
name = "Bracket, left"
[[item]]
id = "gasket"
name = "Gasket"
[[station]]
id = "assy1-post"
process = "assembly-1"
lights = ["stack"]
[[station]]
id = "m3-rack"
process = "machining-3"
lights = ["stack"]
"""
_CYCLE = 'lead_time = "4h"\nscans = ["withdrawal", "arrival"]\ncycle = [1, 2, 1]\nslots = ["08:00", "16:00"]'
_LOT = f"quantity = 100\ncards = 5\nlot = 3\nreorder_point = 2\n{_MADE}"
_CLIP = 'quantity = 50\ncards = 3\nlead_time = "30m"\nscans = ["withdrawal"]'
for _values in (
    (
        "BH-A1",
        "withdrawal",
        "hose",
        "machining-3",
        "assembly-1",
        f"quantity = 20\ncards = 6\n{_MOVED}",
    ),
    (
        "GK-A1",
        "withdrawal",
        "gasket",
        "press-1",
        "assembly-1",
        f"quantity = 100\ncards = 4\n{_MOVED}",
    ),
    ("CL-A1", "withdrawal", "clip", "press-1", "assembly-1", _CLIP),
    (
        "BH-P",
        "production",
        "hose",
        "machining-3",
        "machining-3",
        f"quantity = 20\ncards = 6\n{_MADE}",
    ),
    (
        "BR-P",
        "production",
        "bracket",
        "machining-3",
        "machining-3",
        f"quantity = 8\ncards = 4\n{_MADE}",
    ),
    ("GK-P", "signal", "gasket", "press-1", "press-1", _LOT),
    ("SL-S", "supplier", "seal", "seals-ltd", "assembly-1", f"quantity = 200\ncards = 4\n{_CYCLE}"),
):
    SHOP += _loop(*_values)


@dataclass(slots=True)
class ShopDesk(TurnDesk):
    """Tells the screens of each change."""

    told: Callable[[], None] = field(default=lambda: None)

    def submit(self, action: Callable[[Turn], T]) -> "Future[T]":
        """Decided, then told."""
        future = TurnDesk.submit(self, action)
        self.told()
        return future


class Shop:
    """The shop with every box full. `now` moves by hand."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.site = Site(folder, url)
        self.site.plant = parse_plant(SHOP)
        self.desk = ShopDesk(engine=self.site.engine, told=self.site.changes.bump)
        self.site.desk = self.desk
        self.desk.submit(lambda turn: apply_plant(turn, SHOP, "planner-1")).result()
        house = self.site.house()
        self.app = create_app(house)
        views = views_of(house)
        stations = station_views(house)
        add_pages(self.app, "s1", views.timezone, partial(overview, house), views, stations)
        self.client = Client(self.app)

    def set(self, now: int) -> None:
        """Time goes on."""
        self.site.now = self.desk.now = now

    def post(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        """A change by somebody."""
        answer = self._ask("POST", path, json={"by": "lead-7", **body})
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What the API says."""
        answer = self._ask("GET", path, params=query or None)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """In a thread of its own: a browser's test has a loop that runs already."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(self.client.ask, method, f"/api/v1{path}", **more).result()

    def empty(self, loop: str) -> dict[str, Any]:
        """A box of the loop is used up; its card."""
        return self.post(f"/loops/{loop}/empty", reason="label fell off")

    @contextmanager
    def open(self) -> Iterator[str]:
        """Served on a port of its own; its address."""
        settings = uvicorn.Config(
            self.app, log_level="critical", lifespan="off", timeout_graceful_shutdown=0
        )
        server = uvicorn.Server(settings)
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            self.app.state.feeds.close()
            server.should_exit = True
            thread.join(timeout=20)
            listener.close()
            assert not thread.is_alive(), "the shop did not close"
