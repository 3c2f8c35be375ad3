"""How faults of the machine are made: the files of a Pi, and a program that is not started."""

from collections.abc import Callable

from faults.fault_scene import CONFIG, Scene
from pullcord_edge.checks.fault import Sight


def _file(path: str, text: str) -> Callable[[Scene], None]:
    """The Pi says so in a file; the station runs."""

    def make(scene: Scene) -> None:
        scene.put(path, text)
        scene.live()

    return make


def _gone(*paths: str) -> Callable[[Scene], None]:
    """The Pi has not these files."""

    def make(scene: Scene) -> None:
        for path in paths:
            (scene.root / path).unlink()
        scene.live()

    return make


def wrong_file(scene: Scene) -> None:
    scene.config.write_text('site = "s1"\nstation = "a1"\n')


def not_running(scene: Scene) -> None:
    scene.write()


def clock_year(scene: Scene) -> None:
    """The whole process lives in the year 2000: see `APART`. The server's clock is right."""
    scene.live()


def uart_off(scene: Scene) -> None:
    scene.put("boot/firmware/config.txt", CONFIG.replace("enable", "#enable"))
    scene.port = f'port = "{scene.header()}"'
    (scene.root / "dev" / "ttyAMA0").unlink()
    scene.serve()
    scene.run(Sight.MAINTENANCE)
    scene.mend = lambda: (scene.root / "dev" / "ttyAMA0").symlink_to(scene.tty.path)


def uart_mini(scene: Scene) -> None:
    scene.port = f'port = "{scene.header("ttyS0")}"'
    scene.live()


def uart_console(scene: Scene) -> None:
    scene.port = f'port = "{scene.header()}"'
    scene.put("proc/cmdline", "console=ttyAMA0,115200 console=tty1 root=/dev/mmcblk0p2\n")
    scene.live()


_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"

#: Faults that only the Pi's files tell: one station serves them all.
OF_FILES: dict[str, Callable[[Scene], None]] = {
    "service-off": _gone("etc/systemd/system/multi-user.target.wants/pullcord-edge.service"),
    "clock-unset": _gone("run/systemd/timesync/synchronized"),
    "clock-alone": _gone("proc/77/comm"),
    "undervoltage": _file(_THROTTLED, "50001\n"),
    "throttled": _file(_THROTTLED, "40004\n"),
    "hot": _file("sys/class/thermal/thermal_zone0/temp", "84500\n"),
    "memory-low": _file("proc/meminfo", "MemAvailable: 41000 kB\n"),
    "watchdog-off": _file("sys/class/watchdog/watchdog0/state", "inactive\n"),
    "outputs-float": _file("boot/firmware/config.txt", CONFIG.partition("gpio=")[0]),
    "disk-forgets": _file("proc/self/mounts", "none / tmpfs rw 0 0\n"),
    "disk-worn": _file("sys/block/mmcblk0/device/life_time", "0x0a 0x03\n"),
}

MAKERS: dict[str, Callable[[Scene], None]] = {
    **OF_FILES,
    "wrong-file": wrong_file,
    "not-running": not_running,
    "clock-year": clock_year,
    "uart-off": uart_off,
    "uart-mini": uart_mini,
    "uart-console": uart_console,
}
