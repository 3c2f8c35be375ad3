"""`pullcord-server serve` as a real process, with its configuration, its commands and its API."""

import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import httpx

from pullcord_server.commands import main
from support.broker import free_port
from support.process import Process, command, run, wait_while_running

READY_S = 30.0


class ServerProcess:
    """One server of one site in `folder`. It keeps its port over `stop`, `kill` and `start`.

    `driven`: its time is moved by `set_clock`. `extra`: lines of server.toml. `before` goes in front of
    the command that serves, `environment` to it alone.
    """

    def __init__(
        self,
        folder: Path,
        *,
        broker: str,
        site: str = "s1",
        database: str | None = None,
        driven: bool = False,
        copies: bool = True,
        extra: str = "",
        decisions: Path | None = None,
        before: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.database = database or f"sqlite:///{folder}/pullcord.db"
        self.decisions = decisions or folder / "decisions.jsonl"
        self.config = folder / "server.toml"
        lines = [
            f'site = "{site}"',
            f'database = "{self.database}"',
            f'broker = "{broker}"',
            f'http = "127.0.0.1:{self.port}"',
            'access = "open"',
            f'time = "{"driven" if driven else "system"}"',
        ]
        if copies:
            lines.append(f'decisions_copy = "{self.decisions}"')
        self.config.write_text("\n".join([*lines, extra]) + "\n")
        serve = [*command("pullcord-server"), "serve", "--config", str(self.config)]
        self.process = Process([*before, *serve], folder / "server.log", environment)
        # no connection is kept: the server may close an idle one just when it is used again
        limits = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=self.url, timeout=30.0, limits=limits)

    @property
    def url(self) -> str:
        """Where its pages and its API are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        """Its SQLite file; not there where only the server sees the disk."""
        return Path(self.database.removeprefix("sqlite:///"))

    def apply(self, plant: str, *arguments: str) -> str:
        """`pullcord-server apply`, in this process, with the text of a plant file. Fails when refused."""
        path = self.folder / "plant.toml"
        path.write_text(plant)
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            status = main(["apply", str(path), *arguments, "--config", str(self.config)])
        if status != 0:
            raise AssertionError(f"pullcord-server apply ended with {status}:\n{said.getvalue()}")
        return said.getvalue()

    def command(self, name: str, *arguments: str) -> str:
        """Run one command of `pullcord-server` with this configuration; what it said."""
        done = run([*command("pullcord-server"), name, *arguments, "--config", str(self.config)])
        if done.returncode != 0:
            raise AssertionError(
                f"pullcord-server {name} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done.stdout + done.stderr

    def start(self, *, ready: bool = True) -> None:
        """Start it and wait until it serves; `ready`: and until it decides."""
        self.process.start()
        path = "/readyz" if ready else "/livez"
        wait_while_running(self.process, path, lambda: self.answers(path), READY_S)

    def answers(self, path: str) -> bool:
        """Whether GET `path` gives 200 now."""
        try:
            return self.http.get(path, timeout=2.0).status_code == 200
        except httpx.TransportError:
            return False

    def set_clock(self, now: str) -> None:
        """Move driven time to an instant (RFC 3339)."""
        self.call("POST", "/api/v1/clock", {"now": now})

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """One call of the API and its JSON; fails, with the answer, on another status."""
        answer = self.http.request(method, path, json=body)
        if answer.status_code != status:
            text = answer.text[:1000]
            raise self.process.failure(f"{method} {path} {body}: {answer.status_code} {text}")
        return answer.json()

    def collection(self, name: str, **filters: str) -> list[dict[str, Any]]:
        """Every row of a collection, over all its pages."""
        rows: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            answer = self.http.get(f"/api/v1/{name}", params={**filters, **after, "limit": "500"})
            if answer.status_code != 200:
                raise self.process.failure(f"GET {name}: {answer.status_code} {answer.text[:1000]}")
            page = answer.json()
            rows += page["items"]
            if page["next"] is None:
                return rows
            after = {"next": str(page["next"])}

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def stop(self) -> None:
        """SIGTERM, and it must end well."""
        status = self.process.stop()
        if status != 0:
            raise self.process.failure(f"ended with status {status} after SIGTERM")

    def close(self) -> None:
        """End it whatever its state."""
        self.http.close()
        self.process.kill()
