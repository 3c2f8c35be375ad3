"""What people see and hear of a station: its lights, its beeper, its words."""

from pullcord_edge.core.display import Words
from pullcord_edge.core.feedback import NOTICES, Notice, Show
from pullcord_edge.core.lamp import Beeper, Panel
from pullcord_edge.core.language import PHRASES
from pullcord_edge.core.setting import Setting


class Front:
    """Set what is so on `panel` and `words`; `show` what happens."""

    def __init__(self, setting: Setting, failing: bool = False) -> None:
        """`failing`: nothing is kept yet."""
        self.panel = Panel(setting.lights, failing=failing)
        self.beeper = Beeper()
        self.words = Words(setting.station, PHRASES[setting.language], failing=failing)

    def show(self, show: Show, now: float, more: bool = False) -> None:
        """Light and beeps, for their moment; `more` about the same drop."""
        self.panel.show(show, now, more)
        self.beeper.play(show.beeps, now)

    def notice(self, notice: Notice, now: float) -> None:
        """What the station itself has to say."""
        self.show(NOTICES[notice], now)

    def fail(self, failing: bool) -> None:
        """Whether nothing is kept at present."""
        self.panel.failing = self.words.failing = failing

    def lose_link(self, lost: bool) -> None:
        """Whether the server is out of reach."""
        self.panel.link_lost = self.words.link_lost = lost

    def next_at(self, now: float) -> float:
        """When something of it changes by time alone; `inf`: never."""
        return min(self.panel.next_at(now), self.beeper.next_at(now), self.words.next_at(now))
