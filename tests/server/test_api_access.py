"""Access: open on the machine itself, else people of the users file; pages of other sites change nothing."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from pullcord_server.api.access import Login
from pullcord_server.api.user import UserError, add_user, read_users, remove_user, verify
from support.house import Client, Site

V1 = "/api/v1"
START = f"{V1}/orders/J.1/start"
PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """A users file with one user."""
    path = tmp_path / "users.txt"
    add_user(path, "lead-7", PASSWORD)
    return path


def site_of(tmp_path: Path) -> Site:
    """A house whose desk answers nothing but what it is asked."""
    return Site(tmp_path)


def refused(answer: httpx.Response, status: int, type_: str) -> str:
    """How it was refused."""
    assert (answer.status_code, answer.json()["type"]) == (status, type_), answer.text
    detail: str = answer.json()["detail"]
    return detail


EVERY = ["/", "/andon", f"{V1}/orders", f"{V1}/andon/stream", "/metrics", "/openapi.json", "/none"]


@pytest.mark.parametrize("path", EVERY)
def test_without_a_login_nothing_is_shown(tmp_path: Path, users: Path, path: str) -> None:
    """Neither pages nor rows nor numbers; browsers ask for the password."""
    answer = site_of(tmp_path).client(users=users).get(path)
    refused(answer, 401, "login-required")
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_whether_the_server_lives_is_asked_without_a_login(
    tmp_path: Path, users: Path, path: str
) -> None:
    """By machines."""
    assert site_of(tmp_path).client(users=users).get(path).status_code == 200


def test_a_login_reads_and_changes_in_its_own_name(tmp_path: Path, users: Path) -> None:
    """`by` is left out, or is the login."""
    site = site_of(tmp_path)
    site.decide()
    client = site.client(users=users)
    auth = ("lead-7", PASSWORD)
    assert client.ask("GET", f"{V1}/orders", auth=auth).status_code == 200
    path = f"{V1}/cards/BH-A1-001"
    body: dict[str, Any] = {"blocked": True, "reason": "bent"}
    answer = client.ask("PATCH", path, auth=auth, json=body)
    assert answer.status_code == 200, answer.text
    with site.engine.connect() as connection:
        by = connection.exec_driver_sql("SELECT by FROM decision ORDER BY number DESC").scalar()
    assert by == "lead-7"
    other = client.ask("PATCH", path, auth=auth, json=body | {"by": "someone"})
    assert "leave it out" in refused(other, 422, "by-differs")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic bGVhZC03",
        "Basic /////w==",
        "Bearer x",
        "Basic bGVhZC03Ondyb25n",
        "Basic bm9ib2R5OmNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==",
    ],
)
def test_a_wrong_login_is_refused(tmp_path: Path, users: Path, header: str) -> None:
    """No header, no colon, no text, another scheme, wrong password, nobody's name."""
    client = site_of(tmp_path).client(users=users)
    answer = client.ask("GET", f"{V1}/orders", headers={"authorization": header})
    refused(answer, 401, "login-required")


def test_without_any_user_the_way_to_the_first_one_is_said(tmp_path: Path) -> None:
    """It is never open by accident."""
    site = site_of(tmp_path)
    client = site.client(users=tmp_path / "users.txt")
    assert "pullcord-server user add" in refused(client.get("/"), 401, "login-required")
    answer = client.ask("POST", START, json={"by": "lead-7"}, auth=("lead-7", PASSWORD))
    refused(answer, 401, "login-required")
    assert site.desk.asked == []


def test_a_users_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path) -> None:
    """And says which line."""
    path = tmp_path / "users.txt"
    path.write_text("lead-7:plain\n")
    answer = site_of(tmp_path).client(users=path).ask("GET", "/", auth=("lead-7", "plain"))
    assert f"{path}:1" in refused(answer, 503, "users")


def test_a_removed_user_is_out_at_once(tmp_path: Path, users: Path) -> None:
    """What was right a moment ago is forgotten with the file."""
    client = site_of(tmp_path).client(users=users)
    add_user(users, "op-2", PASSWORD)
    assert client.ask("GET", f"{V1}/cards", auth=("op-2", PASSWORD)).status_code == 200
    remove_user(users, "op-2")
    refused(client.ask("GET", f"{V1}/cards", auth=("op-2", PASSWORD)), 401, "login-required")


def test_a_known_password_costs_no_second_hash(
    users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand screens that come again must not stop the server."""
    hashed: list[str] = []

    def counted(password: str, wanted: str) -> bool:
        hashed.append(password)
        return verify(password, wanted)

    monkeypatch.setattr("pullcord_server.api.access.verify", counted)

    async def ask() -> list[str | None]:
        login = Login(users)
        header = httpx.BasicAuth("lead-7", PASSWORD)._auth_header
        return [await login.user(header) for _ in range(5)]

    assert asyncio.run(ask()) == ["lead-7"] * 5
    assert len(hashed) == 1


def test_a_page_of_another_site_changes_nothing(tmp_path: Path) -> None:
    """Though the browser would send the login with it."""
    site = site_of(tmp_path)
    client: Client = site.client()
    body = {"by": "lead-7"}
    evil = client.ask("POST", START, json=body, headers={"origin": "http://evil.example"})
    assert "evil.example" in refused(evil, 403, "foreign-origin")
    null = client.ask("POST", START, json=body, headers={"origin": "null"})
    refused(null, 403, "foreign-origin")
    assert site.desk.asked == []
    site.decide()
    own = client.ask("POST", START, json=body, headers={"origin": "http://house"})
    assert own.json()["type"] != "foreign-origin"
    assert client.ask("GET", "/livez", headers={"origin": "http://evil.example"}).status_code == 200


# -- the users file


def test_a_users_file_holds_no_password_and_is_its_owners_alone(users: Path) -> None:
    """Two users with one password have two hashes."""
    add_user(users, "op-2", PASSWORD)
    text = users.read_text()
    assert PASSWORD not in text
    hashes = [user.hash for user in read_users(users).values()]
    assert len(set(hashes)) == 2
    assert all(verify(PASSWORD, h) and not verify(PASSWORD + "x", h) for h in hashes)
    assert users.stat().st_mode & 0o077 == 0


def test_a_new_password_takes_the_place_of_the_old_one(users: Path) -> None:
    """And the name stays one."""
    assert add_user(users, "lead-7", "another password") is False
    (user,) = read_users(users).values()
    assert not verify(PASSWORD, user.hash)
    assert verify("another password", user.hash)


@pytest.mark.parametrize("name", ["", "a:b", "a b", "ü", "-x", "x" * 65, "a\nb"])
def test_a_name_that_a_line_cannot_hold_is_refused(users: Path, name: str) -> None:
    """With what a name is."""
    with pytest.raises(UserError, match="a name is"):
        add_user(users, name, PASSWORD)


def test_a_short_password_is_refused(users: Path) -> None:
    """With how long it must be."""
    with pytest.raises(UserError, match="10 signs"):
        add_user(users, "op-2", "short")
    assert list(read_users(users)) == ["lead-7"]


def test_comments_and_empty_lines_of_a_users_file_are_passed(users: Path) -> None:
    """Where a person wrote them."""
    users.write_text(f"# shift leads\n\n{users.read_text()}")
    assert list(read_users(users)) == ["lead-7"]
