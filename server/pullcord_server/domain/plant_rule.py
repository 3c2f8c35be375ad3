"""What the tables of a plant file owe each other: names that exist, lines with one pacemaker, pairs that fit."""

import re
from collections.abc import Collection, Mapping

from .code import Misread, Printed, parse
from .plant import Bin, Kind, Loop, Plant, Process, Release, Station
from .problem import did_you_mean
from .section import MOST, Section
from .toml_value import shown

_CARD = re.compile(r"(.+)-([0-9]{3,})")


def check_plant(
    plant: Plant,
    processes: Mapping[str, tuple[Section, Process]],
    loops: Mapping[str, tuple[Section, Loop]],
) -> None:
    """Everything that concerns processes and loops together."""
    for section, loop in loops.values():
        _check_names(section, loop, plant)
        _check_heijunka(section, loop, plant)
    _check_exchange(loops)
    _check_pacemakers(plant, processes)


def check_station_processes(section: Section, station: Station, plant: Plant) -> None:
    """A station serves processes there are (a supplier is an outside process)."""
    known = [*plant.processes, *plant.suppliers]
    key = "processes" if section.has("processes") else "process"
    for process in station.processes if section.good(key) else ():
        if process not in known:
            section.wrong(
                key, f"no process is called {shown(process)}; {did_you_mean(process, known)}"
            )


def check_bin(section: Section, value: Bin, plant: Plant, issued: Collection[str] | None) -> bool:
    """A bin's sensor sits at a station that serves its loop; whether all is well."""
    station, loop = plant.stations.get(value.station), plant.loops.get(value.loop)
    if section.good("station") and station is None:
        meant = did_you_mean(value.station, plant.stations)
        section.wrong("station", f"no station is called {shown(value.station)}; {meant}")
    if section.good("loop") and loop is None:
        meant = did_you_mean(value.loop, plant.loops)
        section.wrong("loop", f"no loop is called {shown(value.loop)}; {meant}")
    if loop is not None and value.card is not None and section.good("card"):
        found = _CARD.fullmatch(value.card)
        if found is None or found[1] != loop.id:
            section.wrong("card", f"must be a card of {loop.id}; write {loop.id}-001")
        else:
            _check_card(section, value.card, plant, issued)
    if station is not None and loop is not None and section.good("station", "loop"):
        _check_bin_place(section, station, loop, plant)
    return section.good("station", "sensor", "loop", "card")


def _check_bin_place(section: Section, station: Station, loop: Loop, plant: Plant) -> None:
    known = plant.processes.keys() | plant.suppliers.keys()
    places = {*station.processes, loop.place}
    if station.processes and places <= known and loop.place not in station.processes:
        serves = ", ".join(station.processes)
        section.wrong(
            "station",
            f"{station.id} serves {serves}, but the boxes of {loop.id} stand at {loop.place}; "
            f"name a station there, or add {loop.place} to its processes",
        )


def check_tag(
    section: Section, code: str, card: str, plant: Plant, issued: Collection[str] | None
) -> bool:
    """A tag is no printed code, and its card exists; whether all is well."""
    if section.good("code") and isinstance(parse(code), Printed | Misread):
        section.wrong("code", "is a printed code, which names its card itself; leave the tag out")
    if section.good("card"):
        _check_card(section, card, plant, issued)
    return section.good("code", "card")


def _check_card(section: Section, card: str, plant: Plant, issued: Collection[str] | None) -> None:
    """The file numbers a loop's cards from 001; others must have been issued."""
    if issued is not None and card in issued:
        return
    found = _CARD.fullmatch(card)
    if found is None:
        section.wrong(
            "card", f"must be a card such as BH-A1-003, not {shown(card)}; write its name"
        )
        return
    loop = plant.loops.get(found[1])
    if loop is None:
        meant = did_you_mean(found[1], plant.loops)
        section.wrong("card", f"no loop is called {shown(found[1])}; {meant}")
    elif (
        not 1 <= int(found[2]) <= (MOST if issued is None else loop.cards)
        or card != f"{loop.id}-{int(found[2]):03}"
    ):
        last = f"{loop.id}-{loop.cards:03}"
        section.wrong("card", f"there is no card {card}; those of {loop.id} end with {last}")


def _check_names(section: Section, loop: Loop, plant: Plant) -> None:
    if section.good("item") and loop.item not in plant.items:
        section.wrong(
            "item", f"no item is called {shown(loop.item)}; {did_you_mean(loop.item, plant.items)}"
        )
    if not section.good("kind"):
        return
    outside = loop.kind is Kind.SUPPLIER
    known = plant.suppliers if outside else plant.processes
    others = plant.processes if outside else plant.suppliers
    if section.good("source") and loop.source not in known:
        called = "supplier" if outside else "process"
        if loop.source in others:
            fix = (
                "a supplier loop comes from a [[supplier]]; use another kind"
                if outside
                else 'goods of a supplier come by kind = "supplier"'
            )
            section.wrong("source", f"{shown(loop.source)} is no {called}; {fix}")
        else:
            meant = did_you_mean(loop.source, known)
            section.wrong("source", f"no {called} is called {shown(loop.source)}; {meant}")
    given = section.has("consumer") and section.good("consumer")
    if given and loop.consumer not in plant.processes:
        meant = did_you_mean(loop.consumer, plant.processes)
        section.wrong("consumer", f"no process is called {shown(loop.consumer)}; {meant}")


def _check_heijunka(section: Section, loop: Loop, plant: Plant) -> None:
    source = plant.processes.get(loop.source)
    planned = loop.release is Release.HEIJUNKA and section.good("release")
    if planned and source is not None and not source.pacemaker:
        section.wrong(
            "release",
            f'must not be "heijunka": {source.id} is no pacemaker, and only a pacemaker has '
            'a plan; write "at-once"',
        )


def _check_exchange(loops: Mapping[str, tuple[Section, Loop]]) -> None:
    """Where withdrawal and production cards swap on a box, both name the same quantity."""
    made: dict[tuple[str, str], Loop] = {}
    for section, loop in loops.values():
        if loop.kind in (Kind.PRODUCTION, Kind.SIGNAL) and section.good("quantity", "kind"):
            made.setdefault((loop.item, loop.source), loop)
    for section, loop in loops.values():
        if loop.kind is not Kind.WITHDRAWAL or not section.good("quantity", "kind"):
            continue
        store = made.get((loop.item, loop.source))
        if store is not None and store.quantity != loop.quantity:
            section.wrong(
                "quantity",
                f"must be {store.quantity} as in {store.id}, not {loop.quantity}: their cards swap "
                f"on the same box of {loop.item} at {loop.source}; make both the same",
            )


def _check_pacemakers(plant: Plant, processes: Mapping[str, tuple[Section, Process]]) -> None:
    """A line is everything whose goods flow into one process: it has one pacemaker, not two.

    Two final lines that draw on the same shop may each have one.
    """
    flows: dict[str, set[str]] = {}
    for loop in plant.loops.values():
        if loop.source in plant.processes and loop.consumer in plant.processes:
            flows.setdefault(loop.source, set()).add(loop.consumer)
    for name, (section, process) in processes.items():
        if not process.pacemaker:
            continue
        for other in sorted(_reached(flows, name)):
            if other != name and plant.processes[other].pacemaker:
                section.wrong(
                    "pacemaker",
                    f"must not be true: goods flow from {name} to {other}, the pacemaker of that "
                    "line; a line has one, the others are pulled",
                )
                break


def _reached(flows: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for further in flows.get(waiting.pop(), set()) - reached:
            reached.add(further)
            waiting.append(further)
    return reached
