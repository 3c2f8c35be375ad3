"""The JSON Schema of a station's file, for editors that complete and check while one types."""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from pullcord_edge.config.device import SWITCH
from pullcord_edge.config.output import CALLS
from pullcord_edge.core.display import DISPLAYS
from pullcord_edge.core.light_frame import LIGHTS
from pullcord_edge.core.setting import COLOURS, ROLES, Act, Language, Pull
from pullcord_edge.readers.catalogue import CATALOGUE, Gives
from pullcord_edge.readers.option import Option

Schema: TypeAlias = dict[str, Any]

_NAME: Final[Schema] = {"type": "string", "pattern": r"^[^\s/+#*>]{1,64}$"}
_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_FLAG: Final[Schema] = {"type": "boolean"}
_SECONDS: Final[Schema] = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)\s*$"},
    ]
}
_PIN: Final[Schema] = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 27},
        {"type": "string", "pattern": r"^\s*(GPIO|BCM|BOARD)?\d{1,2}\s*$"},
    ]
}


def make_schema() -> Schema:
    """The whole schema; what a file may not say is refused by `pullcord-edge check` in any case."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Pullcord station",
        **_table(
            {
                "site": _NAME | {"description": "the site, as the server has it"},
                "station": _NAME | {"description": "this station's name in the plant"},
                "language": {"enum": [language.value for language in Language]},
                "broker": _broker(),
                "journal": _table({"path": _TEXT, "oldest_backup": _SECONDS}, ["path"]),
                "reader": _list(_reader()),
                "sensor": _list(_sensor()),
                "light": _list(_light()),
                "display": _list(
                    _table(
                        {"name": _NAME, "driver": {"enum": list(DISPLAYS)}, **_port()},
                        ["name", "driver", "port"],
                    )
                ),
                "button": _list(_button()),
                "buzzer": _table(
                    {"pin": _PIN, "active_low": _FLAG, "tone": _number(20, 20_000)}, ["pin"]
                ),
                "selftest": _table(
                    {
                        "cards": _list(_TEXT),
                        "readers": _list(_TEXT),
                        "loops": {"type": "object", "additionalProperties": _TEXT},
                    },
                    [],
                ),
            },
            ["site", "station", "broker", "journal"],
        ),
    }


def _broker() -> Schema:
    return _table(
        {
            "url": {"type": "string", "pattern": r"^mqtts?://[^/@]+/?$"},
            "ca": _TEXT,
            "cert": _TEXT,
            "key": _TEXT,
            "username": _TEXT,
            "password_file": _TEXT,
            "protocol": {"enum": ["3.1.1", "5"]},
            "connect_timeout": _SECONDS,
            "keepalive": _integer(2, 3600),
        },
        ["url"],
    )


def _reader() -> Schema:
    return _table(
        {
            "name": _NAME,
            "driver": {"enum": _drivers(Gives.READS)},
            "profile": _TEXT,
            "role": {"enum": list(ROLES)},
            "absence": _SECONDS,
            "confirm": _FLAG,
            "repeats": _FLAG,
            "removed": _FLAG,
            "d0": _PIN,
            "d1": _PIN,
            **_port(),
            **_options(Gives.READS),
        },
        ["name", "driver", "role"],
    )


def _sensor() -> Schema:
    return _table(
        {
            "name": _NAME,
            "driver": {"enum": [SWITCH, *_drivers(Gives.VALUES)]},
            "profile": _TEXT,
            "settle": _SECONDS,
            "empty_when": {"enum": ["open", "closed"]},
            "empty_below": {"type": "number"},
            "empty_above": {"type": "number"},
            "hysteresis": _number(0, 1e9),
            "median": _integer(1, 99),
            "calibrated": _FLAG,
            "serial": _TEXT,
            "dout": _PIN,
            "sck": _PIN,
            **_contact(),
            **_port(),
            **_options(Gives.VALUES),
        },
        ["name", "driver"],
    )


def _light() -> Schema:
    pins = _table(dict.fromkeys(COLOURS, _PIN), [])
    return _table(
        {
            "name": _NAME,
            "driver": {"enum": list(LIGHTS)},
            "pins": pins,
            "active_low": _FLAG,
            **_port(),
        },
        ["name"],
    )


def _button() -> Schema:
    return _table(
        {
            "name": _NAME,
            "call": {"enum": list(CALLS)},
            "action": {"enum": [act.value for act in Act]},
            "debounce": _SECONDS,
            "stuck": _SECONDS,
            **_contact(),
        },
        ["name", "pin"],
    )


def _contact() -> Schema:
    return {"pin": _PIN, "pull": {"enum": [pull.value for pull in Pull]}, "active_high": _FLAG}


def _port() -> Schema:
    return {
        "port": _TEXT,
        "baud": _integer(50, 4_000_000),
        "bits": _integer(5, 8),
        "parity": {"enum": ["none", "even", "odd", "mark", "space"]},
        "stop": _number(1, 2),
        "dtr": _FLAG,
        "rts": _FLAG,
    }


def _drivers(gives: Gives) -> list[str]:
    return [name for name, spec in CATALOGUE.items() if spec.gives is gives]


def _options(gives: Gives) -> Schema:
    """Every option of every driver of this kind."""
    found: Schema = {}
    for name in _drivers(gives):
        for option in CATALOGUE[name].options:
            found.setdefault(option.name, _option(option))
    return found


def _option(option: Option) -> Schema:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": [kinds[type(option.default)], "string"], "description": option.about}


def _table(properties: Schema, required: Iterable[str]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _integer(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def _number(low: float, high: float) -> Schema:
    return {"type": "number", "minimum": low, "maximum": high}
