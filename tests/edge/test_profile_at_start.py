"""The station writes the profile of a reader that forgets whenever its port is opened, then reads."""

from pathlib import Path

from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.commands.device import make_devices
from pullcord_edge.config import load
from pullcord_edge.core.input import DeviceState, TagsSeen
from support.silicon.pty import OnPty
from support.silicon.r200 import R200
from support.until import until

STATION = """\
site = "s1"
station = "a1"
broker = {{ url = "mqtt://broker" }}
journal = {{ path = "journal.db" }}
[[reader]]
name = "gate"
driver = "r200"
port = "{port}"
role = "withdrawal"
profile = "eu.toml"
"""


def test_a_reader_that_forgets_is_set_and_then_read(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    (tmp_path / "eu.toml").write_text(
        'driver = "r200"\n[settings]\nregion = "EU"\npower_dbm = 20\n'
    )
    with OnPty(R200(), tmp_path / "uhf") as on:
        config.write_text(STATION.format(port=on.path))
        assert isinstance(on.chip, R200)
        inbox = Inbox()
        (gate,) = make_devices(load(str(config)), inbox)
        heard: list[object] = []

        def seen() -> bool:
            heard.extend(inbox.take(0.05))
            return any(isinstance(item, TagsSeen) and item.codes for item in heard)

        gate.start()
        until(seen, "its tags", 60.0)
        gate.stop(5.0)
        assert (on.chip.region, on.chip.power) == (0x03, 2000)
    faults = [item.fault for item in heard if isinstance(item, DeviceState) and item.fault]
    assert not [fault for fault in faults if fault.startswith("profile")]
