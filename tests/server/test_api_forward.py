"""Stand-by servers: a change goes to the one that decides, once, with the login it came with."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from sqlalchemy.exc import OperationalError

from pullcord_server.api.access import LARGEST
from pullcord_server.api.application import create_app
from pullcord_server.api.user import add_user
from pullcord_server.desk.refusal import Refused
from support.house import Client, Site
from support.until import until

EMPTY = "/api/v1/loops/BH-A1/empty"
WISH = {"by": "lead-7", "reason": "label fell off"}
STAND_BY = Refused(503, "stand-by", "another server decides for this site; try again")
PASSWORD = "correct horse battery"


@contextmanager
def deciding(site: Site, users: Path | None = None) -> Iterator[str]:
    """The server that decides, where it is."""
    config = uvicorn.Config(create_app(site.house(users=users)), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    until(lambda: server.started, "the server is up")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def leader(tmp_path: Path) -> Site:
    """The house of the server that decides."""
    (tmp_path / "leader").mkdir()
    made = Site(tmp_path / "leader")
    made.decide()
    return made


@pytest.fixture
def other(tmp_path: Path) -> Site:
    """The house of one that stands by."""
    (tmp_path / "other").mkdir()
    made = Site(tmp_path / "other")
    made.desk.answer = STAND_BY
    return made


def standing_by(site: Site, url: str | None, users: Path | None = None) -> Client:
    """A client of the server that stands by."""
    return Client(create_app(site.house(users=users), lambda: url))


def test_a_change_is_decided_where_changes_are_decided(leader: Site, other: Site) -> None:
    """Its answer comes back whole; a refusal does, too."""
    with deciding(leader) as url:
        client = standing_by(other, url)
        answer = client.ask("POST", EMPTY, json=WISH)
        assert (answer.status_code, answer.json()["state"]) == (200, "released")
        refused = client.ask("POST", EMPTY, json={"by": "lead-7"})
        assert (refused.status_code, refused.json()["type"]) == (422, "reason-required")
        assert refused.headers["content-type"] == "application/problem+json"
        wrong = client.ask("DELETE", "/api/v1/orders")
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
    assert other.desk.asked == []


def test_an_id_with_a_slash_arrives_as_it_is(leader: Site, other: Site) -> None:
    """And one in another alphabet."""
    with deciding(leader) as url:
        client = standing_by(other, url)
        for path, code in (("%5Dd2%2F01", "]d2/01"), ("%C3%A9%3F", "é?")):
            body = {"by": "lead-7", "card": "BH-A1-003"}
            answer = client.ask("PUT", f"/api/v1/tags/{path}", json=body)
            assert (answer.status_code, answer.json().get("code")) == (200, code), answer.text


def test_reads_are_answered_by_every_server(other: Site) -> None:
    """Whether or not the one that decides is there."""
    assert standing_by(other, "http://127.0.0.1:1").get("/api/v1/orders").status_code == 200


def test_the_server_that_decides_asks_itself(leader: Site) -> None:
    """Nothing is handed on."""
    assert standing_by(leader, None).ask("POST", EMPTY, json=WISH).status_code == 200


def test_when_the_deciding_server_is_gone_this_one_answers(other: Site) -> None:
    """It may decide already; if not, it says so."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        answer = standing_by(other, url).ask("POST", EMPTY, json=WISH)
    assert (answer.status_code, answer.json()["type"]) == (503, "stand-by")
    assert len(other.desk.asked) == 1


def test_a_change_whose_answer_was_lost_is_not_asked_a_second_time(other: Site) -> None:
    """The one that decides may have done it before it ended."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def end() -> None:
            connection, _ = server.accept()
            connection.recv(1 << 16)
            connection.close()

        thread = threading.Thread(target=end)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        answer = standing_by(other, url).ask("POST", EMPTY, json=WISH)
        thread.join()
    assert (answer.status_code, answer.json()["type"]) == (503, "no-answer")
    assert "may still do it" in answer.json()["detail"]
    assert other.desk.asked == []


def test_two_servers_that_stand_by_do_not_hand_a_change_to_and_fro(
    leader: Site, other: Site
) -> None:
    """What was handed on once is answered."""
    answer = standing_by(other, "http://127.0.0.1:1").ask(
        "POST", EMPTY, json=WISH, headers={"x-pullcord-forwarded": "1"}
    )
    assert answer.json()["type"] == "stand-by"


def test_a_change_goes_on_with_its_login_and_nobody_elses(
    leader: Site, other: Site, tmp_path: Path
) -> None:
    """Judged here and there; without one it goes nowhere."""
    users = tmp_path / "users.txt"
    add_user(users, "op-2", PASSWORD)
    with deciding(leader, users) as url:
        client = standing_by(other, url, users)
        body = {"reason": "label fell off"}
        answer = client.ask("POST", EMPTY, json=body, auth=("op-2", PASSWORD))
        assert answer.status_code == 200, answer.text
        stranger: httpx.Response = client.ask("POST", EMPTY, json=body)
        assert (stranger.status_code, stranger.json()["type"]) == (401, "login-required")
    with leader.engine.connect() as connection:
        by = connection.exec_driver_sql("SELECT by FROM decision ORDER BY number DESC").scalar()
    assert by == "op-2"


def test_a_page_of_a_stand_by_server_may_change_things_and_one_of_another_site_may_not(
    leader: Site, other: Site
) -> None:
    """The origin is judged where the browser looks."""
    with deciding(leader) as url:
        client = standing_by(other, url)
        own = client.ask("POST", EMPTY, json=WISH, headers={"origin": "http://house"})
        assert own.status_code == 200, own.text
        evil = client.ask("POST", EMPTY, json=WISH, headers={"origin": "http://evil.example"})
        assert evil.json()["type"] == "foreign-origin"


def test_a_body_over_the_limit_is_not_handed_on(other: Site) -> None:
    """Nor kept while it comes."""
    client = standing_by(other, "http://127.0.0.1:1")
    answer = client.ask("POST", EMPTY, content=b" " * (LARGEST + 1))
    assert answer.status_code == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (LARGEST // 2)

    answer = client.ask("POST", EMPTY, content=pieces())
    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")


def test_a_database_that_cannot_say_who_decides_is_a_problem(other: Site) -> None:
    """503, as everywhere."""

    def away() -> str:
        raise OperationalError("SELECT", {}, Exception("gone"))

    client = Client(create_app(other.house(), away))
    answer = client.ask("POST", EMPTY, json=WISH)
    assert (answer.status_code, answer.json()["type"]) == (503, "database")
