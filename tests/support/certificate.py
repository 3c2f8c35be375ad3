"""A certificate authority of the tests' own, by openssl: certificates for 127.0.0.1 and for stations."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates; `ca` is what trusts them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.ca = folder / "ca.pem"
        self._key = folder / "ca.key"
        self._run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2",
                  "-subj", "/CN=Test plant", "-keyout", self._key, "-out", self.ca)  # fmt: skip

    def sign(
        self, name: str, days: int = 2, hosts: str = "IP:127.0.0.1,DNS:localhost"
    ) -> Certificate:
        """A certificate for `name`, good for these hosts; negative days: it is over."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extra = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extra.write_text(f"subjectAltName={hosts}\n")
        self._run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes",
                  "-subj", f"/CN={name}", "-keyout", made.key, "-out", request)  # fmt: skip
        self._run("x509 -req -CAcreateserial", "-days", days, "-in", request, "-CA", self.ca,
                  "-CAkey", self._key, "-extfile", extra, "-out", made.cert)  # fmt: skip
        return made

    def _run(self, words: str, *more: object) -> None:
        program = shutil.which("openssl")
        if program is None:
            pytest.fail("these tests need openssl: apt install openssl")
        arguments = [program, *words.split(), *(str(each) for each in more)]
        subprocess.run(arguments, check=True, capture_output=True)
