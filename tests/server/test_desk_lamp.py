"""Lamps on the desk: red is told at once, and a call ends with the group it is about."""

import json
from pathlib import Path
from typing import Any

from pullcord_server.desk.action import card, loop
from pullcord_wire.codec import decode
from pullcord_wire.message import LampsMessage, Pattern
from server.test_audit_stuck import opened
from support.desk import HOUR, MINUTE, Server

PLANT = """
site = "s1"
[[process]]
id = "assembly-1"
[[process]]
id = "m3"
[[item]]
id = "hose"
[[item]]
id = "nut"
[[loop]]
id = "H"
kind = "withdrawal"
item = "hose"
source = "m3"
consumer = "assembly-1"
quantity = 20
cards = 1
lead_time = "40m"
scans = ["withdrawal", "arrival"]
[[loop]]
id = "N"
kind = "withdrawal"
item = "nut"
source = "m3"
consumer = "assembly-1"
quantity = 20
cards = 1
lead_time = "40m"
scans = ["withdrawal", "arrival"]
[[station]]
id = "post"
process = "assembly-1"
lights = ["stack"]
"""


WITHOUT_HOSES = PLANT.replace(
    PLANT[PLANT.index("[[loop]]") : PLANT.index('[[loop]]\nid = "N"')], ""
)


def red_sent(server: Server) -> Pattern:
    """What the station was told last."""
    _, payload = server.link.of("lamps")[-1]
    return decode(LampsMessage, payload).lamps["stack"]["red"]


def block(server: Server, on: bool) -> None:
    server.act(lambda turn: card.change(turn, "H-001", "lead", "label torn", blocked=on))


def told(server: Server) -> list[tuple[int, dict[str, Pattern]]]:
    """Every revision of the lamps, in order."""
    sent = [decode(LampsMessage, payload) for _, payload in server.link.of("lamps")]
    return [(message.revision, dict(message.lamps["stack"])) for message in sent]


def calls(server: Server) -> list[tuple[Any, ...]]:
    rows = [json.loads(row["body"]) for row in server.rows("call", "raised_at")]
    return [(c["state"], c["raised_at"], c["level"], c["red_ended_at"]) for c in rows]


def test_red_is_told_at_once_on_and_off(tmp_path: Path) -> None:
    server = opened(tmp_path, PLANT)
    server.desk.lamps.driven = False
    block(server, True)
    assert red_sent(server) is Pattern.FAST
    block(server, False)
    assert red_sent(server) is Pattern.OFF


def test_a_call_ends_when_its_group_goes_with_its_loop(tmp_path: Path) -> None:
    server = opened(tmp_path, PLANT)
    block(server, True)
    assert server.one("call")["state"] == "raised"
    server.apply(WITHOUT_HOSES)
    server.set(server.now + MINUTE)
    call = server.one("call")
    assert (call["state"], call["cause"]) == ("closed", "cleared")
    assert red_sent(server) is Pattern.OFF


def test_a_clock_that_jumps_tells_all_that_one_of_many_steps_tells(tmp_path: Path) -> None:
    """The last box is due by itself, is used up, and is late; a call is raised, escalates and ends."""
    timed = PLANT.replace('["withdrawal", "arrival"]', '["withdrawal"]', 1).replace(
        'lead_time = "40m"', 'lead_time = "40m"\ndemand = "60/h"\ndrop_at = "first-piece"', 1
    )
    servers = []
    for name, step in (("jump", 3 * HOUR), ("steps", MINUTE)):
        (tmp_path / name).mkdir()
        server = opened(tmp_path / name, timed)
        began = server.now
        server.act(lambda turn: loop.empty(turn, "H", "lead", "label torn"))
        server.act(lambda turn: loop.empty(turn, "N", "lead", "label torn"))
        for now in range(began + step, began + 3 * HOUR + 1, step):
            server.set(now)
        servers.append(server)
    jumped, stepped = servers
    assert told(jumped) == told(stepped)
    assert calls(jumped) == calls(stepped)
    assert [state for state, *_ in calls(jumped)] == ["raised", "closed"]
