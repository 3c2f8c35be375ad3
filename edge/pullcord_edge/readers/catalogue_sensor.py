"""The catalogue's drivers of scales and distance sensors."""

from collections.abc import Callable

from . import a02yyuw, ad, cas, hx711, maxbotix, ohaus, sbi, scale, sics, tfmini
from .event import Driver
from .option import Option
from .spec import NOTE_VARIANT, NOTES, DriverSpec, Gives, Serial, Source, Values

_ASK = Option("ask_s", 0.0, "ask for a value every so many seconds; 0: the scale sends by itself")


def _scale(dialect: scale.Dialect, ask: bytes = b"") -> Callable[[Values], Driver]:
    return lambda values: scale.Scale(dialect, ask, float(values.get("ask_s", 0.0)))


def _tfmini(values: Values) -> Driver:
    variant = tfmini.Variant(str(values["variant"]))
    return tfmini.tfmini(model=str(values["model"]), variant=variant)


SENSORS = (
    DriverSpec(
        "sics",
        "Mettler-Toledo MT-SICS, KERN KCP",
        _scale(sics.read_sics, sics.ASK),
        Source.SERIAL,
        Gives.VALUES,
        options=(_ASK, *NOTES),
        serial=Serial(9600),
        probe=b"I4\r\n",
    ),
    DriverSpec(
        "ad",
        "A&D scales",
        _scale(ad.read_ad, ad.ASK),
        Source.SERIAL,
        Gives.VALUES,
        options=(_ASK, *NOTES),
        serial=Serial(2400, bits=7, parity="E"),
    ),
    DriverSpec(
        "sbi",
        "Sartorius SBI",
        _scale(sbi.read_sbi, sbi.ASK),
        Source.SERIAL,
        Gives.VALUES,
        options=(_ASK, *NOTES),
        serial=Serial(1200, bits=7, parity="O"),
    ),
    DriverSpec(
        "ohaus",
        "Ohaus scales",
        _scale(ohaus.read_ohaus, ohaus.ASK),
        Source.SERIAL,
        Gives.VALUES,
        options=(_ASK, *NOTES),
        serial=Serial(2400, bits=7, parity="N"),
    ),
    DriverSpec(
        "cas",
        "CAS scales and indicators that print like them",
        _scale(cas.read_cas),
        Source.SERIAL,
        Gives.VALUES,
        options=NOTES,
        serial=Serial(9600),
    ),
    DriverSpec(
        "hx711",
        "HX711 load cell converter, raw words",
        lambda _: hx711.hx711(),
        Source.RAW,
        Gives.VALUES,
        options=NOTES,
    ),
    DriverSpec(
        "maxbotix",
        "MaxBotix ultrasonic distance",
        lambda values: maxbotix.maxbotix(str(values["model"])),
        Source.SERIAL,
        Gives.VALUES,
        options=(
            Option("model", "", "decides unit and range", check=maxbotix.profile_of),
            NOTE_VARIANT,
        ),
        serial=Serial(9600),
    ),
    DriverSpec(
        "a02yyuw",
        "A02YYUW, A01NYUB ultrasonic distance",
        lambda values: a02yyuw.a02yyuw(unit=str(values["unit"])),
        Source.SERIAL,
        Gives.VALUES,
        options=(Option("unit", "mm", "what the sensor counts in", ("mm", "cm")), *NOTES),
        serial=Serial(9600),
    ),
    DriverSpec(
        "tfmini",
        "TFmini, TFmini-S, TF-Luna, TF02, TF03 laser distance",
        _tfmini,
        Source.SERIAL,
        Gives.VALUES,
        options=(
            Option("model", "", "decides the range", check=tfmini.is_strength_judged),
            Option("variant", "cm", "the output format it is set to", tuple(tfmini.Variant)),
        ),
        serial=Serial(115200),
        probe=tfmini.command(0x01),
    ),
)
