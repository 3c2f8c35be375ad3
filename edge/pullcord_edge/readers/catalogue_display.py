"""The catalogue's drivers of displays' lines."""

from . import display
from .spec import NOTES, DriverSpec, Gives, Serial, Source

DISPLAYS = (
    DriverSpec(
        "cd5220",
        "Two-line displays with the CD5220 command set",
        lambda _: display.cd5220(),
        Source.SERIAL,
        Gives.ANSWERS,
        options=NOTES,
        serial=Serial(9600),
    ),
    DriverSpec(
        "epson-dm-d",
        "Epson DM-D two-line displays",
        lambda _: display.epson_dm_d(),
        Source.SERIAL,
        Gives.ANSWERS,
        options=NOTES,
        serial=Serial(9600),
    ),
)
