"""The tests' own broker keeps its port and forgets everything when it is killed."""

import socket

from support.broker import Broker


def _answers(broker: Broker) -> bool:
    try:
        socket.create_connection(("127.0.0.1", broker.port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_broker_can_be_stopped_killed_and_started_on_one_port(broker: Broker) -> None:
    assert _answers(broker)
    broker.stop()
    assert not _answers(broker)
    broker.start()
    assert _answers(broker)
    broker.restart()
    assert _answers(broker)
