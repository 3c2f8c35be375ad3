"""The `[broker]` table: where it is, and how the station proves itself."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from pullcord_edge.config.section import Section
from pullcord_edge.core.setting import Broker
from pullcord_edge.readers.option import show

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_EXAMPLE: Final = 'write url = "mqtt://HOST:1883" or "mqtts://HOST:8883"'
NOWHERE: Final = Broker("", 0)


def read_broker(section: Section | None, root: Section, place: Callable[[str], str]) -> Broker:
    """The broker of the file; `place` makes a path that is relative to the file absolute."""
    if section is None:
        if "broker" not in root.table:
            root.wrong("broker", "is missing", "add a table [broker] with url = …")
        return NOWHERE
    where = _read_url(section)
    paths = {key: section.text(key) for key in ("ca", "cert", "key", "password_file")}
    files = {key: place(path) if path else None for key, path in paths.items()}
    username = section.text("username")
    if section.has("password"):
        section.wrong(
            "password", "must not stand in this file", "put it in a file: password_file = …"
        )
    if files["password_file"] and username is None:
        section.wrong("username", "is missing beside password_file", 'add username = "…"')
    _check_pair(section, files["cert"], files["key"])
    if where is not None and not where[2]:
        for key in ("ca", "cert", "key"):
            if section.has(key):
                section.wrong(key, "needs TLS", "write the url as mqtts://…")
    broker = Broker(
        host=where[0] if where else "",
        port=where[1] if where else 0,
        tls=where[2] if where else False,
        ca=files["ca"],
        cert=files["cert"],
        key=files["key"],
        username=username,
        password_file=files["password_file"],
        protocol=section.choice("protocol", ("3.1.1", "5"), "3.1.1") or "3.1.1",
        connect_timeout_s=section.seconds("connect_timeout", 5.0, 0.5, 60.0),
        keepalive_s=section.integer("keepalive", 10, 2, 3600),
    )
    section.finish()
    return broker


def _check_pair(section: Section, cert: str | None, key: str | None) -> None:
    if (cert is None) != (key is None):
        missing = "cert" if cert is None else "key"
        section.wrong(missing, "is missing: cert and key go together", f'add {missing} = "…"')


def _read_url(section: Section) -> tuple[str, int, bool] | None:
    """Host, port and whether TLS is spoken."""
    if not section.need("url", '"mqtt://HOST:1883"'):
        return None
    url = section.text("url")
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        section.wrong("url", f"{show(url)} is no address: {error}", _EXAMPLE)
        return None
    if parts.username is not None or parts.password is not None:
        section.wrong(
            "url",
            "must not hold a name or password",
            f'write url = "{parts.scheme}://{host}", username = "…" and password_file = "…"',
        )
        return None
    if parts.scheme not in _PORTS:
        section.wrong("url", f"{show(url)} is not of mqtt or mqtts", _EXAMPLE)
        return None
    if not host or parts.path.strip("/") or parts.query or parts.fragment or port == 0:
        section.wrong("url", f"{show(url)} is not just a host and a port", _EXAMPLE)
        return None
    return host, port or _PORTS[parts.scheme], parts.scheme == "mqtts"
