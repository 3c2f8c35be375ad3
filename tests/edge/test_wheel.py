"""The wheel as a station installs it: the extra `edge` alone, on a bare Python."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: What `pullcord[edge]` brings: import names of paho-mqtt, pyserial, gpiozero and its colorzero.
BROUGHT = ("paho", "serial", "gpiozero", "colorzero")

STATION = """site = "s1"
station = "assy1-post"
[broker]
url = "mqtt://127.0.0.1:1"
[journal]
path = "journal.db"
[[reader]]
name = "post"
driver = "rdm6300"
port = "/dev/serial0"
role = "withdrawal"
[[light]]
name = "stack"
pins = { red = 5, amber = 6, green = 13, blue = 19, white = 26 }
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content and what its extra brings, nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder / "dist")]
    done = subprocess.run([*build, str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "dist").glob("pullcord-*.whl")
    packages = folder / "packages"
    zipfile.ZipFile(wheel).extractall(packages)
    for name in BROUGHT:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        (packages / name).symlink_to(next(iter(spec.submodule_search_locations)))
    return packages


def run(bare: Path, folder: Path, code: str) -> "subprocess.CompletedProcess[str]":
    """Python without any site-packages but `bare`."""
    start = f"import sys; sys.path.insert(0, {str(bare)!r})\n"
    program = [sys.executable, "-I", "-S", "-c", start + code]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


def test_the_wheel_holds_the_three_packages_and_no_tests(bare: Path) -> None:
    names = {p.name for p in bare.iterdir() if p.suffix != ".dist-info" and p.name not in BROUGHT}
    assert names == {"pullcord_wire", "pullcord_edge", "pullcord_server"}


def test_a_station_checks_its_file_with_the_edge_extra_alone(bare: Path, tmp_path: Path) -> None:
    (tmp_path / "station.toml").write_text(STATION)
    done = run(
        bare,
        tmp_path,
        "from pullcord_edge.commands import main\n"
        "sys.exit(main(['check', '--config', 'station.toml']))",
    )
    assert done.returncode == 0, done.stderr


def test_the_stations_program_imports_no_server_package(bare: Path, tmp_path: Path) -> None:
    done = run(
        bare,
        tmp_path,
        "import pullcord_edge.agent\n"
        "heavy = {'fastapi', 'sqlalchemy', 'sqlmodel', 'pydantic', 'uvicorn', 'pullcord_server'}\n"
        "print(sorted(heavy & set(sys.modules)))",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
