"""The broker where no mosquitto is: amqtt on a loopback port, in a process of its own."""

import asyncio
import logging
import sys
from typing import Any, Final

from amqtt.broker import Broker

_AUTH: Final = "amqtt.plugins.authentication.AnonymousAuthPlugin"


def config(port: int) -> dict[str, Any]:
    """amqtt's settings: MQTT 3.1.1 for whoever is on this machine, nothing kept on disk."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {_AUTH: {"allow_anonymous": True}},
    }


async def serve(port: int) -> None:
    """Run the broker until the process ends."""
    broker = Broker(config(port))
    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    asyncio.run(serve(int(sys.argv[1])))
