"""What all fake readers have in common: a speed, and the ways in which a real one goes wrong."""

from dataclasses import dataclass, field


@dataclass
class Chip:
    """A reader. `mute`: hears nothing. `deaf_for`: misses so many questions first. `stuck`: says done to
    a setting of this name and keeps the old value. `refuses`: will not have it. `late`: the next so
    many questions are answered twice. `chatter`: bytes that come before every answer.
    """

    baud: int = 9600
    mute: bool = False
    deaf_for: int = 0
    stuck: set[str] = field(default_factory=set)
    refuses: set[str] = field(default_factory=set)
    late: int = 0
    chatter: bytes = b""
    heard: list[bytes] = field(default_factory=list)
    stores: int = 0

    def hear(self, data: bytes) -> bytes:
        """One write of the host: what the reader says to it."""
        self.heard.append(data)
        if self.mute:
            return b""
        if self.deaf_for:
            self.deaf_for -= 1
            return b""
        said = self.answer(data)
        if said and self.late:
            self.late -= 1
            said += said
        return self.chatter + said if said else b""

    def answer(self, data: bytes) -> bytes:
        """What the protocol says to these bytes."""
        raise NotImplementedError

    def stream(self, seconds: float) -> bytes:
        """What it sends unasked in that time."""
        return b""
