"""`pullcord-edge decode`: JSON, text, wrong arguments, and a port that is listened to."""

import argparse
import json
import os
import tty
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from edge.readers.frame_case import FrameCase, cases
from pullcord_edge.adapters.serial_port import PortError, SerialPort, open_serial
from pullcord_edge.commands import decode
from pullcord_edge.readers.catalogue import CATALOGUE, Serial


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pullcord-edge")
    decode.add_parser(parser.add_subparsers())
    return parser.parse_args(["decode", *arguments])


def decoded(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert decode.run(parse([*arguments, "--json"])) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert decode.run(parse(arguments)) == 2
    out = capsys.readouterr()
    assert out.out == ""
    return out.err.splitlines()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_every_frame_is_decoded_on_the_command_line(
    case: FrameCase, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [
        part for key, value in case.options.items() for part in ("--option", f"{key}={value}")
    ]
    report = decoded(capsys, "--driver", case.driver, "--hex", case.raw["hex"], *options)
    assert set(report) == {"reads", "values", "noise", "status"}
    assert [read["code"] for read in report["reads"]] == [
        read["code"] for read in case.expect.get("reads", [])
    ]
    assert [(v["value"], v["unit"]) for v in report["values"]] == [
        (v["value"], v["unit"]) for v in case.expect.get("values", [])
    ]
    for each in report["noise"]:
        assert set(each) >= {"hex", "reason"}


def test_bits_and_padded_hex_mean_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for case in (case for case in cases() if "bits" in case.raw):
        by_hex = decoded(capsys, "--driver", case.driver, "--hex", case.raw["hex"])
        by_bits = decoded(capsys, "--driver", case.driver, "--bits", case.raw["bits"])
        assert by_hex == by_bits


def test_the_generic_wiegand_driver_finds_the_frame_in_padded_hex(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = decoded(capsys, "--driver", "wiegand", "--hex", "0313A83703")
    assert report["reads"][0]["code"] == "89D41B81"


def test_hex_may_have_blanks_colons_and_small_letters(capsys: pytest.CaptureFixture[str]) -> None:
    report = decoded(capsys, "--driver", "a02yyuw", "--hex", "ff:07 A1-a7")
    assert report["values"] == [{"value": 1953, "unit": "mm", "stable": True}]


def test_no_bytes_are_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert decoded(capsys, "--driver", "rdm6300", "--hex", "")["reads"] == []
    assert decode.run(parse(["--driver", "rdm6300", "--hex", ""])) == 0
    assert capsys.readouterr().out == "nothing\n"


def test_people_get_a_line_for_each_thing(capsys: pytest.CaptureFixture[str]) -> None:
    stream = "5D433139300D" + "5D4331391D300D" + "5D51310D"
    assert decode.run(parse(["--driver", "line", "--hex", stream])) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "read    90  symbology=]C1"
    assert lines[1] == "read    9\\x1d0  symbology=]C1"
    assert lines[2].startswith("noise   5D5131  empty")
    assert decode.run(parse(["--driver", "sics", "--hex", b"S D  1.5 g\r\n".hex()])) == 0
    assert capsys.readouterr().out == "value   1.5 g not stable\n"
    assert decode.run(parse(["--driver", "r200", "--hex", "BB01FF000117187E"])) == 0
    assert capsys.readouterr().out.startswith("status   command=FF  error=17")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--driver", "rdm630", "--hex", "02"], 'did you mean "rdm6300"?'),
        (["--driver", "rdm6300", "--hex", "0G"], '"G" is no hex digit'),
        (["--driver", "rdm6300", "--hex", "023"], "3 digits, the last byte is half"),
        (["--driver", "rdm6300", "--bits", "01"], "takes bytes, use --hex"),
        (["--driver", "wiegand26", "--bits", "012"], '"2" is neither 0 nor 1'),
        (["--driver", "rdm6300", "--hex", "02", "--option", "x"], "write KEY=VALUE"),
        (["--driver", "hid", "--hex", "02", "--option", "fromat=x"], 'did you mean "format"?'),
        (["--driver", "hid", "--port", "loop://"], "does not listen to a serial port"),
    ],
)
def test_a_wrong_argument_is_one_clear_line_and_status_2(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [line] = refused(capsys, *arguments)
    assert line.startswith("pullcord-edge decode: ")
    assert problem in line


def test_all_wrong_options_are_told_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = refused(
        capsys, "--driver", "hid", "--hex", "", "--option", "a=1", "--option", "format=boot"
    )
    assert len(lines) == 2


def test_one_source_of_bytes_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ([], ["--hex", "02", "--bits", "1"]):
        with pytest.raises(SystemExit) as caught:
            parse(["--driver", "rdm6300", *wrong])
        assert caught.value.code == 2
    capsys.readouterr()


def test_the_help_names_every_driver(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    text = "".join(capsys.readouterr().out.split())
    assert all(name in text for name in CATALOGUE)


class Line:
    """A port that gives chunks and keeps what was written."""

    def __init__(self, chunks: Sequence[bytes], end: Callable[[], None]) -> None:
        self.chunks = list(chunks)
        self.written: list[bytes] = []
        self.closed = False
        self._end = end

    def read(self, timeout_s: float) -> bytes:
        """The next chunk; the end when there is none."""
        if not self.chunks:
            self._end()
        return self.chunks.pop(0) if self.chunks else b""

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.written.append(data)

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def stop() -> None:
    raise KeyboardInterrupt


def unplug() -> None:
    raise PortError("unplugged", "Input/output error")


def test_a_port_is_listened_to_asked_and_closed(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line([bytes.fromhex("0000FF06FAD50332010607E800")], stop)
    opened: list[tuple[str, Serial]] = []

    def open_port(url: str, settings: Serial) -> Line:
        opened.append((url, settings))
        return line

    args = parse(["--driver", "pn532", "--port", "loop://", "--baud", "9600", "--json"])
    assert decode.run(args, open_port) == 0
    assert opened == [("loop://", Serial(9600))]
    assert line.closed and line.written[0].startswith(b"\x55\x55")
    assert json.loads(capsys.readouterr().out) == {
        "status": [{"command": "03", "ic": "32", "firmware": "1.6"}]
    }


def test_listening_ends_after_the_seconds_given(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line([bytes.fromhex("FF07A1A7")], lambda: None)
    args = parse(["--driver", "a02yyuw", "--port", "loop://", "--seconds", "0.01"])
    assert decode.run(args, lambda url, settings: line) == 0
    assert capsys.readouterr().out == "value   1953 mm stable\n"


def test_a_port_that_is_not_there_or_goes_away_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def absent(url: str, settings: Serial) -> Line:
        raise PortError("absent", url)

    args = parse(["--driver", "rdm6300", "--port", "/dev/ttyNONE"])
    for opener in (absent, None):
        assert decode.run(args, opener) == 2
        assert "--port: /dev/ttyNONE: absent" in capsys.readouterr().err
    line = Line([], unplug)
    assert decode.run(args, lambda url, settings: line) == 2
    assert "is gone" in capsys.readouterr().err
    assert line.closed


def test_a_real_line_is_decoded_as_its_bytes_come(capsys: pytest.CaptureFixture[str]) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)

    def open_and_present_a_card(url: str, settings: Serial) -> SerialPort:
        port = open_serial(url, settings)
        os.write(master, bytes.fromhex("0233433030434537353443434203"))
        return port

    args = parse(["--driver", "rdm6300", "--port", os.ttyname(slave), "--seconds", "0.2"])
    try:
        assert decode.run(args, open_and_present_a_card) == 0
    finally:
        os.close(master)
        os.close(slave)
    assert capsys.readouterr().out.startswith("read    3C00CE754C")
