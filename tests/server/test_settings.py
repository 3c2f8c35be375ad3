"""server.toml and the environment: what they say, and what is refused."""

from pathlib import Path

import pytest

from pullcord_server.domain.problem import WrongFile
from pullcord_server.settings import DEFAULTS, Settings, parse_settings, read_settings

FULL = """site = "tsutsumi"
database = "sqlite:///pullcord.db"
broker = "mqtt://127.0.0.1:1883"
http = "127.0.0.1:8080"
access = "users"
time = "system"
decisions_copy = "/mnt/other-disk/decisions.jsonl"
"""


def problems(text: str, **environ: str) -> list[str]:
    """What is wrong with a server.toml, one line each."""
    with pytest.raises(WrongFile) as caught:
        parse_settings(text, "server.toml", environ)
    return str(caught.value).splitlines()


def test_the_file_says_how_the_server_runs() -> None:
    assert parse_settings(FULL, "server.toml", {}) == Settings(
        site="tsutsumi",
        database="sqlite:///pullcord.db",
        broker="mqtt://127.0.0.1:1883",
        host="127.0.0.1",
        port=8080,
        users=Path("users.txt"),
        driven=False,
        decisions_copy=Path("/mnt/other-disk/decisions.jsonl"),
    )


def test_a_site_alone_is_enough() -> None:
    found = parse_settings('site = "s1"', "server.toml", {})
    assert (found.database, found.broker) == (DEFAULTS["database"], DEFAULTS["broker"])
    assert (found.host, found.port, found.driven) == ("127.0.0.1", 8080, False)
    assert found.users == Path("users.txt")
    assert found.decisions_copy is None


def test_every_key_comes_by_the_environment_too_and_goes_first(tmp_path: Path) -> None:
    files = {}
    for key in ("ca", "cert", "key", "password_file"):
        files[key] = tmp_path / key
        files[key].write_text("x")
    environ = {
        "PULLCORD_SITE": "other",
        "PULLCORD_DATABASE": "postgresql+psycopg://me:secret@db/pullcord",
        "PULLCORD_BROKER": "mqtts://broker.plant:8883",
        "PULLCORD_HTTP": "[::1]:80",
        "PULLCORD_ACCESS": "users",
        "PULLCORD_USERS": "/etc/pullcord/people",
        "PULLCORD_TIME": "system",
        "PULLCORD_DECISIONS_COPY": "/copy",
        "PULLCORD_USERNAME": "server",
        **{f"PULLCORD_{key.upper()}": str(path) for key, path in files.items()},
    }
    assert {f"PULLCORD_{key.upper()}" for key in DEFAULTS} == set(environ)
    assert parse_settings(FULL, "server.toml", environ) == Settings(
        site="other",
        database="postgresql+psycopg://me:secret@db/pullcord",
        broker="mqtts://broker.plant:8883",
        host="::1",
        port=80,
        users=Path("/etc/pullcord/people"),
        driven=False,
        decisions_copy=Path("/copy"),
        ca=files["ca"],
        cert=files["cert"],
        key=files["key"],
        username="server",
        password_file=files["password_file"],
    )


def test_an_empty_variable_is_not_given() -> None:
    assert parse_settings(FULL, "server.toml", {"PULLCORD_SITE": ""}).site == "tsutsumi"


@pytest.mark.parametrize("http", ["127.0.0.1:80", "[::1]:80", "localhost:80", "127.3.2.1:1"])
def test_open_access_and_driven_time_stay_on_this_machine(http: str) -> None:
    text = f'site = "s1"\nhttp = "{http}"\naccess = "open"\ntime = "driven"'
    found = parse_settings(text, "server.toml", {})
    assert found.driven
    assert found.users is None


@pytest.mark.parametrize("http", ["0.0.0.0:80", "[::]:80", "192.168.1.5:80", "plant:80"])
def test_open_access_is_refused_where_others_can_reach_it(http: str) -> None:
    host = http.rsplit(":", 1)[0].strip("[]")
    assert problems(f'site = "s1"\nhttp = "{http}"\naccess = "open"') == [
        f"server.toml:3: access: open is for a loopback address only, not {host}; "
        "use 127.0.0.1 or users"
    ]


WRONG = [
    ('site = "tsutsumi"\n', "",
     "server.toml: site: is missing; write the site's name, the same as in plant.toml"),
    ('site = "tsutsumi"', 'site = "tsu/tsumi"', "server.toml:1: site: must be letters, digits"),
    ('site = "tsutsumi"', "site = 5", "server.toml:1: site: must be a text in quotes, not 5"),
    ('site = "tsutsumi"', 'site = "tsutsumi', "server.toml:1: is not TOML: "),
    ("database =", "databse =", 'server.toml:2: databse: is no key of this table; did you mean "database"?'),
    ("sqlite:///pullcord.db", "mysql://root:hunter2@db/x",
     'server.toml:2: database: must be SQLite or PostgreSQL by psycopg, not "mysql"; write "sqlite:///'),
    ("sqlite:///pullcord.db", "postgresql://db/x", 'PostgreSQL by psycopg, not "postgresql"; write'),
    ("sqlite:///pullcord.db", "sqlite://", "server.toml:2: database: must name a file, since all is kept"),
    ("sqlite:///pullcord.db", "sqlite:///:memory:", "server.toml:2: database: must name a file"),
    ("sqlite:///pullcord.db", "postgresql+psycopg://u:hunter2@db:port/x", "database: is no address"),
    ("sqlite:///pullcord.db", "postgresql+psycopg://u:hunter2@db", "database: is no address with"),
    ("mqtt://127.0.0.1:1883", "http://127.0.0.1", 'broker: is no broker\'s address: "http://127.0.0.1"; write'),
    ("mqtt://127.0.0.1:1883", "127.0.0.1:1883", "server.toml:3: broker: is no broker's address"),
    ("mqtt://127.0.0.1:1883", "mqtt://127.0.0.1:99999", "server.toml:3: broker: is no broker's address"),
    ("mqtt://127.0.0.1:1883", "mqtt://", "server.toml:3: broker: is no broker's address"),
    ("mqtt://127.0.0.1:1883", "mqtt://me:hunter2@h:1883",
     "server.toml:3: broker: must not hold a login; use username and password_file"),
    ("mqtt://127.0.0.1:1883", "mqtt://h:1883/topic", "broker: has more than a host and a port"),
    ("mqtt://127.0.0.1:1883", "mqt://me:hunter2/@h:1883", 'broker: is no broker\'s address: "mqt://…@h:1883"'),
    ("sqlite:///pullcord.db", "postgresql+psycopg://u:hunter2\\t@db/x", "database: must be a text in quotes"),
    ("127.0.0.1:8080", "127.0.0.1", 'server.toml:4: http: must be host:port, not "127.0.0.1"; write'),
    ("127.0.0.1:8080", "127.0.0.1:http", "server.toml:4: http: must be host:port"),
    ("127.0.0.1:8080", ":8080", "server.toml:4: http: must be host:port"),
    ("127.0.0.1:8080", "127.0.0.1:8080/x", "server.toml:4: http: must be host:port"),
    ("127.0.0.1:8080", "me:hunter2@localhost:80", "http: must be host:port without a login"),
    ('access = "users"', 'access = "user"',
     'server.toml:5: access: must be "users" or "open", not "user"; did you mean "users"?'),
    ('time = "system"', 'time = "driven"',
     'server.toml:6: time: must not be "driven" where access is for users; it is for tests, with open'),
    ('time = "system"', "time = 12:00:00", "server.toml:6: time: must be a text in quotes, not 12:00:00"),
    ('access = "users"', 'access = "open"\nusers = "people"', "server.toml:6: users: has no use where"),
    ('time = "system"', 'ca = "/nowhere/ca.pem"', "ca: is for a broker at mqtts:// only"),
    ('time = "system"', 'username = "me"\npassword_file = "/nowhere/p"',
     'server.toml:7: password_file: is not there: "/nowhere/p"; give the path of a file'),
    ('time = "system"', 'password_file = "/nowhere/p"', "password_file: needs username beside it"),
    ('broker = "mqtt://127.0.0.1:1883"', 'broker = "mqtts://h"\ncert = "/nowhere"',
     "server.toml:4: cert: needs key beside it; give both, or neither"),
    ('broker = "mqtt://127.0.0.1:1883"', 'broker = "embedded"\nusername = "me"',
     "username: is not asked for by the embedded broker; leave it out"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), WRONG, ids=[w[2][:60] for w in WRONG])
def test_what_is_wrong_is_refused_with_its_place_and_fix(old: str, new: str, expected: str) -> None:
    assert old in FULL
    found = problems(FULL.replace(old, new))
    assert len(found) == 1, found
    assert expected in found[0]
    assert "; " in found[0] or "did you mean" in found[0]
    assert "hunter2" not in found[0]


def test_all_problems_are_told_at_once() -> None:
    text = 'http = "x"\ntime = "fast"\ncolour = 1'
    assert [p.split(": ")[1] for p in problems(text)] == ["site", "http", "time", "colour"]


def test_a_wrong_variable_is_told_by_its_name_and_never_by_a_secret() -> None:
    assert problems(FULL, PULLCORD_DATABASE="mysql://root:hunter2@db/x") == [
        'environment: PULLCORD_DATABASE: must be SQLite or PostgreSQL by psycopg, not "mysql"; '
        'write "sqlite:///pullcord.db" or "postgresql+psycopg://user@host/name"'
    ]


def test_a_variable_that_was_meant_for_us_is_not_passed_over() -> None:
    assert problems(FULL, PULLCORD_DATABSE="x") == [
        'environment: PULLCORD_DATABSE: is no setting; did you mean "PULLCORD_DATABASE"?'
    ]
    assert parse_settings(FULL, "server.toml", {"PULLCORD_BENCH": "1", "SITE": "x"}).site


def test_settings_show_no_password() -> None:
    environ = {"PULLCORD_DATABASE": "postgresql+psycopg://me:hunter2@db/pullcord"}
    assert "hunter2" not in repr(parse_settings(FULL, "server.toml", environ))


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "server.toml"
    path.write_text("\ufeff" + FULL, encoding="utf-8")
    assert read_settings(path, {}).site == "tsutsumi"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sever.toml"
    with pytest.raises(WrongFile, match=r"sever\.toml: is not there; write it, or name another"):
        read_settings(path, {"PULLCORD_SITE": "s1"})


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(Path("server.toml"), {"PULLCORD_SITE": "s1"}).site == "s1"
    with pytest.raises(WrongFile, match=r"server\.toml: is not there"):
        read_settings(Path("server.toml"), {})


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "server.toml"
    path.write_bytes(b'site = "\xff"')
    with pytest.raises(WrongFile, match=r"cannot be read: .*; make it a readable file in UTF-8"):
        read_settings(path, {})
    with pytest.raises(WrongFile, match="cannot be read"):
        read_settings(tmp_path, {})
