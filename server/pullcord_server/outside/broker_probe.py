"""The way to the broker, walked step by step with a connection of its own."""

import secrets
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from pullcord_server.outside.broker import Broker, BrokerError, tls_context
from pullcord_wire.topic import ROOT, Kind, topic

WAIT_S: Final = 5.0
_DAY_S: Final = 86_400
#: A station of this name is published to; no plant needs to have it.
_NOBODY: Final = "doctor"


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """What was found on the way; an `…_error` ends it there. `denied`: topics that the broker refuses."""

    addresses: tuple[str, ...] = ()
    name_error: str | None = None
    connect_ms: float | None = None
    connect_error: str | None = None
    tls: str | None = None
    tls_error: str | None = None
    certificate_days: float | None = None
    own_certificate_days: float | None = None
    login_error: str | None = None
    denied: tuple[str, ...] = ()


@dataclass(slots=True)
class _Heard:
    connected: str | None = None
    waiting: dict[int, str] = field(default_factory=dict)
    denied: list[str] = field(default_factory=list)


def probe_broker(broker: Broker, site: str) -> BrokerFacts:
    """The facts of the way to `broker`, as the server of `site` goes it."""
    facts = BrokerFacts()
    try:
        infos = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return replace(facts, name_error=f"{broker.host}: {getattr(error, 'strerror', error)}")
    facts = replace(facts, addresses=tuple(dict.fromkeys(str(info[4][0]) for info in infos)))
    begun = time.monotonic()
    try:
        plain = socket.create_connection((broker.host, broker.port), WAIT_S)
    except OSError as error:
        return replace(facts, connect_error=f"{broker}: {error.strerror or error}")
    facts = replace(facts, connect_ms=(time.monotonic() - begun) * 1000)
    with plain:
        if broker.tls:
            facts = _shake_hands(broker, plain, facts)
    if facts.tls_error is not None:
        return facts
    # only version 5 tells of a publication that is refused; not every broker speaks it
    heard = _talk(broker, site, MQTTProtocolVersion.MQTTv5)
    if heard.connected != "":
        heard = _talk(broker, site, MQTTProtocolVersion.MQTTv311)
    if heard.connected != "":
        return replace(facts, login_error=heard.connected or f"no answer within {WAIT_S:g} s")
    return replace(facts, denied=tuple(sorted(set(heard.denied))))


def _shake_hands(broker: Broker, plain: socket.socket, facts: BrokerFacts) -> BrokerFacts:
    try:
        with tls_context(broker).wrap_socket(plain, server_hostname=broker.host) as sock:
            days = _days_left(sock.getpeercert() or {})
            facts = replace(facts, tls=sock.version(), certificate_days=days)
    except ssl.SSLCertVerificationError as error:
        return replace(facts, tls_error=error.verify_message)
    except (OSError, ValueError, BrokerError) as error:
        return replace(facts, tls_error=" ".join(str(error).split()))
    if broker.cert is not None:
        facts = replace(facts, own_certificate_days=_file_days(broker.cert))
    return facts


def _days_left(certificate: Any) -> float | None:
    text = certificate.get("notAfter")
    return None if text is None else (ssl.cert_time_to_seconds(text) - time.time()) / _DAY_S


def _file_days(path: Path) -> float | None:
    """The days a certificate file is still good for, as far as this Python can read it."""
    read: Callable[[str], dict[str, str]] | None = getattr(
        getattr(ssl, "_ssl", None), "_test_decode_cert", None
    )
    with suppress(OSError, ValueError):
        return None if read is None else _days_left(read(str(path)))
    return None


def _talk(broker: Broker, site: str, protocol: MQTTProtocolVersion) -> _Heard:
    """Log in, subscribe to what the server hears, publish what it says; `connected` is "" where that went well."""
    heard = _Heard()
    version5 = protocol is MQTTProtocolVersion.MQTTv5
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"pc-doctor-{secrets.token_hex(5)}",
        protocol=protocol,
        clean_session=None if version5 else True,
    )
    client.connect_timeout = WAIT_S
    client.on_connect = lambda *words: _on_connect(words[3], heard)
    client.on_subscribe = lambda *words: _on_answer(words[2], words[3], heard)
    client.on_publish = lambda *words: _on_answer(words[2], [words[3]], heard)
    try:
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls:
            client.tls_set_context(tls_context(broker))
        client.connect(broker.host, broker.port, keepalive=30)
    except (OSError, ValueError) as error:
        heard.connected = " ".join(str(error).split())
        return heard
    _run(client, lambda: heard.connected is not None)
    if heard.connected == "":
        _ask(client, site, heard)
        client.disconnect()
        client.loop_write()
    return heard


def _ask(client: Client, site: str, heard: _Heard) -> None:
    for kind in (Kind.JOURNAL, Kind.STATUS, Kind.REPORT):
        name = f"{ROOT}/{site}/+/{kind}"
        _, mid = client.subscribe(name, qos=1)
        heard.waiting[mid or 0] = f"hear {name}"
    for kind in (Kind.ACK, Kind.VERDICT, Kind.COMMAND):
        name = topic(site, _NOBODY, kind)
        sent = client.publish(name, b"{}", qos=1)
        heard.waiting[sent.mid] = f"say {name}"
    _run(client, lambda: not heard.waiting)
    heard.denied += [f"{what}: no answer" for what in heard.waiting.values()]


def _run(client: Client, done: Callable[[], bool]) -> None:
    """Let the client read and write until it is done, or for the time there is."""
    end = time.monotonic() + WAIT_S
    while not done() and (left := end - time.monotonic()) > 0:
        if client.loop(min(left, 0.1)) != 0:
            return


def _on_connect(reason: Any, heard: _Heard) -> None:
    heard.connected = str(reason) if reason.is_failure else ""


def _on_answer(mid: int, reasons: list[Any], heard: _Heard) -> None:
    what = heard.waiting.pop(mid, "")
    if what and any(getattr(reason, "is_failure", False) for reason in reasons):
        heard.denied.append(what)
