"""Plays a scenario: entries in by MQTT pages, calls by HTTP, driven time, expectations from outside."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flow.judge import Judge, part_of
from flow.scenario import Scenario, Step, tag_code, with_tags
from pullcord_server.domain.code import printed_code
from pullcord_wire.instant import format_instant
from pullcord_wire.message import Body, CallBody, CodeBody, EntryType, LevelBody
from support.broker import Broker
from support.plant_driver import DrivenStation, PlantDriver
from support.server_process import ServerProcess

_PLACEHOLDER = re.compile(r"\{(order|call):([^}]+)\}")
_CARD_ACTION = re.compile(r"/orders/\{order:([^}]+)\}/(\w+)")
_UNDO = re.compile(r"/cards/([^/]+)/undo")


def play(scenario: Scenario, database: str, broker: Broker, folder: Path) -> None:
    """A scenario on a server of its own."""
    server = ServerProcess(folder, broker=broker.url, database=database, driven=True)
    plant, codes = with_tags(scenario.plant)
    driver = PlantDriver(broker.port, "s1")
    try:
        server.apply(plant)
        server.start(ready=False)
        Player(server, driver, codes).play(scenario)
    finally:
        driver.close()
        server.close()


class Player:
    """One scenario on one server. `codes`: the tag of each card the plant file issues."""

    def __init__(self, server: ServerProcess, driver: PlantDriver, codes: dict[str, str]) -> None:
        self._server = server
        self._driver = driver
        self._codes = codes
        self._names: dict[str, str] = {}
        self._prints: dict[tuple[str, int], str] = {}
        self._entries: dict[tuple[str, str], str | None] = {}
        self._judge = Judge(server, driver, self._names)

    def play(self, scenario: Scenario) -> None:
        """Every step; the first one that does not end as expected fails, with all that differs."""
        for step in scenario.steps:
            before = self._judge.finding_ids()
            self._server.set_clock(format_instant(step.at))
            lines = self._do(step)
            self._server.set_clock(format_instant(step.at))  # answers when all is published
            self._driver.settle()
            lines += self._judge.differences(step.expect, before)
            if lines:
                differences = "\n  ".join(lines)
                raise self._server.process.failure(
                    f"{scenario.id} ({scenario.title})\n{step}\n  {differences}"
                )

    def _do(self, step: Step) -> list[str]:
        """Do a step; what its answer differs in from what was expected."""
        match step.action, step.subject:
            case "tick", _:
                return []
            case "scan", [station, event, card]:
                return self._scan(step, station, EntryType(event), card)
            case "level", [station, sensor, empty]:
                value = 0.0 if empty else 1.0
                return self._entry(step, station, EntryType.LEVEL, LevelBody(sensor, value, empty))
            case "press", [station, button, call]:
                return self._entry(step, station, EntryType.CALL, CallBody(button, call, True))
            case "offline", station:
                self._station(step, station).offline = True
                return []
            case "online", station:
                return self._come_online(step, self._station(step, station))
            case "redeliver", station:
                self._driver.redeliver(self._station(step, station))
                return []
            case "http", [method, path, body]:
                return self._call(step, method, path, body)
            case _:
                raise ValueError(f"{step} is not understood")

    def _station(self, step: Step, name: str) -> DrivenStation:
        return self._driver.station(name, step.at)

    def _scan(self, step: Step, station: str, event: EntryType, card: Any) -> list[str]:
        name, code = self._code(card)
        lines = self._entry(step, station, event, CodeBody("reader", code))
        if name is not None:
            journal = self._station(step, station)
            self._entries[name, event.value] = f"{journal.journal}.{len(journal.entries)}"
        return lines

    def _code(self, card: Any) -> tuple[str | None, str]:
        """The card that is read, where it is one, and the code that the reader sees."""
        match card:
            case str():
                return card, self._codes[card]
            case {"code": code}:
                return None, code
            case {"saved": saved}:
                name = self._names[saved]
                return name, self._codes[name]
            case {"card": name, "version": version}:
                name = self._names.get(name, name)
                return name, self._prints.get((name, version)) or printed_code(name, version)
            case _:
                raise ValueError(f"{card} is no card")

    def _entry(self, step: Step, name: str, kind: EntryType, body: Body) -> list[str]:
        station = self._station(step, name)
        seq = station.record(kind, body, step.at)
        if station.offline:
            return []
        self._driver.send(station)
        if "verdict" not in step.expect:
            return []
        verdict = self._driver.verdict(station, seq).verdict.value
        return _difference("verdict", step.expect["verdict"], verdict)

    def _come_online(self, step: Step, station: DrivenStation) -> list[str]:
        station.offline = False
        first = station.mark + 1
        self._driver.send(station)
        if "verdicts" not in step.expect:
            return []
        verdicts = self._judge.verdicts(station.journal, first)
        return _difference("verdicts", step.expect["verdicts"], verdicts)

    def _call(self, step: Step, method: str, path: str, body: Any) -> list[str]:
        if isinstance(body, dict) and "transition" in body:
            body = self._with_entry(path, body)
        answer = self._server.http.request(method, self._resolve(path), json=self._fill(body))
        done = answer.is_success
        if done:
            self._remember(step, path, answer.json() if answer.content else {})
        wanted = step.expect.get("status", answer.status_code)
        if answer.status_code != wanted:
            return [f"status: expected {wanted}, got {answer.status_code} {answer.text[:600]}"]
        lines = []
        if "type" in step.expect:
            lines += _difference("type", step.expect["type"], answer.json()["type"])
        if "json" in step.expect:
            said = part_of(answer.json(), step.expect["json"])
            lines += _difference("json", step.expect["json"], said)
        return lines

    def _with_entry(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """An undo that names a transition names its entry; none where the step came by HTTP."""
        undo = _UNDO.search(path)
        assert undo is not None, f"{path} is no undo"
        rest = {key: value for key, value in body.items() if key != "transition"}
        entry = self._entries.get((self._names.get(undo[1], undo[1]), body["transition"]))
        return rest if entry is None else {**rest, "entry": entry}

    def _fill(self, body: Any) -> Any:
        """A body with the ids that its placeholders stand for."""
        match body:
            case dict():
                return {key: self._fill(value) for key, value in body.items()}
            case list():
                return [self._fill(value) for value in body]
            case str():
                return self._resolve(self._names.get(body, body))
            case _:
                return body

    def _resolve(self, text: str) -> str:
        def stand_in(match: re.Match[str]) -> str:
            if match[1] == "order":
                return self._judge.newest_order(match[2])
            return self._judge.newest_call(match[2])

        return _PLACEHOLDER.sub(stand_in, text)

    def _remember(self, step: Step, path: str, row: Any) -> None:
        """What a change leaves for later steps: a new card and its tag, a print, a step by HTTP."""
        moved = _CARD_ACTION.search(path)
        if moved is not None:
            self._entries[self._names.get(moved[1], moved[1]), moved[2]] = None
        if path == "/api/v1/cards":
            self._bind(row["id"])
            if step.save is not None:
                self._names[step.save] = row["id"]
        if path.endswith("/print"):
            card = path.split("/")[-2]
            self._prints[self._names.get(card, card), row["version"]] = row["code"]

    def _bind(self, card: str) -> None:
        """A card that was issued gets the next code."""
        code = tag_code(len(self._codes) + 1)
        self._codes[card] = code
        self._server.call("PUT", f"/api/v1/tags/{code}", {"card": card, "by": "driver"})


def _difference(word: str, wanted: Any, got: Any) -> list[str]:
    return [] if got == wanted else [f"{word}: expected {wanted}, got {got}"]
