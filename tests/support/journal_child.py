"""A station's journal in a process of its own, to be killed or to run out of disk: python -m …"""

import json
import resource
import subprocess
import sys
from pathlib import Path

from pullcord_edge.journal import Journal, JournalError
from support.journal_bench import draft, read_all, start


def write(path: Path) -> None:
    """Append for ever, now one, now many; print each number once it is accepted."""
    journal = start(path)
    print(journal.run, 0, flush=True)
    size = 1
    while True:
        size = size % 7 + 1
        accepted = journal.append([draft(f"{journal.run}-{size}")] * size)
        print(journal.run, accepted.stop - 1, flush=True)


def hold(path: Path) -> None:
    """Hold the journal until standard input ends."""
    start(path)
    print("held", flush=True)
    sys.stdin.read()


def fill(folder: Path) -> None:
    """Fill a small disk, find it full, free some space, go on; print what happened."""
    mount(folder, "size=300k")
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(100_000))
    journal = start(folder / "journal.db")
    accepted, said = append_until_refused(journal)
    again = refusal(journal)
    ballast.unlink()
    journal.append([draft("after")])
    journal.close()
    journal = start(folder / "journal.db")
    report(journal, accepted=accepted, said=[said, again])


def limit(folder: Path) -> None:
    """Let the system refuse to write on, for a while; print what happened."""
    journal = start(folder / "journal.db")
    journal.append([draft()])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    accepted, said = append_until_refused(journal)
    again = refusal(journal)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.append([draft("after")])
    journal.close()
    journal = start(folder / "journal.db")
    report(journal, accepted=accepted + 1, said=[said, again])


def read_only(folder: Path) -> None:
    """Start on a disk that cannot be written; print what happened."""
    mount(folder, "size=1m")
    start(folder / "journal.db").close()
    mount(folder, "remount,ro")
    try:
        start(folder / "journal.db")
    except JournalError as error:
        print(json.dumps({"said": [show(error)]}))


def mount(folder: Path, options: str) -> None:
    """A small disk in memory; the process has a mount namespace of its own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)


def append_until_refused(journal: Journal) -> tuple[int, str]:
    """How many entries were accepted before one was refused, and how that was said."""
    for accepted in range(100_000):
        said = refusal(journal)
        if said is not None:
            return accepted, said
    raise AssertionError("the disk was never full")


def refusal(journal: Journal) -> str | None:
    """What an append that fails says; None when it succeeds."""
    try:
        journal.append([draft()])
    except JournalError as error:
        return show(error)
    return None


def show(error: JournalError) -> str:
    """Its class and text."""
    return f"{type(error).__name__}: {error}"


def report(journal: Journal, accepted: int, said: list[str | None]) -> None:
    """Print what is on disk after all."""
    head = journal.heads[0]
    found = {"accepted": accepted, "said": said, "last": head.last, "reports": journal.reports}
    print(json.dumps(found | {"entries": len(read_all(journal, head))}))


if __name__ == "__main__":
    {"write": write, "hold": hold, "fill": fill, "limit": limit, "read_only": read_only}[
        sys.argv[1]
    ](Path(sys.argv[2]))
