"""Modbus RTU as lamps use it: what is written, and what a line says (questions and answers)."""

from .crc import modbus as crc
from .event import Event, Fact, Noise, Status
from .framer import Framer, Skip, Step, Take

READ, WRITE_COIL, WRITE_REGISTER = (0x01, 0x02, 0x03, 0x04), 0x05, 0x06
WRITE_COILS, WRITE_REGISTERS = 0x0F, 0x10
FUNCTIONS = frozenset((*READ, WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS))
LAST_ADDRESS = 247
LONGEST = 265
EXCEPTIONS = {1: "no such function", 2: "no such address", 3: "wrong value", 4: "device failure"}


def frame(address: int, function: int, data: bytes) -> bytes:
    """One RTU frame."""
    body = bytes([address, function]) + data
    return body + crc(body).to_bytes(2, "little")


def write_coil(address: int, coil: int, value: int) -> bytes:
    """Function 05; `value` FF00 is on, 0000 off, some lamps know more."""
    return frame(address, WRITE_COIL, coil.to_bytes(2, "big") + value.to_bytes(2, "big"))


def write_register(address: int, register: int, value: int) -> bytes:
    """Function 06."""
    return frame(address, WRITE_REGISTER, register.to_bytes(2, "big") + value.to_bytes(2, "big"))


def write_registers(address: int, register: int, values: tuple[int, ...]) -> bytes:
    """Function 10."""
    data = b"".join(value.to_bytes(2, "big") for value in values)
    head = register.to_bytes(2, "big") + len(values).to_bytes(2, "big") + bytes([len(data)])
    return frame(address, WRITE_REGISTERS, head + data)


def read_coils(address: int, coil: int, count: int) -> bytes:
    """Function 01."""
    return frame(address, READ[0], coil.to_bytes(2, "big") + count.to_bytes(2, "big"))


def _sizes(buffer: bytearray, start: int) -> tuple[int | None, ...]:
    """How long the frame at `start` may be; None: more bytes are needed to tell."""
    function = buffer[start + 1]
    have = len(buffer) - start
    if function & 0x80:
        return (5,)
    if function in READ:
        return (8, 5 + buffer[start + 2] if have > 2 else None)
    if function in (WRITE_COILS, WRITE_REGISTERS):
        return (8, 9 + buffer[start + 6] if have > 6 else None)
    return (8,)


def scan(buffer: bytearray, start: int) -> Step:
    """The next frame, found by its CRC: questions and answers of a function may differ in length."""
    have = len(buffer) - start
    if buffer[start] > LAST_ADDRESS or (have > 1 and buffer[start + 1] & 0x7F not in FUNCTIONS):
        return Skip(1)
    if have < 2:
        return None
    sizes = _sizes(buffer, start)
    for size in sizes:
        if size is not None and have >= size:
            body = bytes(buffer[start : start + size - 2])
            if crc(body) == buffer[start + size - 2] | buffer[start + size - 1] << 8:
                return Take(size, (mean(body),))
    waiting = any(size is None or have < size for size in sizes)
    return None if waiting else Skip(1, "crc")


def mean(body: bytes) -> Event:
    """What a good frame says."""
    function, data = body[1], body[2:]
    if function & 0x80:
        reason = EXCEPTIONS.get(data[0], f"exception {data[0]:02X}")
        return Noise(body, f"error frame: {reason}")
    facts: dict[str, Fact] = {"command": f"{function:02X}", "address": body[0]}
    if function in (WRITE_COIL, WRITE_REGISTER):
        facts["at"] = int.from_bytes(data[:2], "big")
        facts["value"] = data[2:].hex().upper()
    return Status(facts)


def modbus() -> Framer:
    """A driver that understands a lamp's line."""
    return Framer(scan, longest=LONGEST, gap_s=0.05)
