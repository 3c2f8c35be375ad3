"""The description of the API: complete, with examples, and the same in docs/api.md."""

import re
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.api import asked
from pullcord_server.domain.call import CallState
from pullcord_server.domain.group import Colour
from support.house import Client, Site

DOC = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
V1 = "/api/v1"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Of an open house."""
    return Site(tmp_path).client()


@pytest.fixture
def described(client: Client) -> dict[str, Any]:
    """The description."""
    body: dict[str, Any] = client.get("/openapi.json").json()
    return body


def test_every_reference_in_the_description_leads_somewhere(described: dict[str, Any]) -> None:
    """The schema of problems, too."""
    references = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(described)))
    assert "Problem" in references
    assert references <= set(described["components"]["schemas"])


def test_every_operation_says_what_it_does_and_how_it_fails(described: dict[str, Any]) -> None:
    """A problem is the answer of whatever is not named."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description") or operation.get("summary"), (method, path)
            assert operation["responses"]["default"]["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
            assert "422" not in operation["responses"]


def test_rows_and_bodies_carry_examples(described: dict[str, Any]) -> None:
    """An order and a change can be read off the description."""
    schemas = described["components"]["schemas"]
    assert schemas["OrderRow"]["properties"]["cards"]["examples"] == [["BH-A1-003"]]
    assert schemas["ChangeCard"]["properties"]["blocked"]["examples"] == [True]
    assert schemas["Problem"]["examples"][0]["type"] == "reason-required"


def test_every_key_of_every_body_has_an_example(described: dict[str, Any]) -> None:
    """So that the description shows a whole request; an instant has it where its kind is."""
    schemas = described["components"]["schemas"]
    for path, methods in described["paths"].items():
        for method in methods.keys() - {"get"}:
            body = methods[method]["requestBody"]["content"]["application/json"]["schema"]
            for key, said in schemas[body["$ref"].rpartition("/")[2]]["properties"].items():
                assert any("examples" in s for s in (said, *said.get("anyOf", ()))), (path, key)


def test_instants_are_described_as_such(described: dict[str, Any]) -> None:
    """Not as numbers."""
    opened = described["components"]["schemas"]["OrderRow"]["properties"]["opened_at"]
    assert (opened["type"], opened["format"]) == ("string", "date-time")


def test_where_a_login_is_asked_the_description_says_so(tmp_path: Path) -> None:
    """And not where access is open."""
    site = Site(tmp_path)
    assert "security" not in site.client().app.openapi()
    guarded = site.client(users=tmp_path / "users.txt").app.openapi()
    assert guarded["components"]["securitySchemes"]["login"]["scheme"] == "basic"


def test_every_collection_and_its_filters_are_in_the_docs(described: dict[str, Any]) -> None:
    """Row by row of the table."""
    rows = re.findall(r"^\| ((?:`\w+` ?)+) \| [^|]+ \| (.+?) \|$", DOC, re.MULTILINE)
    documented = {
        name: set(re.findall(r"\w+", filters))
        for names, filters in rows
        for name in re.findall(r"\w+", names)
    }
    found = {
        path.removeprefix(f"{V1}/"): {
            p["name"] for p in methods["get"]["parameters"] if p["name"] not in ("next", "limit")
        }
        for path, methods in described["paths"].items()
        if re.fullmatch(rf"{V1}/\w+", path) and "get" in methods
    }
    assert found == documented


def test_every_change_is_in_the_docs(described: dict[str, Any]) -> None:
    """With the keys of its body."""
    for path, methods in described["paths"].items():
        for method in methods.keys() - {"get"}:
            *_, last = path.split("/")
            assert f"`{last}`" in DOC or path.removeprefix(V1) in DOC, path
            reference = methods[method]["requestBody"]["content"]["application/json"]["schema"]
            schema = described["components"]["schemas"][reference["$ref"].rpartition("/")[2]]
            for key in schema["properties"]:
                assert re.search(rf"\b{key}\b", DOC), (path, key)


def test_every_type_of_problem_is_in_the_docs() -> None:
    """Those of the actions, too."""
    sources = Path(__file__).parents[2] / "server" / "pullcord_server"
    types: set[str] = set()
    for folder in ("api", "desk"):
        for file in (sources / folder).rglob("*.py"):
            text = file.read_text()
            types |= set(re.findall(r'(?:Refused|answer)\(\s*\d{3},\s*"([\w-]+)"', text))
    assert {"reason-required", "clock-back", "login-required"} <= types
    assert {t for t in types if f"`{t}`" not in DOC} - {"crashed"} == set()


def test_the_words_of_filters_are_those_of_the_domain() -> None:
    """A new state of a call is a filter, too."""
    calls = {state.value for state in asked.CallState} - {"open"}
    assert calls == {state.value for state in CallState}
    colours = {state.value for state in asked.GroupState} - {"none"}
    assert colours == {c.value for c in Colour} - {"blue", "white"}
