"""How faults on the way to the server are made: real brokers, certificates, permissions, servers."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from faults.fault_scene import WAIT_S, Scene, Station
from pullcord_edge.checks.fault import Sight
from pullcord_edge.journal import Draft, Journal, Start
from pullcord_wire.message import ClockState, CodeBody, EntryType
from support.broker import Broker, free_port
from support.certificate import Authority, Certificate
from support.until import until

PLAIN = ("persistence false", "max_queued_messages 0", "set_tcp_nodelay true")
MINUTE_MS = 60_000


def own_broker(
    scene: Scene, *auth: str, certificate: tuple[Path, Certificate] | None = None
) -> int:
    """A broker of this scene alone, with an open door beside it for the server; that door's port."""
    tls = None
    if certificate is not None:
        ca, signed = certificate
        tls = (ca, signed.cert, signed.key)
    door = free_port()
    broker = Broker(
        scene.folder / "broker", settings=(*PLAIN, "per_listener_settings true"), tls=tls
    )
    broker.extra = (*(auth or ("allow_anonymous true",)), f"listener {door} 127.0.0.1", "allow_anonymous true")  # fmt: skip
    broker.start()
    scene.closing.append(broker.kill)
    until(lambda: _is_open(door), "the server's door", WAIT_S)
    scene.url = broker.url
    return door


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def broker_down(scene: Scene) -> None:
    broker = Broker(scene.folder / "broker")
    scene.closing.append(broker.kill)
    scene.url = broker.url
    scene.run(Sight.LINK_LOST)

    def mend() -> None:
        broker.start()
        scene.serve()

    scene.mend = mend


def broker_name(scene: Scene) -> None:
    scene.url = "mqtt://no-such-broker.invalid:1883"
    scene.run(Sight.LINK_LOST)


def broker_password(scene: Scene) -> None:
    passwords, secret = scene.folder / "passwords", scene.folder / "secret"
    subprocess.run(
        ["mosquitto_passwd", "-c", "-b", str(passwords), "a1", "right"],
        check=True,
        capture_output=True,
    )
    passwords.chmod(0o644)
    door = own_broker(scene, "allow_anonymous false", f"password_file {passwords}")
    secret.write_text("wrong\n")
    scene.login = f'username = "a1"\npassword_file = "{secret}"'
    scene.serve(port=door)
    scene.run(Sight.LINK_LOST)
    until(lambda: "unlinked" in scene.stations[0].log.getvalue(), "its refusal", WAIT_S)
    scene.mend = lambda: secret.write_text("right\n")


def broker_file(scene: Scene) -> None:
    broker_password(scene)
    secret = scene.folder / "secret"
    secret.unlink()


def broker_plain(scene: Scene) -> None:
    scene.live()


def certified(scene: Scene, days: int = 2, hosts: str = "IP:127.0.0.1") -> Authority:
    """A broker with such a certificate, and a server behind it; who signed it."""
    authority = Authority(scene.folder / "ca")
    signed = authority.sign("server", days, hosts)
    door = own_broker(scene, certificate=(authority.ca, signed))
    scene.login = f'ca = "{authority.ca}"'
    scene.serve(port=door)
    return authority


def certificate_soon(scene: Scene) -> None:
    certified(scene)
    scene.run()


def certificate_over(scene: Scene) -> None:
    certified(scene, days=-1)
    scene.run(Sight.LINK_LOST)


def certificate_name(scene: Scene) -> None:
    certified(scene, hosts="DNS:broker.plant.lan")
    scene.run(Sight.LINK_LOST)


def certificate_untrusted(scene: Scene) -> None:
    authority = certified(scene)
    right = authority.ca.read_text()
    other = Authority(scene.folder / "other").ca
    trusted = scene.folder / "trusted.pem"
    trusted.write_text(other.read_text())
    scene.login = f'ca = "{trusted}"'
    scene.run(Sight.LINK_LOST)
    scene.mend = lambda: trusted.write_text(right)


def certificate_early(scene: Scene) -> None:
    certified(scene)
    scene.run(Sight.LINK_LOST)


def topic_denied(scene: Scene) -> None:
    acl = scene.folder / "acl"
    acl.write_text(f"topic read pullcord/v1/{scene.site}/a1/#\n")
    door = own_broker(scene, "allow_anonymous true", f"acl_file {acl}")
    scene.serve(port=door)
    scene.run(Sight.LINK_LOST)
    until(lambda: "event=linked" in scene.stations[0].log.getvalue(), "the link", WAIT_S)


def status_hidden(scene: Scene) -> None:
    own = f"pullcord/v1/{scene.site}/a1"
    acl = scene.folder / "acl"
    said = "".join(f"topic read {own}/{kind}\n" for kind in ("ack", "verdict", "lamps", "command"))
    acl.write_text(f"topic write {own}/#\n{said}")
    door = own_broker(scene, "allow_anonymous true", f"acl_file {acl}")
    scene.serve(port=door)
    scene.run()


def server_silent(scene: Scene) -> None:
    scene.live()
    scene.servers[0].answers = False
    scene.listen_s = 0.5
    scene.mend = lambda: setattr(scene.servers[0], "answers", True)


def two_servers(scene: Scene) -> None:
    scene.live()
    scene.mend = scene.serve("S2").close
    scene.listen_s = 2.5


def two_stations(scene: Scene) -> None:
    scene.live()
    config, journal = scene.config, scene.journal
    scene.config, scene.journal = scene.folder / "twin.toml", scene.folder / "twin.db"
    scene.write()
    scene.stations.append(Station(scene.config))
    scene.config, scene.journal = config, journal
    until(lambda: "event=linked" in scene.stations[1].log.getvalue(), "the twin's link", WAIT_S)
    scene.listen_s = 2.5
    scene.mend = scene.stations[1].end


def time_off(scene: Scene) -> None:
    scene.serve(ahead_ms=90_000)
    scene.run()
    scene.listen_s = 2.5


def backlog_old(scene: Scene) -> None:
    server = scene.serve()
    server.answers = False
    old = time.time_ns() // 1_000_000 - 10 * MINUTE_MS
    journal = Journal(scene.journal, Start(scene.site, "a1", "boot-1", old))
    body = CodeBody("post", "0A00B41F2C")
    journal.append([Draft(EntryType.WITHDRAWAL, old, 5.0, ClockState.SYNCED, body)])
    journal.close()
    scene.run(Sight.LINK_LOST)
    scene.mend = lambda: setattr(server, "answers", True)


MAKERS: dict[str, Callable[[Scene], None]] = {
    "broker-down": broker_down,
    "broker-name": broker_name,
    "broker-password": broker_password,
    "broker-file": broker_file,
    "broker-plain": broker_plain,
    "certificate-soon": certificate_soon,
    "certificate-over": certificate_over,
    "certificate-name": certificate_name,
    "certificate-untrusted": certificate_untrusted,
    "certificate-early": certificate_early,
    "topic-denied": topic_denied,
    "status-hidden": status_hidden,
    "server-silent": server_silent,
    "two-servers": two_servers,
    "two-stations": two_stations,
    "time-off": time_off,
    "backlog-old": backlog_old,
}
