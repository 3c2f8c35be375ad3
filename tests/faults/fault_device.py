"""How faults of readers, buttons and pins are made: real ttys, real holders, gpiozero's mock pins."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable

from faults.fault_scene import CONFIG, WAIT_S, Scene
from pullcord_edge.checks.fault import Sight
from support.broker import free_port
from support.silicon.pty import OnPty
from support.silicon.r200 import R200
from support.until import until

_HOLD = """\
import sys, time, serial
port = serial.Serial(sys.argv[1], exclusive=True)
print("held", flush=True)
time.sleep(600)
"""
D0, D1 = 23, 24
#: A card of a Wiegand 26 reader.
BITS = "01110001111100001000000000"


def port_gone(scene: Scene) -> None:
    scene.live()
    scene.tty.unplug()
    scene.mend = scene.tty.plug


def port_permission(scene: Scene) -> None:
    """Whoever runs this may not override permissions: see `APART`."""
    slave = scene.tty.path.resolve()
    slave.chmod(0)
    scene.serve()
    scene.run(Sight.MAINTENANCE)
    scene.mend = lambda: slave.chmod(0o620)


def port_held(scene: Scene) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(scene.tty.path)], stdout=subprocess.PIPE
    )

    def release() -> None:
        holder.kill()
        holder.wait()

    scene.closing += [holder.communicate, release]
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    scene.serve()
    scene.run(Sight.MAINTENANCE)
    scene.mend = release


def input_gone(scene: Scene) -> None:
    scene.more = """\
[[reader]]
name = "gun"
driver = "hid"
port = "/dev/input/by-id/usb-no-such-scanner-event-kbd"
role = "arrival"
"""
    scene.serve()
    scene.run(Sight.MAINTENANCE)


def reader_unreachable(scene: Scene) -> None:
    scene.more = f"""\
[[reader]]
name = "far"
driver = "line"
port = "socket://127.0.0.1:{free_port()}"
role = "arrival"
"""
    scene.serve()
    scene.run(Sight.MAINTENANCE)


def reader_file(scene: Scene) -> None:
    path = scene.folder / "notes.txt"
    path.write_text("post: ttyUSB0\n")
    scene.port = f'port = "{path}"'
    scene.serve()
    scene.run(Sight.MAINTENANCE)


def reader_profile(scene: Scene) -> None:
    """A UHF module that says done, and keeps its region."""
    on = OnPty(R200(stuck={"region"}), scene.folder / "uhf")
    on.__enter__()
    scene.closing.append(lambda: on.__exit__(None, None, None))
    (scene.folder / "eu.toml").write_text('driver = "r200"\n[settings]\nregion = "EU"\n')
    scene.driver = "r200"
    scene.port = f'port = "{on.path}"\nprofile = "eu.toml"'
    scene.serve()
    scene.run(Sight.MAINTENANCE)


def checksum_storm(scene: Scene) -> None:
    from pullcord_edge.core import noise

    usual, noise.EVERY_S = noise.EVERY_S, 0.5  # type: ignore[misc]
    scene.closing.append(lambda: setattr(noise, "EVERY_S", usual))
    scene.live()
    over = threading.Event()

    def storm() -> None:
        while not over.wait(0.005):
            scene.tty.write(b"\x020A00B41F2C00\x03")

    thread = threading.Thread(target=storm)
    thread.start()

    def calm() -> None:
        over.set()
        thread.join()

    scene.closing.append(calm)

    def mend() -> None:
        calm()
        good = b"\x020A00B41F2C8D\x03"
        until(lambda: scene.tty.write(good * 2), "room on the line", WAIT_S)

    scene.mend = mend


def reader_silent(scene: Scene) -> None:
    scene.driver = "pn532"
    scene.serve()
    scene.run(Sight.MAINTENANCE)


def reader_mute(scene: Scene) -> None:
    scene.driver = "pn532"
    scene.write()


def wires_swapped(scene: Scene) -> None:
    from gpiozero import Device

    scene.driver = "wiegand26"
    scene.port = f"d0 = {D0}\nd1 = {D1}"
    scene.live()
    wires = {"0": Device.pin_factory.pin(D1), "1": Device.pin_factory.pin(D0)}

    def present(wires: dict[str, object]) -> None:
        for bit in BITS:
            wires[bit].drive_low()  # type: ignore[attr-defined]
            wires[bit].drive_high()  # type: ignore[attr-defined]
        time.sleep(0.1)  # a pause ends a frame

    for _ in range(3):
        present(wires)
    scene.mend = lambda: present({"0": wires["1"], "1": wires["0"]})


def button_stuck(scene: Scene) -> None:
    scene.more = '[[button]]\nname = "cord"\npin = 21\ncall = "material"\nstuck = 1\n'
    scene.live()
    scene.jam(21)
    scene.mend = lambda: scene.jam(21, False)


def pin_taken(scene: Scene) -> None:
    from gpiozero import Device, DigitalOutputDevice

    scene.put("boot/firmware/config.txt", f"{CONFIG}dtoverlay=uart3\n")
    Device.ensure_pin_factory()
    bus = DigitalOutputDevice(5)
    scene.closing.append(bus.close)
    scene.serve()
    scene.run(Sight.MAINTENANCE)


MAKERS: dict[str, Callable[[Scene], None]] = {
    "port-gone": port_gone,
    "port-permission": port_permission,
    "port-held": port_held,
    "input-gone": input_gone,
    "reader-unreachable": reader_unreachable,
    "reader-file": reader_file,
    "reader-profile": reader_profile,
    "checksum-storm": checksum_storm,
    "reader-silent": reader_silent,
    "reader-mute": reader_mute,
    "wires-swapped": wires_swapped,
    "button-stuck": button_stuck,
    "pin-taken": pin_taken,
}
