"""Every fault of the table, made for real: the doctor names it, and the station shows what the table says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.fault_machine import OF_FILES
from faults.fault_play import APART, MAKERS, judge, play, play_apart
from pullcord_edge.checks.fault import FAULTS, Fault
from support.broker import Broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all faults that spare it; each has a site of its own."""
    running = Broker(tmp_path_factory.mktemp("broker"))
    running.start()
    yield running
    running.kill()


@pytest.fixture(autouse=True)
def mock_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")


def test_every_fault_of_the_table_can_be_made_here_and_no_other() -> None:
    assert {fault.key for fault in FAULTS} == MAKERS.keys()
    assert len({fault.key for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.key not in OF_FILES], ids=lambda fault: fault.key
)
def test_a_fault_is_named_by_its_check_and_seen_at_the_light(
    fault: Fault, broker: Broker, tmp_path: Path
) -> None:
    judge(fault, (play_apart if fault.key in APART else play)(fault, tmp_path, broker.url))
