"""A serial port by pyserial: any device or URL, taken alone; every way it fails has a name."""

import errno
import io
import os
import select
import socket
import termios
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

import serial

from pullcord_edge.adapters.waker import Waker

_READ: Final = 4096
_POLL_S: Final = 0.02
#: System errors by which a port cannot be opened, and how people say it.
_NAMES: Final = {
    errno.ENOENT: "absent",
    errno.ENXIO: "absent",
    errno.ENODEV: "absent",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EBUSY: "held by another program",
    errno.EAGAIN: "held by another program",
    errno.EIO: "unplugged",
    errno.EISDIR: "not a serial device",
    errno.ENOTTY: "not a serial device",
    errno.ELOOP: "absent",
}

UNNAMED: Final = "cannot be opened"


def serial_of(url: str) -> str | None:
    """The serial number of the USB adapter that this port is; None: it has none."""
    from serial.tools.list_ports import comports

    real = os.path.realpath(url)
    found = (
        str(port.serial_number) for port in comports() if port.serial_number and port.device == real
    )
    return next(found, None)


class PortError(Exception):
    """A port that cannot be used; `fault` names how in a few words, the text says more."""

    def __init__(self, fault: str, more: str) -> None:
        super().__init__(f"{fault}: {more}" if more else fault)
        self.fault = fault


class Line(Protocol):
    """How a port is set."""

    @property
    def baud(self) -> int:
        """Bits a second."""

    @property
    def bits(self) -> int:
        """Bits a character, 5 to 8."""

    @property
    def parity(self) -> str:
        """N, E, O, M or S."""

    @property
    def stop(self) -> float:
        """Stop bits: 1, 1.5 or 2."""


class SerialPort:
    """An open port. `read` can be woken by `wake` from another thread."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self._fd = _descriptor(port)
        self._waker = Waker()
        self._poll = select.poll()
        self._poll.register(self._waker, select.POLLIN)
        if self._fd is not None:
            self._poll.register(self._fd, select.POLLIN)

    def read(self, timeout_s: float) -> bytes:
        """What arrived, at most after the time-out; nothing is empty. PortError: it is gone."""
        try:
            return self._read_ready(timeout_s) if self._fd is not None else self._sip(timeout_s)
        except (OSError, termios.error, TypeError, AttributeError) as error:
            raise PortError("unplugged", _words(error)) from error

    def write(self, data: bytes) -> None:
        """Send. PortError: it is gone, or takes nothing."""
        try:
            self._port.write(data)
        except (OSError, termios.error, TypeError, AttributeError) as error:
            fault = (
                "takes no data" if isinstance(error, serial.SerialTimeoutException) else "unplugged"
            )
            raise PortError(fault, _words(error)) from error

    def wake(self) -> None:
        """End a `read` that waits, from any thread."""
        self._waker.wake()

    def close(self) -> None:
        """Let the port go."""
        with suppress(OSError, termios.error, TypeError, AttributeError):
            self._port.close()
        self._waker.close()

    def _read_ready(self, timeout_s: float) -> bytes:
        ready = dict(self._poll.poll(max(0.0, timeout_s) * 1000))
        self._waker.was_woken()
        if self._fd not in ready:
            return b""
        data: bytes = self._port.read(_READ)
        return data

    def _sip(self, timeout_s: float) -> bytes:
        """Read a port that nothing can wait for, such as loop:// or rfc2217://."""
        end = time.monotonic() + max(0.0, timeout_s)
        while True:
            data: bytes = self._port.read(max(1, self._port.in_waiting))
            if data or time.monotonic() >= end or self._waker.was_woken():
                return data
            time.sleep(_POLL_S)


def open_serial(url: str, line: Line, modem: Mapping[str, bool] | None = None) -> SerialPort:
    """Open `url` for this program alone. PortError names what is in the way.

    Modem lines are left as the system sets them, unless `modem` says otherwise: many readers have
    none, and on some DTR is the reset.
    """
    try:
        port = _make(url)
        port.baudrate, port.bytesize = line.baud, line.bits
        port.parity, port.stopbits = line.parity, line.stop
        port.timeout, port.write_timeout = 0, 2
        for name, state in (modem or {}).items():
            setattr(port, name, state)
        port.open()
        _keep_alive(port)
    except (OSError, termios.error, ValueError, TypeError) as error:
        raise _explain(url, error) from error
    return SerialPort(port)


class _Quiet(serial.Serial):
    """A device whose modem lines are set only when somebody asked for it."""

    _dtr_state: bool
    _rts_state: bool

    def _update_dtr_state(self) -> None:
        if not self._dtr_state:
            super()._update_dtr_state()  # type: ignore[misc]

    def _update_rts_state(self) -> None:
        if not self._rts_state:
            super()._update_rts_state()  # type: ignore[misc]


def _make(url: str) -> Any:
    """The port, not yet open."""
    if "://" in url:
        return serial.serial_for_url(url, do_not_open=True)
    port = _Quiet(exclusive=True)
    port.port = url
    return port


def _keep_alive(port: Any) -> None:
    """A network reader that died without a word is found dead within some 15 s."""
    sock = getattr(port, "_socket", None)
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in ((socket.TCP_KEEPIDLE, 6), (socket.TCP_KEEPINTVL, 3)):
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def holders(path: str) -> list[str]:
    """The programs that have this device open, as `name (pid 12)`; those we may look at."""
    real = os.path.realpath(path)
    found = []
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        pid = link.parts[2]
        if int(pid) == os.getpid():
            continue
        with suppress(OSError):
            if str(link.readlink()) == real:
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                found.append(f"{name} (pid {pid})")
    return sorted(set(found))


def _explain(url: str, error: Exception) -> PortError:
    fault = name_fault(error)
    if fault != UNNAMED:
        if fault == "held by another program":
            by = ", ".join(holders(url))
            return PortError(f"{fault}: {by}" if by else fault, "")
        return PortError(fault, url)
    if isinstance(error, serial.SerialException) and "://" in url:
        return PortError("unreachable", _words(error))
    if isinstance(error, ValueError | TypeError | termios.error):
        return PortError("refuses its settings", _words(error))
    return PortError(UNNAMED, _words(error))


def name_fault(error: BaseException) -> str:
    """How people say what the system says when something cannot be opened."""
    return _NAMES.get(_number(error) or 0, UNNAMED)


def _number(error: BaseException) -> int | None:
    """The system's error number, which pyserial may have wrapped in a text."""
    if isinstance(error, termios.error):
        number: int = error.args[0]
        return number
    if getattr(error, "errno", None) is None and isinstance(error.__context__, termios.error):
        return _number(error.__context__)
    return getattr(error, "errno", None)


def _descriptor(port: Any) -> int | None:
    try:
        descriptor: int = port.fileno()
    except (AttributeError, io.UnsupportedOperation, OSError):
        return None
    return descriptor


def _words(error: Exception) -> str:
    return " ".join(str(error).split())
