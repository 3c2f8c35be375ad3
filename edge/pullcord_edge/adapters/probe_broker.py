"""The way to the server, walked step by step with a connection of its own."""

import os
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from pullcord_edge.adapters.mqtt import read_password, tls_context
from pullcord_edge.checks.broker import BrokerFacts
from pullcord_edge.core.setting import Setting
from pullcord_wire.codec import decode, encode
from pullcord_wire.message import Ack, Report, Status, WireError
from pullcord_wire.topic import Kind, topic

LISTEN_S: Final = 6.0
_DAY_S: Final = 86_400


@dataclass(slots=True)
class _Heard:
    """What came while listening."""

    granted: dict[int, str] = field(default_factory=dict)
    denied: list[str] = field(default_factory=list)
    connected: str | None = None
    servers: dict[str, int] = field(default_factory=dict)
    journals: dict[str, None] = field(default_factory=dict)
    faults: tuple[str, ...] | None = None
    sent: dict[int, str] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)


def probe_broker(
    setting: Setting, question: bytes | None, running: bool, listen_s: float = LISTEN_S
) -> BrokerFacts:
    """The facts of the way. `question`: an empty page to ask with, where no program is `running`."""
    broker = setting.broker
    facts = BrokerFacts(files=_unreadable(setting))
    try:
        infos = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return replace(facts, name_error=f"{broker.host}: {getattr(error, 'strerror', error)}")
    facts = replace(facts, addresses=tuple(dict.fromkeys(str(info[4][0]) for info in infos)))
    begun = time.monotonic()
    try:
        plain = socket.create_connection((broker.host, broker.port), broker.connect_timeout_s)
    except OSError as error:
        return replace(facts, connect_error=f"{broker}: {error.strerror or error}")
    facts = replace(facts, connect_ms=(time.monotonic() - begun) * 1000)
    with plain:
        if broker.tls:
            facts = _shake_hands(setting, plain, facts)
            if facts.tls_error is not None:
                return facts
    return _talk(setting, question, running, listen_s, facts)


def _unreadable(setting: Setting) -> dict[str, str]:
    broker = setting.broker
    paths = {
        "ca": broker.ca,
        "cert": broker.cert,
        "key": broker.key,
        "password_file": broker.password_file,
    }
    return {
        key: f"{path} cannot be read"
        for key, path in paths.items()
        if path is not None and not os.access(path, os.R_OK)
    }


def _shake_hands(setting: Setting, plain: socket.socket, facts: BrokerFacts) -> BrokerFacts:
    broker = setting.broker
    try:
        context = tls_context(broker)
        with context.wrap_socket(plain, server_hostname=broker.host) as sock:
            certificate = sock.getpeercert() or {}
            facts = replace(facts, tls=sock.version(), certificate_days=_days_left(certificate))
    except ssl.SSLCertVerificationError as error:
        return replace(facts, tls_error=error.verify_message, tls_code=error.verify_code)
    except (OSError, ValueError) as error:
        return replace(facts, tls_error=" ".join(str(error).split()))
    if broker.cert is not None:
        facts = replace(facts, own_certificate_days=_own_days_left(broker.cert))
    return facts


def _days_left(certificate: Any) -> float | None:
    text = certificate.get("notAfter")
    return None if text is None else (ssl.cert_time_to_seconds(text) - time.time()) / _DAY_S


def _own_days_left(path: str) -> float | None:
    """The days a certificate file is still good for, as far as this Python can read it."""
    decode_file: Callable[[str], dict[str, str]] | None = getattr(
        getattr(ssl, "_ssl", None), "_test_decode_cert", None
    )
    with suppress(OSError, ValueError):
        return None if decode_file is None else _days_left(decode_file(path))
    return None


def _talk(
    setting: Setting, question: bytes | None, running: bool, listen_s: float, facts: BrokerFacts
) -> BrokerFacts:
    """Log in, subscribe, publish, and listen for an answer."""
    heard = _Heard()
    topics = {kind: topic(setting.site, setting.station, kind) for kind in Kind}
    # Only version 5 tells of a publication that is refused; not every broker speaks it.
    client, trouble = _login(setting, topics, heard, MQTTProtocolVersion.MQTTv5)
    if trouble is not None:
        heard = _Heard()
        client, trouble = _login(setting, topics, heard, MQTTProtocolVersion.MQTTv311)
    if trouble is not None:
        return replace(facts, login_error=trouble)
    _send(client, Kind.REPORT, encode(Report(_name(), "doctor", None)), topics, heard)
    if question is not None and not running:
        _send(client, Kind.JOURNAL, question, topics, heard)
    asked = running or question is not None
    _run(client, listen_s, lambda: len(heard.servers) > 0 and not running)
    _run(client, 1.0 if asked and heard.servers and not running else 0.0, lambda: False)
    client.disconnect()
    client.loop_write()
    ahead = next(iter(heard.servers.values()), None)
    return replace(
        facts,
        denied=tuple(sorted(set(heard.denied))),
        tried=tuple(heard.tried),
        own_status=heard.faults is not None if running else None,
        asked=asked,
        listened_s=listen_s,
        servers=tuple(heard.servers),
        ahead_ms=ahead,
        journals=tuple(heard.journals),
        faults=heard.faults,
    )


def _login(
    setting: Setting, topics: dict[Kind, str], heard: _Heard, protocol: MQTTProtocolVersion
) -> tuple[Client, str | None]:
    """A client whose subscriptions are answered, or why there is none."""
    broker = setting.broker
    version5 = protocol is MQTTProtocolVersion.MQTTv5
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"pc-doctor-{secrets.token_hex(5)}",
        protocol=protocol,
        clean_session=None if version5 else True,
    )
    client.connect_timeout = broker.connect_timeout_s
    client.on_connect = lambda *words: _on_connect(words[3], heard)
    client.on_subscribe = lambda *words: _on_subscribe(words[2], words[3], heard)
    client.on_publish = lambda *words: _on_publish(words[2], words[3], heard)
    client.on_message = lambda _client, _data, message: _on_message(message, topics, heard)
    try:
        if broker.username is not None:
            client.username_pw_set(broker.username, read_password(broker))
        if broker.tls:
            client.tls_set_context(tls_context(broker))
        client.connect(broker.host, broker.port, keepalive=30)
    except (OSError, ValueError) as error:
        return client, " ".join(str(error).split())
    _run(client, broker.connect_timeout_s, lambda: heard.connected is not None)
    if heard.connected is None:
        return client, f"no answer within {broker.connect_timeout_s:g} s"
    if heard.connected:
        return client, heard.connected
    for kind in (Kind.ACK, Kind.VERDICT, Kind.LAMPS, Kind.COMMAND, Kind.STATUS):
        _, mid = client.subscribe(topics[kind], qos=1)
        heard.granted[mid or 0] = kind.value
        heard.tried.append(kind.value)
    _run(client, broker.connect_timeout_s, lambda: not heard.granted)
    return client, None


def _send(
    client: Client, kind: Kind, payload: bytes, topics: dict[Kind, str], heard: _Heard
) -> None:
    heard.sent[client.publish(topics[kind], payload, qos=1).mid] = kind.value
    heard.tried.append(kind.value)


def _name() -> str:
    return f"doctor-{secrets.token_hex(4)}"


def _run(client: Client, seconds: float, done: Callable[[], bool]) -> None:
    """Let the client read and write until it is done, or so long."""
    end = time.monotonic() + seconds
    while not done() and (left := end - time.monotonic()) > 0:
        if client.loop(min(left, 0.1)) != 0:
            return


def _on_connect(reason: Any, heard: _Heard) -> None:
    heard.connected = str(reason) if reason.is_failure else ""


def _on_subscribe(mid: int, reasons: list[Any], heard: _Heard) -> None:
    kind = heard.granted.pop(mid, "")
    if kind != Kind.STATUS.value and any(reason.is_failure for reason in reasons):
        heard.denied.append(kind)


def _on_publish(mid: int, reason: Any, heard: _Heard) -> None:
    if getattr(reason, "is_failure", False):
        heard.denied.append(heard.sent.get(mid, ""))


def _on_message(message: MQTTMessage, topics: dict[Kind, str], heard: _Heard) -> None:
    payload = bytes(message.payload)
    with suppress(WireError):
        if message.topic == topics[Kind.ACK] and not message.retain:
            ack = decode(Ack, payload)
            heard.servers.setdefault(ack.server, ack.now - time.time_ns() // 1_000_000)
        elif message.topic == topics[Kind.STATUS]:
            status = decode(Status, payload)
            if not message.retain and status.online:
                heard.journals[status.journal] = None
            if status.online:
                heard.faults = status.faults
