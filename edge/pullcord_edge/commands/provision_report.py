"""What `provision-reader` found and did, for people and for programs."""

from collections.abc import Iterator
from typing import Any, Final

from pullcord_edge.core.profile.profile import Profile
from pullcord_edge.core.profile.script import Line, Outcome, Report
from pullcord_edge.readers.option import Value

_MARKS: Final = {
    Outcome.UNREAD: "?",
    Outcome.SAME: "=",
    Outcome.DIFFERS: "~",
    Outcome.WRITTEN: "+",
    Outcome.ACKNOWLEDGED: "+",
    Outcome.WRONG: "!",
}


def to_json(reader: str, profile: Profile, report: Report, dry_run: bool) -> dict[str, Any]:
    """One object; `result` is same, differs, written or failed."""
    return {
        "reader": reader,
        "profile": profile.file,
        "driver": profile.driver,
        "identity": report.identity,
        "baud": report.baud,
        "result": result_of(report, dry_run),
        "saved": report.saved,
        "settings": [
            {
                "name": line.name,
                "before": line.before,
                "wanted": line.wanted,
                "after": line.after,
                "outcome": line.outcome.value,
            }
            for line in report.lines
        ],
        "error": report.error,
    }


def result_of(report: Report, dry_run: bool) -> str:
    """In a word."""
    if report.error is not None:
        return "failed"
    if dry_run:
        return "differs" if report.differing else "same"
    return "same" if all(line.outcome is Outcome.SAME for line in report.lines) else "written"


def to_text(reader: str, profile: Profile, report: Report, dry_run: bool) -> Iterator[str]:
    """The reader, a line a setting, and what became of it all."""
    speed = f"{report.baud} baud" if report.baud else "no answer"
    if report.was_baud:
        speed += f" (was {report.was_baud})"
    identity = f", {report.identity}" if report.identity else ""
    yield f"{reader}: {profile.driver}{identity}, {speed}, profile {profile.file}"
    width = max((len(line.name) for line in report.lines), default=0)
    for line in report.lines:
        yield f"  {_MARKS[line.outcome]} {line.name:<{width}}  {_tell(line)}"
    yield _sum(report, dry_run)


def _tell(line: Line) -> str:
    match line.outcome:
        case Outcome.UNREAD:
            return f"{_show(line.wanted)} wanted, not read"
        case Outcome.SAME:
            return _show(line.wanted)
        case Outcome.DIFFERS:
            return f"{_show(line.before)} → {_show(line.wanted)}"
        case Outcome.WRITTEN:
            return f"{_show(line.before)} → {_show(line.wanted)}, read back"
        case Outcome.ACKNOWLEDGED:
            return f"{_show(line.wanted)}, acknowledged; this reader cannot tell it"
        case Outcome.WRONG:
            return f"{_show(line.before)} → {_show(line.wanted)}, reads {_show(line.after)}"


def _sum(report: Report, dry_run: bool) -> str:
    if report.error is not None:
        return "not as the profile says"
    differing = len(report.differing)
    if dry_run and differing:
        return f"{differing} of {len(report.lines)} differ; nothing was written (--dry-run)"
    if all(line.outcome is Outcome.SAME for line in report.lines) and not report.was_baud:
        return "everything is as the profile says; nothing was written"
    return "written, read back and saved" if report.saved else "written and read back"


def _show(value: Value | None) -> str:
    match value:
        case None:
            return "(not told)"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case _:
            return str(value)
