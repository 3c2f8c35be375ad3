"""The station's own words on a display, in the languages it speaks. Data alone.

Each fits a row of 20 characters. Verdicts come in the server's words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pullcord_edge.core.feedback import Notice
from pullcord_edge.core.setting import Language

STEPS: Final = (
    "lamp", "sound", "display", "button", "switch", "sensor", "card", "zero", "load",
)  # fmt: skip
"""The first words of the steps of self-tests and calibrations."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. `failing` is both rows; `steps` has a word for each of `STEPS`."""

    link_lost: str
    failing: tuple[str, str]
    testing: str
    last_drop: str
    notices: Mapping[Notice, str]
    steps: Mapping[str, str]

    def step(self, step: str) -> str:
        """A step such as `lamp stack.red`; the name of the part is the file's."""
        kind, space, what = step.partition(" ")
        return self.steps[kind] + space + what


def _phrases(
    *, link_lost: str, failing: tuple[str, str], testing: str, last_drop: str, kept: str,
    undone: str, steps: str,
) -> Phrases:  # fmt: skip
    """`steps`: in the order of `STEPS`, parted by spaces."""
    return Phrases(
        link_lost,
        failing,
        testing,
        last_drop,
        {Notice.KEPT: kept, Notice.UNDONE: undone},
        dict(zip(STEPS, steps.split(), strict=True)),
    )


PHRASES: Final[Mapping[Language, Phrases]] = {
    Language.EN: _phrases(
        link_lost="link lost: kept here",
        failing=("NOTHING IS KEPT", "call maintenance"),
        testing="self-test",
        last_drop="last drop",
        kept="kept",
        undone="undone",
        steps=" ".join(STEPS),
    ),
    Language.DE: _phrases(
        link_lost="offline: gespeichert",
        failing=("NICHTS GESPEICHERT", "Instandhaltung rufen"),
        testing="Selbsttest",
        last_drop="letzte Karte",
        kept="gespeichert",
        undone="zurückgenommen",
        steps="Lampe Ton Anzeige Taster Schalter Sensor Karte leer Last",
    ),
    Language.ES: _phrases(
        link_lost="sin enlace: guardado",
        failing=("NO SE GUARDA NADA", "avise mantenimiento"),
        testing="autoprueba",
        last_drop="última tarjeta",
        kept="guardada",
        undone="deshecha",
        steps="lámpara sonido pantalla botón contacto sensor tarjeta vacío carga",
    ),
    Language.FR: _phrases(
        link_lost="hors ligne: conservé",
        failing=("RIEN N'EST CONSERVÉ", "appelez maintenance"),
        testing="autotest",
        last_drop="dernière carte",
        kept="conservée",
        undone="annulée",
        steps="lampe son afficheur bouton contact capteur carte vide charge",
    ),
}
