"""`pullcord-server serve`: the server, until it is told to stop."""

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn

from pullcord_server.app import CannotServe, Server
from pullcord_server.outside.embedded_broker import EmbeddedBrokerError
from pullcord_server.outside.supervisor import Supervisor

from .config import add_config, settings_of


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`serve --config server.toml`."""
    parser = subparsers.add_parser("serve", help="run the server")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    settings = settings_of(args)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        server = Server(settings)
    except (CannotServe, EmbeddedBrokerError) as error:
        print(f"pullcord-server: {error}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn ends in order at the first one, and then sends it again to whoever had it before
        signal.signal(number, lambda *_: None)
    server.start()
    app = server.web()
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    web = Web(config, app.state.feeds.close)
    supervisor = Supervisor(lambda: web.started, lambda: _life(server))
    supervisor.start()
    try:
        web.run()
    finally:
        supervisor.stop()
        server.stop()
    return 0 if web.started else 1


class Web(uvicorn.Server):
    """The HTTP server; when it ends it first lets every screen go (`close`), so that none is waited for."""

    def __init__(self, config: uvicorn.Config, close: Callable[[], None]) -> None:
        super().__init__(config)
        self._close = close

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in order."""
        self._close()
        await super().shutdown(sockets)


def _life(server: Server) -> tuple[int, int, int]:
    """Another value whenever the desk turned: a turn, a turn that failed, a look from the stand-by."""
    return server.tally.turns, server.tally.failed_turns, server.desk.changes.version
