"""Where the steps of a loop are scanned, and where a card that is scanned is out of place (DESIGN 3.2)."""

import pytest

from pullcord_server.domain.card import Event
from pullcord_server.domain.place import serves
from pullcord_server.domain.plant_file import parse_plant

PLANT = """
site = "s1"
[[process]]
id = "line"
pacemaker = true
[[process]]
id = "cell"
[[process]]
id = "other"
[[item]]
id = "hose"
[[loop]]
id = "WD"
kind = "withdrawal"
item = "hose"
source = "cell"
consumer = "line"
quantity = 20
cards = 4
lead_time = "40m"
scans = ["withdrawal", "dispatch", "arrival"]
[[loop]]
id = "PR"
kind = "production"
item = "hose"
source = "cell"
quantity = 20
cards = 4
lead_time = "1h"
scans = ["withdrawal", "start", "finish"]
[[station]]
id = "at-line"
process = "line"
[[station]]
id = "at-cell"
process = "cell"
[[station]]
id = "at-other"
process = "other"
"""


@pytest.mark.parametrize(
    ("loop", "event", "stations"),
    [
        ("WD", Event.WITHDRAWAL, ["at-line"]),
        ("WD", Event.ARRIVAL, ["at-line"]),
        ("WD", Event.DISPATCH, ["at-cell"]),
        ("WD", Event.START, ["at-cell", "at-line"]),
        ("WD", Event.FINISH, ["at-cell", "at-line"]),
        ("PR", Event.WITHDRAWAL, ["at-cell"]),
        ("PR", Event.START, ["at-cell"]),
    ],
)
def test_a_step_has_its_place_and_one_that_a_loop_does_not_have_either_end(
    loop: str, event: Event, stations: list[str]
) -> None:
    """A wrong step is told as such to whoever handles the card; elsewhere the card is out of place."""
    plant = parse_plant(PLANT)
    found = [s for s in sorted(plant.stations) if serves(plant, plant.loops[loop], s, event)]
    assert found == stations
