"""The plant of the small stories: brake hoses from machining to assembly, one withdrawal loop, `BH-A1`."""


def hose_loop(cards: int, lead_time: str) -> str:
    """Its file up to the stations and tags, which each story has its own of."""
    return f"""\
site = "s1"
timezone = "UTC"
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "machining-3"
[[item]]
id = "brake-hose"
name = "Brake hose"
[[loop]]
id = "BH-A1"
kind = "withdrawal"
item = "brake-hose"
source = "machining-3"
consumer = "assembly-1"
quantity = 20
cards = {cards}
lead_time = "{lead_time}"
scans = ["withdrawal", "arrival"]
"""
