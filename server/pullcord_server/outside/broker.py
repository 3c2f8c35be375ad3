"""Which broker, and how to be let in: the address and its credentials as one checked value."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pullcord_server.settings import Settings

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


class BrokerError(ValueError):
    """An address or credential that cannot work: `key` names the setting, `reason` the fix."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker and what it asks for. `tls`: mqtts://; `ca`, `cert`, `key`: PEM files."""

    host: str
    port: int
    tls: bool = False
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    username: str | None = None
    password: str | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def parse_broker(
    url: str,
    *,
    ca: Path | None = None,
    cert: Path | None = None,
    key: Path | None = None,
    username: str | None = None,
    password_file: Path | None = None,
) -> Broker:
    """The broker at `url`, its password read from a file; BrokerError names what cannot work."""
    tls, host, port = _parse_url(url)
    if not tls:
        for name, value in (("ca", ca), ("cert", cert), ("key", key)):
            if value is not None:
                raise BrokerError(name, f"is for mqtts:// only, the broker is {url!r}")
    if (cert is None) != (key is None):
        raise BrokerError("cert" if cert is None else "key", "is missing: cert and key go together")
    if password_file is not None and username is None:
        raise BrokerError("username", "is missing: password_file is of no use without it")
    password = None if password_file is None else _read_password(password_file)
    broker = Broker(host, port, tls, ca, cert, key, username, password)
    if tls:
        tls_context(broker)
    return broker


def broker_of(settings: Settings) -> Broker:
    """The broker that the settings name, with their credentials; not for an embedded one."""
    return parse_broker(
        settings.broker,
        ca=settings.ca,
        cert=settings.cert,
        key=settings.key,
        username=settings.username,
        password_file=settings.password_file,
    )


def tls_context(broker: Broker) -> ssl.SSLContext:
    """A context that trusts `ca` (or the system) and shows `cert`; BrokerError for bad files."""
    try:
        context = ssl.create_default_context(cafile=broker.ca)
    except OSError as error:
        raise BrokerError("ca", f"cannot be used: {broker.ca}: {error}") from None
    if broker.cert is not None:
        try:
            context.load_cert_chain(broker.cert, broker.key)
        except OSError as error:
            where = f"{broker.cert}, {broker.key}"
            raise BrokerError("cert", f"and key cannot be used: {where}: {error}") from None
    return context


def _parse_url(url: str) -> tuple[bool, str, int]:
    hint = "use mqtt://host:port or mqtts://host:port"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BrokerError("broker", f"{url!r} is no address: {error}; {hint}") from None
    if parts.scheme not in _PORTS:
        raise BrokerError("broker", f"{url!r} is not understood: {hint}")
    if parts.username is not None or parts.password is not None:
        raise BrokerError("broker", "must not hold a login: use username and password_file")
    if not parts.hostname:
        raise BrokerError("broker", f"{url!r} names no host: {hint}")
    if port == 0 or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise BrokerError("broker", f"{url!r} is not understood: {hint}")
    return parts.scheme == "mqtts", parts.hostname, port or _PORTS[parts.scheme]


def _read_password(path: Path) -> str:
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokerError("password_file", f"cannot be read: {path}: {error}") from None
    if not password:
        raise BrokerError("password_file", f"is empty: {path}")
    return password
