"""The checksums of the readers' protocols, each with the name and the parameters of its family."""

from binascii import crc_hqx


def _reflected_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ polynomial if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_8408 = _reflected_table(0x8408)
_A001 = _reflected_table(0xA001)


def _reflected(table: tuple[int, ...], data: bytes) -> int:
    value = 0xFFFF
    for byte in data:
        value = (value >> 8) ^ table[(value ^ byte) & 0xFF]
    return value


def mcrf4xx(data: bytes) -> int:
    """UHFReader18: polynomial 8408 reflected, start FFFF; sent low byte first."""
    return _reflected(_8408, data)


def modbus(data: bytes) -> int:
    """Modbus RTU: polynomial A001 reflected, start FFFF; sent low byte first."""
    return _reflected(_A001, data)


def xmodem(data: bytes) -> int:
    """GM65: polynomial 1021, start 0000; sent high byte first."""
    return crc_hqx(data, 0)


def genibus(data: bytes) -> int:
    """The CRC inside a Gen2 tag, over PC and EPC: polynomial 1021, start FFFF, inverted."""
    return crc_hqx(data, 0xFFFF) ^ 0xFFFF


def thingmagic(data: bytes) -> int:
    """M6E: polynomial 1021, start FFFF, the data shifted in from below (no standard CRC).

    The last two bytes are never multiplied by x^16, so they are simply added; 1D0F is the start
    value FFFF after two bytes.
    """
    return crc_hqx(data[:-2], 0x1D0F) ^ int.from_bytes(data[-2:], "big")


def low_sum(data: bytes) -> int:
    """The low byte of the sum."""
    return sum(data) & 0xFF
