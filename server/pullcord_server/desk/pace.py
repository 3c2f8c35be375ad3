"""How many entries a turn takes: as many as were done in a moment lately, so that who comes meanwhile waits no longer."""

from dataclasses import dataclass

#: How much of the desk's processor time a turn should take, seconds: what waits for others does not make it smaller.
TURN_S = 0.06
#: Entries of one turn, at least and at most.
LEAST, MOST = 100, 1000


@dataclass(slots=True)
class Pace:
    """`room`: the entries that fit into a turn."""

    room: int = 200

    def note(self, entries: int, took_s: float) -> None:
        """A turn of so many entries took so long. One of a few says nothing: most of it is its commit."""
        if entries >= LEAST:
            fitting = round(entries * TURN_S / max(took_s, 0.001))
            self.room = min(max((self.room + fitting) // 2, LEAST), MOST)
