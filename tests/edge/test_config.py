"""A station's file becomes frozen values, or every problem of it with its line and fix."""

from pathlib import Path

import pytest

from pullcord_edge.config import ConfigError, load, parse
from pullcord_edge.core.setting import Act, Contact, Port, Pull
from pullcord_wire.message import EntryType

WHOLE = """\
site = "tsutsumi"
station = "assy1-post"

[broker]
url = "mqtt://127.0.0.1:1883"

[journal]
path = "journal.db"

[[reader]]
name = "post"
driver = "rdm6300"
port = "/dev/serial/by-id/usb-reader"
role = "withdrawal"

[[reader]]
name = "dock"
driver = "line"
port = "socket://10.0.0.9:4001"
role = "arrival"
baud = 115200
parity = "even"
bits = 7
suffix = "cr"
absence = "1500ms"

[[sensor]]
name = "bin-7"
driver = "switch"
pin = 17

[[light]]
name = "stack"
pins = { red = 5, amber = 6, green = 13, blue = 19, white = 26 }

[[button]]
name = "cord"
pin = 21
call = "material"

[[button]]
name = "undo"
pin = "BOARD16"
pull = "down"
action = "undo"

[buzzer]
pin = "GPIO18"
"""


def problems(text: str) -> list[str]:
    """Every problem of a file's text, as people see it."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "station.toml")
    return [str(problem) for problem in caught.value.problems]


def problems_after(old: str, new: str) -> list[str]:
    """The problems of the whole file with one thing changed."""
    assert old in WHOLE
    return problems(WHOLE.replace(old, new, 1))


def test_a_whole_file_is_read() -> None:
    setting = parse(WHOLE, "/etc/pullcord/station.toml")
    assert (setting.site, setting.station) == ("tsutsumi", "assy1-post")
    assert (setting.broker.host, setting.broker.port, setting.broker.tls) == (
        "127.0.0.1",
        1883,
        False,
    )
    assert setting.journal.path == "/etc/pullcord/journal.db"
    post, dock = setting.readers
    assert (post.name, post.type) == ("post", EntryType.WITHDRAWAL)
    assert post.port == Port("/dev/serial/by-id/usb-reader", 9600)
    assert post.gesture.confirm
    assert dock.port == Port("socket://10.0.0.9:4001", 115200, 7, "E")
    assert dock.options == {"suffix": "cr"}
    assert dock.gesture.absence_s == 1.5
    assert not dock.gesture.confirm
    assert setting.sensors[0].contact == Contact(17)
    assert setting.lights[0].colours == ("red", "amber", "green", "blue", "white")
    assert setting.buttons[0].call == "material"
    assert setting.buttons[1].act is Act.UNDO
    assert setting.buttons[1].contact == Contact(23, Pull.DOWN, active_high=True)
    assert setting.buzzer is not None
    assert setting.buzzer.pin == 18


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    assert load(file).station == "assy1-post"


def test_all_problems_come_at_once_each_with_its_line_key_and_fix() -> None:
    text = (
        WHOLE.replace('site = "tsutsumi"', 'site = "a/b"')
        .replace('driver = "rdm6300"', 'driver = "rdm630"')
        .replace("pin = 17", "pinn = 17")
        .replace('call = "material"', 'call = "materials"')
    )
    assert [problem.split("; write one of")[0] for problem in problems(text)] == [
        "station.toml:1: site: must not contain '/' (no spaces, controls, / + # * >); "
        'choose a name such as "tsutsumi"',
        'station.toml:12: reader[0].driver: "rdm630" is unknown; did you mean "rdm6300"?',
        "station.toml:27: sensor[0].pin: is missing; add pin = 17",
        'station.toml:30: sensor[0].pinn: unknown key; did you mean "pin"?; correct or remove it',
        'station.toml:39: button[0].call: "materials" is unknown; did you mean "material"?',
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('station = "assy1-post"', "", ":1: station: is missing; add station = "),
        ('station = "assy1-post"', "station = 7", ":2: station: must be a text, is 7"),
        ('station = "assy1-post"', 'station = "events"', ":2: station: must not be `events`"),
        ('url = "mqtt://127.0.0.1:1883"', "", ":4: broker.url: is missing"),
        ("mqtt://127.0.0.1:1883", "http://x", 'broker.url: "http://x" is not of mqtt or mqtts'),
        ("mqtt://127.0.0.1:1883", "mqtt://x:99999", "broker.url:"),
        ("mqtt://127.0.0.1:1883", "mqtt://me:secret@x", "must not hold a name or password"),
        ("mqtt://127.0.0.1:1883", "mqtt://x/topic", "is not just a host and a port"),
        ('1883"\n', '1883"\nca = "ca.pem"\n', "broker.ca: needs TLS"),
        ('1883"\n', '1883"\ncert = "c.pem"\n', "broker.key: is missing: cert and key go together"),
        ('1883"\n', '1883"\npassword = "x"\n', "broker.password: must not stand in this file"),
        ('1883"\n', '1883"\npassword_file = "x"\n', "broker.username: is missing beside"),
        ('[journal]\npath = "journal.db"', "", ":1: journal: is missing"),
        ('path = "journal.db"', "path = 3", ":8: journal.path: must be a text, is 3"),
        ("[[reader]]", "[reader]", "station.toml"),
        ('role = "withdrawal"', 'role = "withdraw"', 'did you mean "withdrawal"?'),
        ('role = "withdrawal"', "", ":10: reader[0].role: is missing"),
        (
            'port = "/dev/serial/by-id/usb-reader"',
            "",
            ':10: reader[0].port: is missing; add port = "/dev/serial/by-id/…"',
        ),
        (
            "baud = 115200",
            'baud = "fast"',
            ':21: reader[1].baud: must be a whole number, is "fast"',
        ),
        ('parity = "even"', 'parity = "evn"', 'did you mean "even"?'),
        ("bits = 7", "bits = 9", "write 5 to 8"),
        ('suffix = "cr"', 'sufix = "cr"', 'reader[1].sufix: unknown key; did you mean "suffix"?'),
        ('suffix = "cr"', 'suffix = "xx"', "reader[1].suffix:"),
        ('suffix = "cr"', "suffix = []", "reader[1].suffix: must be a text or number, is a list"),
        ('absence = "1500ms"', 'absence = "1500"', "is no time"),
        ('absence = "1500ms"', 'absence = "2d"', "is out of range"),
        ('name = "dock"', 'name = "post"', ':17: reader[1].name: "post" is also reader[0]'),
        ("socket://10.0.0.9:4001", "/dev/serial/by-id/usb-reader", "is already the port of reader"),
        ("pin = 17", "pin = 28", "sensor[0].pin: 28 is no pin of the header"),
        ("pin = 17", 'pin = "BOARD1"', 'sensor[0].pin: "BOARD1" is no pin'),
        ("pin = 17", "pin = 5", "light[0].pins.red: pin 5 is already taken by sensor bin-7"),
        ('driver = "switch"', 'driver = "swich"', 'did you mean "switch"?'),
        ("red = 5", "rde = 5", 'light[0].pins.rde: is no colour of a light; did you mean "red"?'),
        ("{ red = 5, amber = 6, green = 13, blue = 19, white = 26 }", "{}", "names no colour"),
        ("{ red = 5, amber = 6, green = 13, blue = 19, white = 26 }", "5", "must be a table, is 5"),
        ('call = "material"', "", ":36: button[0].call: is missing"),
        ('call = "material"', 'call = "material"\naction = "undo"', "cannot stand beside call"),
        ('pull = "down"', 'pull = "down"\nactive_high = false', 'contradicts pull = "down"'),
        ("[buzzer]", "[buzer]", 'buzer: unknown key; did you mean "buzzer"?'),
        ("[buzzer]", "[[buzzer]]", "buzzer: must be a table, is a list"),
    ],
)
def test_each_wrong_thing_is_named_with_its_place_and_fix(old: str, new: str, said: str) -> None:
    assert any(said in problem for problem in problems_after(old, new))


def test_a_value_over_many_lines_is_told_by_the_line_it_begins_on() -> None:
    text = WHOLE.replace('name = "stack"', 'name = """\n\n"""')
    assert "station.toml:33: light[0].name: must not contain" in problems(text)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site = \n", "station.toml:1: Invalid value"),
        ('site = "a"\nsite = "b"\n', "station.toml:2: Cannot overwrite a value"),
        ('site = "a', "station.toml:1: "),
        ("[broker", "station.toml:1: "),
        ("a = " + "[" * 5000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_toml_is_one_problem_with_its_line(text: str, said: str) -> None:
    (problem,) = problems(text)
    assert said in problem
    assert "correct the line" in problem or "plain tables" in problem


def test_a_file_that_is_not_there_or_no_text_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: No such file or directory; give the path"):
        load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes('site = "a"\nstation = "pöst"'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin\.toml:2: is not UTF-8"):
        load(tmp_path / "latin.toml")


def test_an_empty_file_names_everything_that_is_missing() -> None:
    keys = [line.split(": ")[1] for line in problems("")]
    assert keys == ["site", "station", "broker", "journal"]
