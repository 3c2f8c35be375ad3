"""`pullcord-edge decode`: what a reader's bytes mean, given as hex or bits, or live from a port."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from pullcord_edge.readers.catalogue import CATALOGUE, DriverError, DriverSpec, Source, build, find

from .decode_report import to_report, to_text

if TYPE_CHECKING:
    from .decode_live import OpenPort

#: Later than any ending by silence.
LONG_AFTER = 3600.0
#: How many bits of the padded hex are the frame.
FRAME_BITS = {"wiegand26": 26, "wiegand34": 34}
PADDED_BITS = {32: 26, 40: 34}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    parser = subparsers.add_parser("decode", help="what a reader's bytes mean", description=__doc__)
    parser.add_argument("--driver", required=True, metavar="NAME", help=", ".join(CATALOGUE))
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--hex", metavar="BYTES", help="bytes as hex, blanks and colons allowed")
    source.add_argument("--bits", metavar="BITS", help="bits as 0 and 1 (wiegand, em4100)")
    source.add_argument("--port", metavar="URL", help="listen to a device or any pyserial URL")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of the driver, as model=288m; may be repeated",
    )
    parser.add_argument("--baud", type=int, help="speed of the port, if not the driver's usual one")
    parser.add_argument("--seconds", type=float, help="with --port: stop after so long")
    parser.add_argument("--json", action="store_true", help="one JSON object (live: one a line)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, open_port: "OpenPort | None" = None) -> int:
    """The exit status: 0, or 2 with every problem on stderr."""
    try:
        spec = find(args.driver)
        driver = build(args.driver, _options(args.option))
        if args.port is not None:
            from .decode_live import listen  # a station without ports decodes hex as well

            return listen(args, spec, driver, open_port)
        data = to_data(spec, args.hex, args.bits)
    except DriverError as error:
        for problem in error.problems:
            print(f"pullcord-edge decode: {problem}", file=sys.stderr)
        return 2
    events = [*driver.feed(data, 0.0), *driver.tick(LONG_AFTER)]
    report = to_report(events, bits=spec.source is Source.BITS)
    print(json.dumps(report) if args.json else "\n".join(to_text(report)))
    return 0


def to_data(spec: DriverSpec, hex_text: str | None, bits_text: str | None) -> bytes:
    """What the driver is fed. Raises DriverError."""
    if bits_text is not None:
        return _from_bits(spec, bits_text)
    data = _from_hex(hex_text or "")
    return _unpack(spec, data) if spec.source is Source.BITS else data


def _options(given: list[str]) -> dict[str, str]:
    options, problems = {}, []
    for text in given:
        key, equals, value = text.partition("=")
        if equals and key.strip():
            options[key.strip()] = value
        else:
            problems.append(f'option "{text}": write KEY=VALUE, as model=288m')
    if problems:
        raise DriverError(problems)
    return options


def _from_hex(text: str) -> bytes:
    digits = "".join(char for char in text if not char.isspace() and char not in ":-")
    wrong = [char for char in digits if char not in "0123456789abcdefABCDEF"]
    if wrong:
        raise DriverError([f'--hex: "{wrong[0]}" is no hex digit; write two of 0-9 A-F a byte'])
    if len(digits) % 2:
        raise DriverError([f"--hex: {len(digits)} digits, the last byte is half; two are a byte"])
    return bytes.fromhex(digits)


def _from_bits(spec: DriverSpec, text: str) -> bytes:
    if spec.source is not Source.BITS:
        names = ", ".join(name for name, each in CATALOGUE.items() if each.source is Source.BITS)
        raise DriverError([f'--bits: driver "{spec.name}" takes bytes, use --hex; bits: {names}'])
    bits = "".join(text.split())
    wrong = [char for char in bits if char not in "01"]
    if wrong:
        raise DriverError([f'--bits: "{wrong[0]}" is neither 0 nor 1'])
    return bytes(int(char) for char in bits)


def _unpack(spec: DriverSpec, data: bytes) -> bytes:
    """The bits of hex that was padded on the left to whole bytes."""
    bits = bytes(byte >> shift & 1 for byte in data for shift in range(7, -1, -1))
    size = FRAME_BITS.get(spec.name)
    if size is None and spec.name == "wiegand":
        size = PADDED_BITS.get(len(bits))
    if size is None or len(bits) <= size or any(bits[:-size]):
        return bits
    return bits[-size:]
