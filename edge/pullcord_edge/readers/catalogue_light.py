"""The catalogue's drivers of lamps' lines and of scanners that are being set up."""

from . import modbus, patlite, scanner_config, tower
from .spec import NOTES, DriverSpec, Gives, Serial, Source

LIGHTS = (
    DriverSpec(
        "modbus",
        "Modbus RTU lamps",
        lambda _: modbus.modbus(),
        Source.SERIAL,
        Gives.ANSWERS,
        options=NOTES,
        serial=Serial(9600, parity="E"),
    ),
    DriverSpec(
        "adafruit-tower",
        "Adafruit 5125 USB tower light",
        lambda _: tower.adafruit_tower(),
        Source.SERIAL,
        Gives.ANSWERS,
        options=NOTES,
        serial=Serial(9600),
    ),
    DriverSpec(
        "patlite-phe",
        "PATLITE PHE signal tower, RS-232C",
        lambda _: patlite.patlite_phe(),
        Source.SERIAL,
        Gives.ANSWERS,
        options=NOTES,
        serial=Serial(9600),
    ),
    DriverSpec(
        "patlite-ne",
        "PATLITE NE-USB beacon",
        lambda _: patlite.patlite_ne(),
        Source.HID,
        Gives.ANSWERS,
        options=NOTES,
    ),
    DriverSpec(
        "patlite-lr",
        "PATLITE LR-USB, LA-USB tower",
        lambda _: patlite.patlite_lr(),
        Source.HID,
        Gives.ANSWERS,
        options=NOTES,
    ),
    DriverSpec(
        "scanner-config",
        "Scanners while their settings are written",
        lambda _: scanner_config.scanner_config(),
        Source.SERIAL,
        Gives.ANSWERS,
        options=NOTES,
        serial=Serial(9600),
    ),
)
