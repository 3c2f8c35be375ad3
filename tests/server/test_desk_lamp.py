"""Lamps on the desk: red is told at once, and a call ends with the group it is about."""

from pathlib import Path

from pullcord_server.desk.action import card
from pullcord_wire.codec import decode
from pullcord_wire.message import LampsMessage, Pattern
from server.test_audit_stuck import opened
from support.desk import MINUTE, Server

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
