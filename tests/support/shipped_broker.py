"""The configuration shipped in deploy/mosquitto, put into a folder of a test, with logins."""

import shutil
import subprocess
from pathlib import Path

import pytest

from support.broker import Broker, free_port

SITE = "tsutsumi"
"""The site whose name stands in the shipped list of permissions."""
_SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"


class ShippedBroker:
    """Mosquitto as shipped, on free ports. `passwords`: login → password. `tls`: with tls.conf too."""

    def __init__(
        self,
        folder: Path,
        passwords: dict[str, str],
        *,
        tls: Path | None = None,
        mutual: bool = False,
    ) -> None:
        home = folder / "etc" / "mosquitto"
        (home / "conf.d").mkdir(parents=True)
        self.port, self.tls_port = free_port(), free_port()
        shutil.copy(_SHIPPED / "pullcord.acl", home)
        _write_passwords(home / "pullcord.passwd", passwords)
        if tls is not None:
            shutil.copytree(tls, home / "certs")
            text = (_SHIPPED / "tls.conf").read_text()
            if mutual:
                text = "\n".join(_uncomment(line) for line in text.splitlines()) + "\n"
            text = self._place(text, home).replace("listener 8883", f"listener {self.tls_port}")
            (home / "conf.d" / "tls.conf").write_text(text)
        text = self._place((_SHIPPED / "mosquitto.conf").read_text(), home)
        lines = text.replace("listener 1883", f"listener {self.port}").splitlines()
        self._broker = Broker(folder / "broker", settings=tuple(lines))

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        self._broker.start()

    def kill(self) -> None:
        """SIGKILL."""
        self._broker.kill()

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return self._broker.log

    @staticmethod
    def _place(text: str, home: Path) -> str:
        return text.replace("/etc/mosquitto", str(home))


def _write_passwords(path: Path, passwords: dict[str, str]) -> None:
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.fail("mosquitto_passwd is missing: apt-get install mosquitto")
    path.touch(mode=0o600)
    for login, password in passwords.items():
        subprocess.run([program, "-b", path, login, password], check=True, capture_output=True)


def _uncomment(line: str) -> str:
    """A setting that is shipped switched off, switched on; prose stays a comment."""
    return line[1:] if line[:1] == "#" and line[1:2] not in ("", " ") else line
