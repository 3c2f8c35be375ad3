"""Problems: every error is one, names what is wrong and the fix, and has a type that stays."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from pullcord_server.api.access import LARGEST
from pullcord_server.desk.refusal import Refused
from support.house import Client, Site

V1 = "/api/v1"
JSON = {"content-type": "application/json"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty database under a small plant."""
    return Site(tmp_path)


@pytest.fixture
def client(site: Site) -> Client:
    """Of an open house."""
    return site.client()


def problem(answer: httpx.Response, status: int, type_: str) -> dict[str, Any]:
    """The problem that an answer must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"]) == (type_, status)
    assert body["title"] and body["detail"]
    return body


def test_an_unknown_filter_is_refused_with_what_was_meant(client: Client) -> None:
    """Never passed over in silence."""
    body = problem(client.get(f"{V1}/orders", stat="open"), 422, "invalid")
    assert body["errors"] == [
        {"field": "stat", "detail": 'is not known here; did you mean "state"?'}
    ]


def test_a_filter_that_makes_no_sense_there_is_refused(client: Client) -> None:
    """An item has no state."""
    body = problem(client.get(f"{V1}/items", state="open"), 422, "invalid")
    assert "state: is not known here" in body["detail"]
    problem(client.get(f"{V1}/cards", state="open"), 422, "invalid")


def test_a_filter_given_twice_is_refused(client: Client) -> None:
    """One of them would not count."""
    answer = client.get(f"{V1}/orders?loop=A&loop=B")
    assert "loop: given more than once" in problem(answer, 422, "invalid")["detail"]


def test_every_fault_of_a_request_is_named_at_once(client: Client) -> None:
    """Each with its field."""
    answer = client.get(f"{V1}/orders", state="opne", limit=9999, since="yesterday", colour="red")
    fields = [e["field"] for e in problem(answer, 422, "invalid")["errors"]]
    assert sorted(fields) == ["colour", "limit", "since", "state"]


@pytest.mark.parametrize(
    "since", ["2026-11-23", "12:00", "2026-11-23T12:00:00", "now", "1795435200"]
)
def test_an_instant_without_its_offset_is_refused_with_an_example(
    client: Client, since: str
) -> None:
    """RFC 3339 only."""
    body = problem(client.get(f"{V1}/orders", since=since), 422, "invalid")
    assert "2026-11-23T08:15:00.123Z" in body["detail"]


def test_a_plus_that_became_a_space_is_still_an_offset(client: Client) -> None:
    """Clients forget to escape it."""
    answer = client.get(f"{V1}/orders?since=2026-11-23T21:00:00+09:00")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "cursor",
    [
        "abc",
        "%00",
        "WyJjYXJkcyIsIngiXQ",
        "WyJvcmRlcnMiLDFd",
        "WyJvcmRlcnMiLCIxIiwieCJd",
        "bnVsbA",
        "é",
    ],
)
def test_what_is_no_cursor_of_this_collection_is_refused(client: Client, cursor: str) -> None:
    """Another collection's, too few or wrong values, no text at all."""
    body = problem(client.get(f"{V1}/orders", next=cursor), 422, "invalid")
    assert "send `next` of the page before as it is" in body["detail"]


def test_a_path_that_is_not_there_is_a_problem(client: Client) -> None:
    """In the API and beside it."""
    assert "/api/v1/orderz" in problem(client.get(f"{V1}/orderz"), 404, "not-found")["detail"]
    problem(client.get("/nothing"), 404, "not-found")


@pytest.mark.parametrize("name", ["sizing", "flow", "timeline"])
def test_what_does_not_exist_yet_is_not_there(client: Client, name: str) -> None:
    """No stub answers in its place."""
    problem(client.get(f"{V1}/{name}"), 404, "not-found")


def test_a_method_that_a_path_does_not_take_names_those_it_takes(client: Client) -> None:
    """With the header that says so."""
    answer = client.ask("DELETE", f"{V1}/orders")
    assert "it takes GET" in problem(answer, 405, "method-not-allowed")["detail"]
    assert answer.headers["allow"] == "GET"


def test_a_body_that_is_no_json_object_is_refused(client: Client) -> None:
    """Broken, another type, another encoding, too deep, none."""
    path = f"{V1}/orders/J.1/start"
    for content in (b"{", b"[1]", b'"x"', b"null", b""):
        problem(client.ask("POST", path, content=content, headers=JSON), 422, "invalid")
    for content in (b"\xff\xfe{}", b'{"by":' * 100_000):
        answer = client.ask("POST", path, content=content, headers=JSON)
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_without_its_content_type_is_refused_with_the_fix(client: Client) -> None:
    """A form of another site's page must not pass for JSON."""
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = client.ask(
            "POST", f"{V1}/orders/J.1/start", content=b'{"by":"x"}', headers={"content-type": kind}
        )
        assert "Content-Type: application/json" in problem(answer, 422, "invalid")["detail"]


def test_an_unknown_key_of_a_body_is_refused_with_what_was_meant(client: Client) -> None:
    """And a value of another type, both at once."""
    wrong = {"by": "lead-7", "quantity": "15", "raeson": "scrap"}
    body = problem(client.ask("POST", f"{V1}/orders/J.1/finish", json=wrong), 422, "invalid")
    assert {e["field"]: e["detail"] for e in body["errors"]} == {
        "quantity": "must be a whole number",
        "raeson": 'is not known here; did you mean "reason"?',
    }


def test_a_body_over_the_limit_is_refused(client: Client, site: Site) -> None:
    """By its length, or while it comes."""
    path = f"{V1}/orders/J.1/start"
    large = json.dumps({"by": "x" * LARGEST}).encode()
    problem(client.ask("POST", path, content=large, headers=JSON), 413, "too-large")

    async def pieces() -> Any:
        for _ in range(3):
            yield b" " * (LARGEST // 2)

    problem(client.ask("POST", path, content=pieces(), headers=JSON), 413, "too-large")
    assert site.desk.asked == []


def test_a_refusal_of_the_desk_is_answered_with_its_status_and_type(site: Site) -> None:
    """As the action named it."""
    site.desk.answer = Refused(409, "not-in-state", "BH-A1-001 is full; it cannot start now")
    answer = site.client().ask("POST", f"{V1}/orders/J.1/start", json={"by": "lead-7"})
    body = problem(answer, 409, "not-in-state")
    assert body["detail"] == "BH-A1-001 is full; it cannot start now"


def test_a_fault_of_the_program_is_a_problem_that_gives_nothing_away(site: Site) -> None:
    """The log has the rest."""
    site.desk.answer = RuntimeError("secret path /srv/x")
    answer = site.client().ask("POST", f"{V1}/orders/J.1/start", json={"by": "lead-7"})
    body = problem(answer, 500, "internal")
    assert "RuntimeError" in body["detail"]
    assert "secret" not in answer.text


def test_a_database_that_does_not_answer_is_a_problem_503(site: Site) -> None:
    """Ask again in a second."""
    client = site.client()
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE replenishment_order")
    answer = client.get(f"{V1}/orders")
    problem(answer, 503, "database")
    assert answer.headers["retry-after"] == "1"
