"""Writes docs/selftest.md: what the self-test does, and what stood on the terminal when it was run."""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "selftest.md"
sys.path.insert(0, str(ROOT / "tests"))

PAGE_TEXT = """# Self-test

```
pullcord-edge selftest --config /etc/pullcord/station.toml
```

Every lamp, the beep, every display, button, switch, scale and reader, one after the other, in the running
station; where none runs, one is started for it. It names the part that is broken. `doctor` needs no person
and looks at everything behind the parts: [doctor.md](doctor.md).

| way | who begins it |
|---|---|
| `pullcord-edge selftest --config FILE` | you, at the station's keyboard or by SSH: guided |
| `… --unattended` | nobody is there: loopback wires answer, what has none is skipped |
| hold the station's button (one with `action`) for 5 s | you, without a keyboard: guided, the button is your *yes* |
| the station's page of the server (`/stations/{{id}}`), or `POST /api/v1/stations/{{id}}/selftest` with `by`, and `guided` where a person is there | whoever sees the board |
| hold a test card to a reader at any time | you: a short white light and a beep prove that reader alone |

It ends with 0 when it passed, else with 1. `--json` prints the report as one JSON object.

A button with `action = "undo"` takes back a drop of the last minute when it is pressed, also for the 5 s: give a
station a button with `action = "selftest"`, or wait that minute.

## With a person

A post on simulated hardware, made by `scripts/selftest_doc.py`; `y` was typed.

```
$ pullcord-edge selftest --config station.toml
{guided}```

Each step waits 20 s. Before each lamp all are dark for a moment: what is lit then came on for it, alone. Where
a display or a lamp can be seen from the button, pressing it says *yes*, too; without a keyboard there is no
*no*: wait. White blinks slowly while a button, a switch or a card is waited for, and a display names the step.

## Without a person

The same post with three lamps and the beeper wired to spare inputs:

```
$ pullcord-edge selftest --config station.toml --unattended
{unattended}```

A wire has 4 s. A timer does it every night:
`systemd-run --on-calendar=03:00 pullcord-edge selftest --unattended --config /etc/pullcord/station.toml`.

## Loopback wires

- **A lamp, the beeper**: from the output to a spare input through a divider or an optocoupler that gives 3.3 V
  at most (a stack light of 24 V: an optocoupler, its LED with its own resistor beside the lamp). The input is a
  `[[sensor]]` with `driver = "switch"`, `pull` as it is wired, and is named in `loops`. It is nothing else then: no
  level is ever recorded of it. Wiring the lamp's side of a relay proves the relay; measuring the lamp's current,
  the lamp.
- **A reader on a serial port** of which the station only listens (`rdm6300`, `line`): a wire from the port's sender
  (TXD) to the receiver (RXD), beside the reader, through 1 kOhm, so that the reader wins. The station sends the
  frame of the test card and must read it. Named in `readers`.

```toml
[[sensor]]
name = "in-1"
driver = "switch"
pin = 23

[selftest]
cards = ["0A00B41F2C"]
readers = ["post"]
loops = {{ "stack.red" = "in-1" }}
```

On simulated hardware (`pullcord-edge simulate`) the wires of the file are played.

## Production meanwhile

Cards are read, kept and ordered as ever; their light and sound lie over the test for their moment. A cord is a
call, but in its own step and for the second after it. A bin's switch is the test's while its step waits for it; where it stays moved, it
counts afterwards. While a scale is calibrated its place is not judged.

The codes in `cards` never are a drop, at any reader of that station, in a self-test or outside: the server gets
an entry of its own type (`selftest`), which touches no card and no order. Give each plant its own test cards, and
name them at every station.

A second self-test is refused, with who asked for the one under way; that is a report, too. A program that ends
meanwhile reports *broken off*.

## Reports

A report is an entry of the journal: kept through power cuts, sent to the server, kept there for ever.

| key | |
|---|---|
| `station`, `serial` | where, and the machine's own number: after a swap the old machine's results stay told apart |
| `mode`, `by`, `command` | `guided`, `unattended` or `calibration`; who; the server's wish that asked for it |
| `started_at`, `ended_at` | ms since 1970 |
| `outcome` | `pass`; `fail`: a step did; `skipped`: nothing could be tested; `broken off`; `refused`, with `reason` |
| `steps` | each with `name`, `result` (`pass`, `fail`, `skipped`), `seen` |

- At the station: `pullcord-edge selftest --config FILE --export` prints all that the journal holds (30 days at
  least), one a line as JSON, with `entry` and `at`.
- At the server: `GET /api/v1/stations/{{id}}` has the newest in short (`selftest`), `GET
  /api/v1/stations/{{id}}/selftests?serial=…&since=…` all of the newest 500, `GET /api/v1/journal` everything.

## Scales

A `[[sensor]]` with `calibrated = true` gives what its calibration makes of its raw values, in the unit of the
weight that was laid on; `empty_below` is in that unit, too. Empty it, lay a known weight on it:

```
$ pullcord-edge selftest --config station.toml --calibrate bin-8 --load 2000
{calibration}```

Ten values a step, their median counts; a load that makes no more difference than the values make among themselves
fails. The result is kept beside the journal (`journal.db.calibration`) for the sensor and the serial number of its
device: `serial` in the file (the label of the load cell), else that of the USB adapter, else the machine's. When
another number shows, the place is not judged, white blinks slowly, and the status says
`not calibrated for serial number …` with the command to type. When the old device comes back, its calibration is
there.
"""
#: The guided post has no wires; these make the other one of it.
WIRES = (
    "[selftest]\n",
    "".join(
        f'[[sensor]]\nname = "in-{number}"\ndriver = "switch"\npin = {pin}\n'
        for number, pin in enumerate((23, 24, 25, 27), 1)
    )
    + '[selftest]\nreaders = ["post"]\nloops = { "stack.red" = "in-1", "stack.amber" = "in-2", '
    '"stack.green" = "in-3", buzzer = "in-4" }\n',
)


def render() -> str:
    """The whole page, from fresh runs."""
    from support.selftest_stage import played_station

    with TemporaryDirectory() as folder, played_station(Path(folder)) as stage:
        guided, _ = stage.run()
        calibration, _ = stage.run("--calibrate", "bin-8", "--load", "2000")
    with TemporaryDirectory() as folder, played_station(Path(folder), [WIRES]) as stage:
        unattended, _ = stage.run("--unattended")
    made = {"guided": guided, "calibration": calibration, "unattended": unattended}
    return PAGE_TEXT.format(**{name: mask(text) for name, text in made.items()})


def mask(text: str) -> str:
    """The machine's own number is not the page's."""
    return re.sub(r"\(\w+\):", "(10000000a1b2c3d4):", text)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
