"""Workers who drop cards until each one beeped, whatever happens to the machines."""

import threading
import time

from support.station_process import StationProcess

BEEP_S = 1.0
"""A worker who heard no beep within this tries again."""
AWAY_S = 1.2
"""And keeps the card away for this long first: it must be gone for a second to count again."""


class Worker:
    """Drops `codes` at one station, one after the other, each until it beeped; `pace_s` between."""

    def __init__(self, station: StationProcess, codes: list[str], pace_s: float) -> None:
        self.station = station
        self.beeped: list[str] = []
        self.presented: set[str] = set()
        self.crash: BaseException | None = None
        self._codes = codes
        self._pace_s = pace_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"worker-{station.name}", daemon=True
        )

    @property
    def done(self) -> bool:
        """Whether every card beeped (or the work was stopped)."""
        return not self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the card at hand."""
        self._stopping.set()
        self._thread.join(30)

    def _run(self) -> None:
        try:
            for code in self._codes:
                while not self._stopping.is_set() and not self._drop(code):
                    self._stopping.wait(AWAY_S)
                if self._stopping.wait(self._pace_s):
                    return
        except BaseException as error:  # noqa: BLE001  the thread's boundary
            self.crash = error

    def _drop(self, code: str) -> bool:
        """Present a card once; whether it beeped."""
        self.presented.add(code)
        self.station.present(code)
        give_up = time.monotonic() + BEEP_S
        while time.monotonic() < give_up:
            new = [kept.code for kept in self.station.look()]
            self.beeped += new
            if code in new:
                return True
            time.sleep(0.002)
        return False
