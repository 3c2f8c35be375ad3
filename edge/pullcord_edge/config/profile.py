"""The key `profile`: the file with the settings that live in a reader's own firmware."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from pullcord_edge.config.problem import Problem
from pullcord_edge.config.section import Report, Section
from pullcord_edge.core.profile.profile import Profile, conflicts
from pullcord_edge.core.profile.profile import read_profile as read_table
from pullcord_edge.core.setting import Port
from pullcord_edge.readers.option import Value


def read_profile(
    section: Section,
    place: Callable[[str], str],
    driver: str,
    options: Mapping[str, Value],
    port: Port | None,
) -> Profile | None:
    """The profile of a reader or sensor on a port; problems of its file stand beside the station's."""
    given = section.text("profile")
    if given is None:
        return None
    profile, problems = load_profile(place(given))
    section.include(problems)
    if profile is None:
        return None
    for flaw in conflicts(profile, driver, options, port.baud if port else 0):
        section.wrong(flaw.path[0], flaw.wrong, flaw.fix)
    return profile


def load_profile(file: str) -> tuple[Profile | None, list[Problem]]:
    """The profile of a file, or every problem of it."""
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        wrong = getattr(error, "strerror", None) or str(error)
        return None, [Problem(file, 0, "", wrong, "give the path of a reader's profile")]
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        fix = "correct the line; TOML is described at toml.io"
        return None, [Problem(file, 0, "", str(error), fix)]
    profile, flaws = read_table(table, file)
    report = Report(file, text)
    for flaw in flaws:
        report.add(flaw.path, flaw.wrong, flaw.fix)
    return profile, report.problems
