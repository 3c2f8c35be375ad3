"""What a station wants done, in the order its rooms asked for it."""

from dataclasses import dataclass, field

from pullcord_edge.core.effect import Effect, Say, Weight


@dataclass(slots=True)
class Outbox:
    """Every room puts in; the station takes all of it out at the end of a step."""

    _effects: list[Effect] = field(default_factory=list)

    def put(self, *effects: Effect) -> None:
        """Do these, behind all before them."""
        self._effects += effects

    def say(self, event: str, weight: Weight = Weight.INFO, /, **facts: object) -> None:
        """Write this line of the log."""
        self._effects.append(Say(event, facts, weight))

    def take(self) -> list[Effect]:
        """All of it, once."""
        effects, self._effects = self._effects, []
        return effects
