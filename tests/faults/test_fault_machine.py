"""Faults of the table that a Pi's own files tell, each named by its check while the station runs on."""

from collections.abc import Iterator

import pytest

from faults.fault_machine import OF_FILES
from faults.fault_play import judge, play_on
from faults.fault_scene import Scene, open_scene
from pullcord_edge.checks.fault import FAULTS, Fault
from pullcord_edge.checks.result import Outcome
from support.broker import Broker

CHECKS = 45
#: What this machine and the test's open broker may be told in good health.
ALLOWED = {"broker TLS", "disk space", "disk is quick", "user groups"}


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A station that runs well on a Pi in good health."""
    folder = tmp_path_factory.mktemp("steady")
    broker = Broker(folder / "broker")
    broker.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPIOZERO_PIN_FACTORY", "mock")
        with open_scene(folder / "scene", broker.url, "steady") as scene:
            scene.live()
            yield scene
    broker.kill()


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.key in OF_FILES], ids=lambda fault: fault.key
)
def test_a_fault_of_the_machine_is_named_by_its_check(fault: Fault, steady: Scene) -> None:
    steady.heal()
    steady.listen_s = 0.05
    judge(fault, play_on(fault, steady))


def test_a_station_in_good_health_fails_nothing(steady: Scene) -> None:
    steady.heal()
    for steady.listen_s in (2.5, 8.0, 20.0):
        _, checks, said = steady.doctor()
        bad = {check.name: check.seen for check in checks if check.status is not Outcome.PASS}
        if bad.keys() <= ALLOWED:
            break
    assert said == ""
    assert bad.keys() <= ALLOWED, bad
    assert len(checks) >= CHECKS
