"""Changes: put on the desk, answered with the row and its decision; who makes them; driven time."""

import asyncio
import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from pullcord_server.api import change
from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.code import printed_code
from pullcord_server.storage.model import DecisionRow
from pullcord_server.storage.rows import table_of
from support.house import Client, Site

DECISION = table_of(DecisionRow)
V1 = "/api/v1"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A plant whose cards are full, and a desk that decides."""
    made = Site(tmp_path)
    made.decide()
    return made


def done(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """What a change answered with."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: httpx.Response, status: int, type_: str) -> str:
    """How a change was refused."""
    assert (answer.status_code, answer.json()["type"]) == (status, type_), answer.text
    detail: str = answer.json()["detail"]
    return detail


def empty(client: Client) -> dict[str, Any]:
    """A box is gone: its card opened an order."""
    body = {"by": "lead-7", "reason": "label fell off"}
    return done(client.ask("POST", f"{V1}/loops/BH-A1/empty", json=body))


def test_a_change_answers_with_the_row_it_changed_and_the_decision(site: Site) -> None:
    """The row is as its collection shows it."""
    client = site.client()
    changed = empty(client)
    decision = changed.pop("decision")
    assert changed == client.get(f"{V1}/cards/{changed['id']}").json()
    assert changed["state"] == "released"
    assert changed["order"] == decision


def test_an_order_goes_all_its_way_by_hand(site: Site) -> None:
    """Promised, then arrived."""
    client = site.client()
    order = empty(client)["order"]
    promise = {"by": "m3", "promised_at": "2026-11-23T13:00:00+01:00"}
    row = done(client.ask("POST", f"{V1}/orders/{order}/confirm", json=promise))
    assert row["promised_at"] == "2026-11-23T12:00:00.000Z"
    row = done(client.ask("POST", f"{V1}/orders/{order}/arrival", json={"by": "handler-3"}))
    assert (row["state"], row["closed_by"]) == ("closed", "arrival")
    again = client.ask("POST", f"{V1}/orders/{order}/arrival", json={"by": "handler-3"})
    refused(again, 409, "not-in-state")


def test_orders_served_by_hand_end_with_one_decision(site: Site) -> None:
    """All of them are shown."""
    client = site.client()
    orders = [empty(client)["order"] for _ in range(2)]
    body = {"by": "lead-7", "orders": orders}
    path = f"{V1}/orders/close"
    refused(client.ask("POST", path, json=body), 422, "reason-required")
    found = done(client.ask("POST", path, json=body | {"reason": "brought by hand"}))
    assert [(r["id"], r["closed_by"]) for r in found["items"]] == [(o, "hand") for o in orders]
    assert found["decision"]


def test_a_change_may_be_undone_by_its_decision(site: Site) -> None:
    """Or as the last thing of its card."""
    client = site.client()
    changed = empty(client)
    path = f"{V1}/cards/{changed['id']}/undo"
    body = {"by": "lead-7", "entry": changed["decision"]}
    refused(client.ask("POST", path, json=body), 422, "reason-required")
    back = done(client.ask("POST", path, json=body | {"reason": "found the card"}))
    assert (back["state"], back["order"]) == ("full", None)
    nothing = client.ask("POST", path, json={"by": "lead-7", "reason": "again"})
    refused(nothing, 409, "nothing-to-undo")


def test_a_card_is_blocked_and_unblocked(site: Site) -> None:
    """With the reason beside it."""
    client = site.client()
    path = f"{V1}/cards/BH-A1-002"
    refused(client.ask("PATCH", path, json={"by": "q", "blocked": True}), 422, "reason-required")
    body = {"by": "q", "blocked": True, "reason": "bent"}
    found = done(client.ask("PATCH", path, json=body))
    assert (found["blocked"], found["blocked_reason"]) == (True, "bent")
    found = done(client.ask("PATCH", path, json=body | {"blocked": False}))
    assert found["blocked"] is False


@pytest.mark.parametrize("kind", ["express", "emergency", "temporary"])
def test_a_card_of_one_turn_is_issued_and_printed(site: Site, kind: str) -> None:
    """201, each time."""
    client = site.client()
    body = {
        "by": "lead-7",
        "loop": "BH-A1",
        "kind": kind,
        "quantity": 10,
        "expires_at": "2026-11-23T20:00:00Z",
        "reason": "rework",
    }
    card = done(client.ask("POST", f"{V1}/cards", json=body), 201)
    assert (card["id"], card["kind"], card["state"]) == ("BH-A1-007", kind, "released")
    path = f"{V1}/cards/BH-A1-007/print"
    found = done(client.ask("POST", path, json={"by": "lead-7", "reason": "torn"}), 201)
    assert set(found) == {"code", "version", "card", "decision"}
    assert found["code"].startswith(f"PC-BH-A1-007-{found['version']}-")


def test_a_tag_is_bound_and_unbound(site: Site) -> None:
    """What a code means from now on."""
    client = site.client()
    path = f"{V1}/tags/0A00B41F2C"
    body = {"by": "handler-3", "card": "BH-A1-003"}
    assert done(client.ask("PUT", path, json=body))["card"] == "BH-A1-003"
    refused(client.ask("PUT", path, json=body | {"card": "BH-A1-999"}), 404, "not-found")
    for printed in ("PC-BH-A1-003-1-X", printed_code("BH-A1-003", 1)):
        refused(client.ask("PUT", f"{V1}/tags/{printed}", json=body), 422, "printed-code")
    assert done(client.ask("DELETE", path, json={"by": "handler-3"}))["card"] is None
    unknown = client.ask("DELETE", f"{V1}/tags/FFFF", json={"by": "handler-3"})
    refused(unknown, 404, "not-found")


def test_a_loop_gets_fewer_cards_and_a_trial_of_its_own(site: Site) -> None:
    """The trial is a row with its number."""
    client = site.client()
    body = {"by": "planner-1", "cards": 5, "reason": "advice accepted"}
    loop = done(client.ask("PATCH", f"{V1}/loops/BH-A1", json=body))
    assert (loop["cards"], loop["to_take_out"]) == (5, 1)
    path = f"{V1}/loops/BH-A1/experiments"
    body = {"by": "lead-7", "remove": 1, "reason": "what breaks with four?"}
    trial = done(client.ask("POST", path, json=body), 201)
    assert (trial["n"], trial["remove"], trial["ended_at"]) == (1, 1, None)
    end = {"by": "lead-7", "reason": "two stock-outs"}
    ended = done(client.ask("DELETE", f"{path}/1", json=end))
    assert (ended["n"], ended["result"]) == (1, "two stock-outs")
    assert ended["ended_at"] is not None
    refused(client.ask("DELETE", f"{path}/2", json=end), 404, "not-found")


def test_a_post_is_emptied_and_a_count_that_differs_is_found(site: Site) -> None:
    """And the finding is resolved with a reason."""
    client = site.client()
    body = {"by": "handler-3", "counted": 2, "cards": ["BH-A1-001"]}
    station = done(client.ask("POST", f"{V1}/stations/assy1-post/collect", json=body))
    assert station["id"] == "assy1-post"
    (found,) = client.every(f"{V1}/findings", state="open")
    assert found["type"] == "count_differs"
    path = f"{V1}/findings/{found['id']}/resolve"
    refused(client.ask("POST", path, json={"by": "lead-7"}), 422, "reason-required")
    row = done(client.ask("POST", path, json={"by": "lead-7", "reason": "lay under the box"}))
    assert (row["reason"], row["resolved_by"]) == ("lay under the box", "lead-7")
    refused(client.ask("POST", path, json={"by": "x", "reason": "y"}), 409, "not-in-state")


def test_a_call_is_raised_and_moved_forwards(site: Site) -> None:
    """Its end needs a cause."""
    client = site.client()
    body = {"by": "op-2", "station": "assy1-post", "type": "maintenance"}
    call = done(client.ask("POST", f"{V1}/calls", json=body), 201)
    assert (call["state"], call["by"]) == ("raised", "op-2")
    path = f"{V1}/calls/{call['id']}"
    taken = done(client.ask("POST", f"{path}/acknowledge", json={"by": "lead-7"}))
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "lead-7")
    there = done(client.ask("POST", f"{path}/arrive", json={"by": "lead-7"}))
    assert there["state"] == "at_station"
    refused(client.ask("POST", f"{path}/resolve", json={"by": "lead-7"}), 422, "reason-required")
    end = {"by": "lead-7", "cause": "fuse"}
    assert done(client.ask("POST", f"{path}/resolve", json=end))["cause"] == "fuse"
    assert done(client.ask("POST", f"{path}/close", json={"by": "lead-7"}))["state"] == "closed"
    refused(client.ask("POST", f"{path}/close", json=end), 409, "not-in-state")
    refused(client.ask("POST", f"{V1}/calls", json=body | {"type": "coffee"}), 422, "call-type")


CHANGES = [
    ("POST", "/orders/J.1/start", {}),
    ("POST", "/orders/J.1/confirm", {"promised_at": "2026-11-23T12:00:00Z"}),
    ("POST", "/orders/close", {"orders": ["J.1"]}),
    ("POST", "/cards/BH-A1-001/undo", {}),
    ("PATCH", "/cards/BH-A1-001", {"blocked": True}),
    ("POST", "/cards", {"loop": "BH-A1"}),
    ("POST", "/cards/BH-A1-001/print", {}),
    ("PUT", "/tags/AA", {"card": "BH-A1-001"}),
    ("DELETE", "/tags/AA", {}),
    ("PATCH", "/loops/BH-A1", {"cards": 5}),
    ("POST", "/loops/BH-A1/release", {}),
    ("POST", "/loops/BH-A1/experiments", {"remove": 1}),
    ("DELETE", "/loops/BH-A1/experiments/1", {}),
    ("POST", "/loops/BH-A1/empty", {}),
    ("POST", "/stations/assy1-post/collect", {}),
    ("POST", "/stations/assy1-post/selftest", {}),
    ("POST", "/calls", {"station": "assy1-post"}),
    ("POST", "/calls/C1/acknowledge", {}),
    ("POST", "/findings/F1/resolve", {}),
    ("POST", "/tasks/T1/done", {}),
    ("POST", "/audits", {"loop": "BH-A1"}),
    ("POST", "/audits/A1/scans", {"codes": ["AA"]}),
    ("PUT", "/levelling", {"month": "2026-12", "items": {"hose": 400}, "working_days": 20}),
    ("PATCH", "/levelling/box", {"moves": [{"from": 3, "to": 1}]}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_every_change_says_who_makes_it(
    tmp_path: Path, method: str, path: str, body: dict[str, Any]
) -> None:
    """Else nothing reaches the desk."""
    site = Site(tmp_path)
    client = site.client()
    refused(client.ask(method, V1 + path, json=body), 422, "by-required")
    refused(client.ask(method, V1 + path, json=body | {"by": " "}), 422, "invalid")
    assert site.desk.asked == []


def test_a_change_that_needs_no_reason_keeps_the_one_it_is_given(site: Site) -> None:
    client = site.client()
    order = done(
        client.ask("POST", f"{V1}/loops/BH-A1/empty", json={"by": "op", "reason": "label"})
    )
    for method, path, body in (
        ("PUT", "/tags/0A00B41F2C", {"card": "BH-A1-003"}),
        ("DELETE", "/tags/0A00B41F2C", {}),
        ("POST", f"/orders/{order['order']}/confirm", {"promised_at": "2026-11-23T12:00:00Z"}),
        ("POST", "/stations/assy1-post/collect", {}),
    ):
        body |= {"by": "lead-7", "reason": f"why {path}"}
        made = done(client.ask(method, V1 + path, json=body))["decision"]
        with site.engine.connect() as connection:
            kept = select(DECISION.c.reason).where(DECISION.c.id == made)
            assert connection.execute(kept).scalar() == f"why {path}"


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_every_change_that_is_refused_changes_nothing_and_says_why(
    tmp_path: Path, method: str, path: str, body: dict[str, Any]
) -> None:
    """Whatever the desk refuses it with."""
    site = Site(tmp_path)
    site.desk.answer = Refused(503, "stand-by", "another server decides for this site; try again")
    answer = site.client().ask(method, V1 + path, json=body | {"by": "lead-7"})
    assert "try again" in refused(answer, 503, "stand-by")
    assert len(site.desk.asked) == 1


def test_every_change_of_the_api_is_tried_here(site: Site) -> None:
    """But for the clock, which is nobody's."""
    paths = site.client().app.openapi()["paths"]
    found = {(m.upper(), p) for p, ms in paths.items() for m in ms if m != "get"}
    tried = {(m, _shape(V1 + p)) for m, p, _ in CHANGES} | {("POST", f"{V1}/clock")}
    steps = ("finish", "dispatch", "arrival")
    tried |= {("POST", f"{V1}/orders/{{id}}/{s}") for s in steps}
    tried |= {("POST", f"{V1}/calls/{{id}}/{s}") for s in ("arrive", "resolve", "close")}
    assert found == tried


def _shape(path: str) -> str:
    for id_ in ("J.1", "BH-A1-001", "BH-A1", "assy1-post", "C1", "F1", "T1", "A1"):
        path = path.replace(f"/{id_}", "/{id}")
    return path.replace("/tags/AA", "/tags/{code}").replace("/experiments/1", "/experiments/{n}")


STRANGE: list[Any] = [
    *(None, True, 0, -1, 10**30, 1.5, "", " ", "\0", "\ud800", "x" * 5000, "🏭", "BH-A1-001"),
    *([], {}, ["\0"], [[]], "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_no_value_of_a_body_is_a_fault_of_the_server(
    site: Site, method: str, path: str, body: dict[str, Any]
) -> None:
    """It is taken, or refused with a reason."""
    client = site.client()
    shape = path.replace("start", "finish")
    headers = {"content-type": "application/json"}
    keys = {"by", "reason", "cards", "quantity", "note", "entry", "blocked", "life", *body}
    for key in sorted(keys):
        for value in STRANGE:
            wish = {"by": "lead-7", "reason": "x", **body, key: value}
            answer = client.ask(method, V1 + shape, content=json.dumps(wish), headers=headers)
            assert answer.status_code < 500, (key, value, answer.text)


def test_a_change_that_is_not_decided_in_time_says_that_it_may_still_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk's future is never cancelled: it may be at it."""
    site = Site(tmp_path)
    monkeypatch.setattr(change, "PATIENCE_S", 0.05)
    answer = site.client().ask("POST", f"{V1}/orders/J.1/start", json={"by": "lead-7"})
    assert "may still be" in refused(answer, 503, "no-answer")


def test_a_future_whose_asker_went_away_is_not_cancelled() -> None:
    """Setting its result must not fail at the desk."""
    future: Future[int] = Future()

    async def ask() -> None:
        task = asyncio.create_task(change.patiently(future, 10))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(ask())
    assert not future.cancelled()
    future.set_result(1)


def test_a_desk_that_ended_is_said_at_once(tmp_path: Path) -> None:
    """Nobody waits for it."""
    site = Site(tmp_path)
    site.desk.crashed = "ValueError('x')"
    answer = site.client().ask("POST", f"{V1}/orders/J.1/start", json={"by": "lead-7"})
    assert "the deciding thread ended" in refused(answer, 503, "not-ready")


# -- driven time


def test_driven_time_moves_forwards_only(tmp_path: Path) -> None:
    """Back is refused by name."""
    client = Site(tmp_path).client(driven=True)
    body = {"now": "2026-11-23T06:00:00+09:00"}
    assert done(client.ask("POST", f"{V1}/clock", json=body)) == {"now": "2026-11-22T21:00:00.000Z"}
    earlier = client.ask("POST", f"{V1}/clock", json={"now": "2026-11-22T20:59:59.999Z"})
    refused(earlier, 409, "clock-back")
    refused(client.ask("POST", f"{V1}/clock", json={"now": 17}), 422, "invalid")
    refused(client.ask("POST", f"{V1}/clock", json={}), 422, "invalid")


def test_the_time_of_a_real_server_cannot_be_moved(tmp_path: Path) -> None:
    """There is no such thing there."""
    site = Site(tmp_path)
    answer = site.client().ask("POST", f"{V1}/clock", json={"now": "2026-11-23T06:00:00Z"})
    assert 'time = "driven"' in refused(answer, 404, "not-driven")
    assert site.desk.clock is None
