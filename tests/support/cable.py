"""A network cable between a station and its broker that tests can pull out and put back."""

import selectors
import socket
import threading
from types import TracebackType
from typing import Self


class Cable:
    """Listens on `port` and carries bytes to another loopback port as long as it is not cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._cut = False
        self._ends: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, name="cable", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The broker's address at this end."""
        return f"mqtt://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Every connection breaks, and new ones break at once."""
        with self._lock:
            self._cut = True
            ends, self._ends = self._ends, set()
        for end in ends:
            _break(end)

    def mend(self) -> None:
        """New connections are carried again."""
        with self._lock:
            self._cut = False

    def close(self) -> None:
        """Cut it for good."""
        self.cut()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=2)
        except OSError:
            _break(near)
            return
        with self._lock:
            cut = self._cut
            if not cut:
                self._ends |= {near, far}
        if not cut:
            _exchange(near, far)
        with self._lock:
            self._ends -= {near, far}
        _break(near)
        _break(far)


def _exchange(near: socket.socket, far: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    for end in (near, far):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with selectors.DefaultSelector() as selector:
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in selector.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)
                try:
                    data = source.recv(65536)
                    key.data.sendall(data)
                except OSError:
                    return
                if not data:
                    return


def _break(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # broken already
    end.close()
