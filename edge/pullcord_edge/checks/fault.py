"""Every fault that can be made at a station: the check that names it, and the light a worker sees. Data alone.

`…` stands for what differs from station to station. The tests make each of these for real.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pullcord_edge.checks.result import Check, Outcome


class Sight(StrEnum):
    """What a worker sees while the fault lasts."""

    UNCHANGED = "what the server wants"
    MAINTENANCE = "white slow, beside the rest"
    LINK_LOST = "white fast, alone"
    FAILING = "red, white slow, no beep"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Fault:
    """`what` happened; the `check` that names it, with `status`, `seen` and `fix`; None: exit status 2."""

    key: str
    what: str
    sight: Sight
    check: str
    status: Outcome | None
    seen: str
    fix: str


def fits(pattern: str, text: str) -> bool:
    """Whether the text is the pattern's, with anything where it has `…`."""
    parts = (re.escape(part) for part in pattern.split("…"))
    return re.fullmatch(".*".join(parts), text) is not None


def sight_of(check: Check) -> Sight:
    """What the station shows while this check does not pass."""
    return next(
        (
            fault.sight
            for fault in FAULTS
            if fault.status is check.status and fits(fault.check, check.name)
        ),
        Sight.UNCHANGED,
    )


_WARN, _FAIL = Outcome.WARN, Outcome.FAIL
_SAME, _WHITE, _LOST, _RED, _DARK = (
    Sight.UNCHANGED,
    Sight.MAINTENANCE,
    Sight.LINK_LOST,
    Sight.FAILING,
    Sight.DARK,
)
_DAEMON: Final = "sudo systemctl start pullcord-edge"
_INSTALL: Final = "sudo firmware-config/install.sh (writes … into config.txt); sudo reboot"

READERS: Final = (
    Fault("port-gone", "a reader is pulled out", _WHITE,
          "port of …: present", _FAIL, "… is not there", "is it plugged in? ls -l …; dmesg | tail"),
    Fault("port-permission", "the station's user may not open the port", _WHITE,
          "port of …: permission", _FAIL, "permission denied: …",
          "sudo usermod -aG dialout $USER, then log in again; ls -l …"),
    Fault("port-held", "another program has the port open", _WHITE,
          "port of …: free", _FAIL, "held by … (pid …)", "sudo kill …"),
    Fault("input-gone", "a scanner that types is pulled out", _WHITE,
          "port of …: present", _FAIL, "/dev/input/… is not there",
          "is it plugged in? ls -l /dev/input/by-id/; dmesg | tail"),
    Fault("reader-unreachable", "a network reader is off", _WHITE,
          "… works", _FAIL, "unreachable", "is the device on, and its address right? ping it"),
    Fault("reader-file", "the port's path leads to something else", _WHITE,
          "… works", _FAIL, "not a serial device", "port of … in …: ls -l /dev/serial/by-id/"),
    Fault("reader-profile", "a reader does not take what its profile says", _WHITE,
          "… works", _FAIL, "profile: …",
          "pullcord-edge provision-reader --config … --reader … --dry-run"),
    Fault("checksum-storm", "a reader sends frames with wrong checksums", _WHITE,
          "… works", _FAIL, "only noise: wrong speed, driver or wiring",
          "check speed, driver and wiring: sudo systemctl stop pullcord-edge; pullcord-edge decode …"),
    Fault("reader-silent", "a reader does not answer", _WHITE,
          "… works", _FAIL, "silent: answers no question",
          "check power and wiring (TX to RX, RX to TX) and the speed of …"),
    Fault("reader-mute", "a reader does not answer its version query (the station is stopped)", _DARK,
          "… answers", _FAIL, "no answer to its question",
          "check power, wiring (TX to RX), speed and driver: pullcord-edge decode --port …"),
    Fault("wires-swapped", "D0 and D1 of a Wiegand reader are swapped", _WHITE,
          "… works", _FAIL, "wires: D0 and D1 are swapped",
          "exchange the wires of D0 and D1, or d0 and d1 of … in …"),
    Fault("button-stuck", "a button is jammed", _WHITE,
          "… works", _FAIL, "stuck: pressed for … s",
          "let it go; look for a jammed cord or a short; stuck = … in … if it latches"),
    Fault("pin-taken", "a bus of the Pi has the pin of a lamp", _WHITE,
          "pins are free", _FAIL, "pin … of light … is taken by …",
          "move the wire and its pin in station.toml, or take that line out of config.txt; sudo reboot"),
)  # fmt: skip

WAY: Final = (
    Fault("broker-down", "the broker is down", _LOST,
          "broker reach", _FAIL, "…: Connection refused",
          "nc -vz …; is the broker up, and no firewall between?"),
    Fault("broker-name", "the broker's name does not resolve", _LOST,
          "broker name", _FAIL, "…: …", "getent hosts …; is the name right, and DNS up?"),
    Fault("broker-password", "the password is wrong", _LOST,
          "broker login", _FAIL, "Not authorized",
          "are username, password_file, cert and key right? Ask the broker's log why"),
    Fault("broker-file", "the password's file is gone", _LOST,
          "broker files", _FAIL, "password_file: … cannot be read",
          "put the files there, readable for the station's user: ls -l"),
    Fault("broker-plain", "the link is not encrypted", _SAME,
          "broker TLS", _WARN, "the link is not encrypted",
          "on a network that others use too: url = mqtts://… with ca = …"),
    Fault("certificate-soon", "the broker's certificate ends soon", _SAME,
          "broker certificate", _WARN, "good for … days", "renew it, and start the broker again"),
    Fault("certificate-over", "the broker's certificate is over", _LOST,
          "broker certificate", _FAIL, "certificate has expired",
          "renew the broker's certificate, and start the broker again; is this clock right? date"),
    Fault("certificate-name", "the broker's certificate is another host's", _LOST,
          "broker certificate", _FAIL, "…mismatch, certificate is not valid for …",
          "url must say a name of the certificate: openssl s_client -connect … </dev/null | "
          "openssl x509 -noout -ext subjectAltName"),
    Fault("certificate-untrusted", "the broker's certificate is signed by somebody else", _LOST,
          "broker certificate", _FAIL, "…certificate…",
          "ca must be who signed it: openssl s_client -connect … -CAfile … </dev/null"),
    Fault("certificate-early", "the clock is before the certificate's beginning (1970)", _LOST,
          "broker certificate", _FAIL, "certificate is not yet valid",
          "date: is this clock right? sudo timedatectl set-ntp true"),
    Fault("topic-denied", "the broker's permissions forbid the station's topics", _LOST,
          "broker topics", _FAIL, "refused: …report",
          "allow them in the broker's ACL (deploy/mosquitto/pullcord.acl)"),
    Fault("status-hidden", "the broker's permissions hide the station's own status", _SAME,
          "station's status is heard", _WARN, "nothing came: a twin would not be found",
          "allow the station to read its own status in the broker's ACL (deploy/mosquitto/pullcord.acl)"),
    Fault("server-silent", "the broker is up, and no server answers", _LOST,
          "server answers", _FAIL, "no answer within … s",
          "is the server up, with a plant? curl http://SERVER:8080/readyz"),
    Fault("two-servers", "two databases answer for one site", _WHITE,
          "one server", _FAIL, "2 answer: …, …", "stop one: two databases answer for one site"),
    Fault("two-stations", "two programs run as one station", _WHITE,
          "one station of this name", _FAIL, "2 programs: …, …",
          "give each station its own name and card: two programs run as this station"),
    Fault("time-off", "the station's clock and the server's differ", _SAME,
          "time to server", _FAIL, "the server is … s ahead",
          "sudo timedatectl set-ntp true, here and there, from one time server"),
)  # fmt: skip

DISK: Final = (
    Fault("disk-full", "the disk is full", _RED,
          "disk space", _FAIL, "0 MiB free of …",
          "sudo journalctl --vacuum-size=50M; sudo du -xh … | sort -h | tail"),
    Fault("disk-read-only", "the disk is mounted read-only", _RED,
          "disk can be written", _FAIL, "it is mounted read-only",
          "dmesg | grep -i ext4; replace the SD card, then sudo mount -o remount,rw /"),
    Fault("folder-gone", "the journal's folder is not there", _RED,
          "journal folder", _FAIL, "… is not there", "sudo mkdir -p … && sudo chown $USER …"),
    Fault("disk-forgets", "the journal is on a disk that keeps nothing", _SAME,
          "disk keeps", _FAIL, "tmpfs does not keep what is written",
          "put the journal on the SD card or a local disk: [journal] path"),
    Fault("disk-worn", "the card is worn out", _SAME,
          "disk wear", _FAIL, "100% of its life is used",
          "replace it; the old one can go on until then"),
    Fault("journal-damaged", "the journal is damaged", _DARK,
          "journal is sound", _FAIL, "…",
          "sudo systemctl restart pullcord-edge: it sets the file aside and saves what it can"),
    Fault("journal-aside", "a damaged journal was set aside", _SAME,
          "no damaged journal", _WARN, "the journal was damaged (…) and set aside as …: … saved…",
          "look at the files beside the journal, then take them away; replace the SD card"),
    Fault("journal-station", "the card was another station's", _SAME,
          "journal is of this station", _WARN, "it also holds entries of …",
          "right after a rename; else use one card for one station"),
    Fault("journal-site", "the card was used at another site", _SAME,
          "journal is of this site", _FAIL, "entries of … are not sent here",
          "is site in station.toml right? Else start with a new journal: [journal] path"),
    Fault("backlog-old", "entries wait for too long", _LOST,
          "entries are sent", _FAIL, "… wait, the oldest for … min",
          "see the checks of broker and server below; nothing is lost meanwhile"),
)  # fmt: skip

MACHINE: Final = (
    Fault("wrong-file", "station.toml is wrong", _DARK,
          "(every command)", None, "…:…: …: …", "…"),
    Fault("not-running", "the program does not run", _DARK,
          "station runs", _WARN, "no program writes this journal", _DAEMON),
    Fault("service-off", "the service does not start at boot", _SAME,
          "service", _WARN, "… is not enabled: no start at boot",
          "sudo systemctl enable --now pullcord-edge.service"),
    Fault("clock-year", "the clock is in 1970 or 2000", _SAME,
          "clock is sane", _FAIL, "the wall clock is years behind",
          "sudo timedatectl set-ntp true; without a network: sudo date -s 'YYYY-MM-DD HH:MM'"),
    Fault("clock-unset", "no time service has set the clock", _SAME,
          "clock is set", _WARN, "no time service says that it is right; …",
          "sudo timedatectl set-ntp true; timedatectl timesync-status"),
    Fault("clock-alone", "there is no time service and no battery clock", _SAME,
          "clock source", _WARN, "no time service runs and there is no hardware clock",
          "sudo apt install systemd-timesyncd, or fit a DS3231 (firmware-config/boot)"),
    Fault("undervoltage", "the power supply is too weak", _SAME,
          "undervoltage", _FAIL, "the voltage is too low now (…)",
          "use the Pi's own power supply and a short, thick cable; vcgencmd get_throttled"),
    Fault("throttled", "the processor is slowed down", _SAME,
          "throttling", _FAIL, "the processor is slowed down now (…)",
          "cool it: a heat sink, or out of the sun; vcgencmd get_throttled"),
    Fault("hot", "the Pi is too hot", _SAME,
          "temperature", _FAIL, "… °C", "cool it: a heat sink, or out of the sun"),
    Fault("memory-low", "something eats the memory", _SAME,
          "memory", _WARN, "… MiB available",
          "end what else runs here: ps aux --sort=-rss | head"),
    Fault("watchdog-off", "the hardware watchdog is not armed", _SAME,
          "hardware watchdog", _WARN, "there is one, not armed",
          "sudo firmware-config/install.sh (dtparam=watchdog=on); RuntimeWatchdogSec=15 in …"),
    Fault("outputs-float", "lamps burn from power-on until the program runs", _SAME,
          "outputs are off at power-on", _WARN, "nothing holds pins … until the program runs",
          "gpio=…=op,dl in config.txt, as in firmware-config/boot/…; sudo reboot"),
    Fault("uart-off", "the header's UART is off", _WHITE,
          "UART is on", _FAIL, "config.txt has no enable_uart=1", _INSTALL),
    Fault("uart-mini", "the reader is on the mini UART", _SAME,
          "UART is the good one", _WARN, "ttyS0 is the mini UART: its speed follows the core's clock",
          'port = "/dev/pullcord/header", and the lines of firmware-config/boot/…; sudo reboot'),
    Fault("uart-console", "a console is on the reader's UART", _SAME,
          "UART without console", _FAIL, "console=…",
          "sudo firmware-config/install.sh (boot/cmdline-remove.txt); sudo reboot"),
)  # fmt: skip

FAULTS: Final = (*READERS, *WAY, *DISK, *MACHINE)
