"""Checks of the way to the server: name, reach, TLS, certificates, login, topics, answers, time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pullcord_edge.checks.result import Check, failed, judged, passed, warned
from pullcord_edge.core.setting import Broker

SOON_DAYS: Final = 21.0
OFF_MS: Final = 60_000
#: OpenSSL's number for what is wrong with the broker's certificate, and the fix. {at} is host:port.
CERTIFICATE: Final[Mapping[int, str]] = {
    **dict.fromkeys(
        (2, 18, 19, 20, 21),
        "ca must be who signed it: openssl s_client -connect {at} -CAfile {ca} </dev/null",
    ),
    9: "date: is this clock right? sudo timedatectl set-ntp true",
    10: "renew the broker's certificate, and start the broker again; is this clock right? date",
    **dict.fromkeys(
        (62, 64),
        "url must say a name of the certificate: openssl s_client -connect {at} </dev/null | "
        "openssl x509 -noout -ext subjectAltName",
    ),
}
NEAR_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """What was found on the way, step by step; an `…_error` ends it there.

    `denied`: topics the broker refuses, of those `tried`; `own_status`: whether the running station's
    was heard, None: it does not run; `servers`: who answered; `ahead_ms`: its clock before ours;
    `journals`: the runs that called themselves this station meanwhile; `faults`: the station's own.
    `tls_code`: OpenSSL's number of what is wrong with the certificate.
    """

    addresses: tuple[str, ...] = ()
    name_error: str | None = None
    connect_ms: float | None = None
    connect_error: str | None = None
    tls: str | None = None
    tls_error: str | None = None
    tls_code: int | None = None
    certificate_days: float | None = None
    own_certificate_days: float | None = None
    login_error: str | None = None
    denied: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    own_status: bool | None = None
    asked: bool = False
    listened_s: float = 6.0
    servers: tuple[str, ...] = ()
    ahead_ms: int | None = None
    journals: tuple[str, ...] = ()
    faults: tuple[str, ...] | None = None
    files: Mapping[str, str] = field(default_factory=dict)


def check_broker(facts: BrokerFacts, broker: Broker) -> Iterator[Check]:
    """Every check of this family, as far as the way goes."""
    bad = "; ".join(f"{key}: {wrong}" for key, wrong in facts.files.items())
    fix = "put the files there, readable for the station's user: ls -l"
    yield judged("broker files", not bad, bad or "all that are named can be read", fix)
    fix = f"getent hosts {broker.host}; is the name right, and DNS up?"
    seen = facts.name_error or f"{broker.host} is {', '.join(facts.addresses)}"
    yield judged("broker name", facts.name_error is None, seen, fix)
    if facts.name_error is not None:
        return
    fix = f"nc -vz {broker.host} {broker.port}; is the broker up, and no firewall between?"
    seen = facts.connect_error or f"{broker} within {facts.connect_ms or 0:.0f} ms"
    yield judged("broker reach", facts.connect_error is None, seen, fix)
    if facts.connect_error is not None:
        return
    yield from _check_tls(facts, broker)
    if facts.tls_error is not None:
        return
    fix = "are username, password_file, cert and key right? Ask the broker's log why"
    yield judged("broker login", facts.login_error is None, facts.login_error or "let in", fix)
    if facts.login_error is not None:
        return
    fix = "allow them in the broker's ACL (deploy/mosquitto/pullcord.acl)"
    tried = f"none is refused: {', '.join(facts.tried)}"
    seen = f"refused: {', '.join(facts.denied)}" if facts.denied else tried
    yield judged("broker topics", not facts.denied, seen, fix)
    yield from _check_server(facts)


def _check_tls(facts: BrokerFacts, broker: Broker) -> Iterator[Check]:
    if not broker.tls:
        yield warned(
            "broker TLS",
            "the link is not encrypted",
            "on a network that others use too: url = mqtts://… with ca = …",
        )
        return
    at, ca = f"{broker.host}:{broker.port}", broker.ca or "/etc/ssl/certs/ca-certificates.crt"
    certificate = CERTIFICATE.get(facts.tls_code or 0)
    if facts.tls_error is not None and certificate is not None:
        yield failed("broker certificate", facts.tls_error, certificate.format(at=at, ca=ca))
        return
    fix = f"openssl s_client -connect {at} -CAfile {ca} </dev/null; is {at} its TLS port?"
    yield judged("broker TLS", facts.tls_error is None, facts.tls_error or str(facts.tls), fix)
    fix = "renew it, and start the broker again"
    for name, days in (
        ("broker certificate", facts.certificate_days),
        ("station certificate", facts.own_certificate_days),
    ):
        if days is not None:
            seen = f"good for {days:.0f} days" if days > 0 else f"over since {-days:.0f} days"
            if days <= 0:
                yield failed(name, seen, fix)
            else:
                yield warned(name, seen, fix) if days < SOON_DAYS else passed(name, seen)


def _check_server(facts: BrokerFacts) -> Iterator[Check]:
    if not facts.asked:
        yield warned(
            "server answers", "the station never ran: nothing to ask", "start the station once"
        )
    elif not facts.servers:
        fix = "is the server up, with a plant? curl http://SERVER:8080/readyz"
        yield failed("server answers", f"no answer within {facts.listened_s:g} s", fix)
    else:
        yield passed("server answers", f"server {', '.join(facts.servers)}")
    fix = "stop one: two databases answer for one site"
    if len(facts.servers) > 1:
        yield failed("one server", f"{len(facts.servers)} answer: {', '.join(facts.servers)}", fix)
    else:
        yield passed("one server", "no other answers")
    yield _check_time(facts)
    if facts.own_status is False:
        fix = "allow the station to read its own status in the broker's ACL (deploy/mosquitto/pullcord.acl)"
        yield warned("station's status is heard", "nothing came: a twin would not be found", fix)
    elif facts.own_status:
        yield passed("station's status is heard", "by its own login")
    fix = "give each station its own name and card: two programs run as this station"
    yield judged(
        "one station of this name",
        len(facts.journals) < 2,
        f"{len(facts.journals)} programs: {', '.join(facts.journals)}"
        if len(facts.journals) > 1
        else "no other",
        fix,
    )


def _check_time(facts: BrokerFacts) -> Check:
    name = "time to server"
    if facts.ahead_ms is None:
        return passed(name, "not measured: no answer")
    seen = f"the server is {facts.ahead_ms / 1000:+.1f} s ahead"
    fix = "sudo timedatectl set-ntp true, here and there, from one time server"
    if abs(facts.ahead_ms) > OFF_MS:
        return failed(name, seen, fix)
    return warned(name, seen, fix) if abs(facts.ahead_ms) > NEAR_MS else passed(name, seen)
