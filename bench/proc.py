"""What Linux counts of a process: memory, processor time, bytes it had written to disk."""

from pathlib import Path


def resident_mib(pid: int) -> float:
    """Memory in use, MiB."""
    return _field(pid, "status", "VmRSS:") / 1024


def processor_s(pid: int) -> float:
    """Processor time of all its threads so far, seconds."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def written(pid: int) -> int:
    """Bytes it sent to the disk so far."""
    return _field(pid, "io", "write_bytes:")


def _field(pid: int, file: str, name: str) -> int:
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    raise LookupError(f"{name} of process {pid}")
