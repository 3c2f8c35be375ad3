"""Doctor's checks of the way to the broker: name, reach, TLS, certificates, login, topics."""

from collections.abc import Iterator

from pullcord_server.domain.check import Check, failed, judged, passed, warned
from pullcord_server.outside.broker import Broker, BrokerError, broker_of, parse_broker
from pullcord_server.outside.broker_probe import BrokerFacts, probe_broker
from pullcord_server.outside.embedded_broker import HOST, folder_beside, kept_port
from pullcord_server.settings import EMBEDDED, Settings

SOON_DAYS = 21.0


def check_broker(settings: Settings) -> Iterator[Check]:
    """Every check of the way, as far as it goes."""
    try:
        broker = _broker(settings)
    except BrokerError as error:
        yield failed("broker settings", str(error), "see broker, ca, cert, key in server.toml")
        return
    if broker is None:
        fix = "start the server: it runs its broker beside it"
        yield warned("broker reach", "the embedded broker never ran", fix)
        return
    yield from judge(probe_broker(broker, settings.site), broker)


def _broker(settings: Settings) -> Broker | None:
    if settings.broker != EMBEDDED:
        return broker_of(settings)
    port = kept_port(folder_beside(settings.database))
    return None if port is None else parse_broker(f"mqtt://{HOST}:{port}")


def judge(facts: BrokerFacts, broker: Broker) -> Iterator[Check]:
    """The facts of the way as checks."""
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
    yield from _judge_tls(facts, broker)
    if facts.tls_error is not None:
        return
    fix = "are username, password_file, cert and key right? Ask the broker's log why"
    yield judged("broker login", facts.login_error is None, facts.login_error or "let in", fix)
    if facts.login_error is None:
        fix = "allow them in the broker's ACL (deploy/mosquitto/pullcord.acl, user server)"
        seen = f"refused: {', '.join(facts.denied)}" if facts.denied else "none is refused"
        yield judged("broker topics", not facts.denied, seen, fix)


def _judge_tls(facts: BrokerFacts, broker: Broker) -> Iterator[Check]:
    if not broker.tls:
        local = broker.host in ("127.0.0.1", "::1", "localhost")
        fix = 'on a network that others use too: broker = "mqtts://…" with ca'
        seen = "not encrypted" + (", and never leaves this machine" if local else "")
        yield passed("broker TLS", seen) if local else warned("broker TLS", seen, fix)
        return
    fix = f"openssl s_client -connect {broker.host}:{broker.port} -CAfile {broker.ca}"
    yield judged("broker TLS", facts.tls_error is None, facts.tls_error or str(facts.tls), fix)
    for name, days in (
        ("broker certificate", facts.certificate_days),
        ("server certificate", facts.own_certificate_days),
    ):
        if days is not None:
            yield _judge_days(name, days)


def _judge_days(name: str, days: float) -> Check:
    fix = "renew it, and start the broker again"
    if days <= 0:
        return failed(name, f"over since {-days:.0f} days", fix)
    seen = f"good for {days:.0f} days"
    return warned(name, seen, fix) if days < SOON_DAYS else passed(name, seen)
