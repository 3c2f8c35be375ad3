"""The line of a key is that on which its statement begins, whatever the statement looks like."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pullcord_edge.config.line import Path, find_line, look_up

TEXT = """\
# a comment
a = 1

b.c = [
  1, # one
  # [[d]]
  2,
]
text = \"\"\"
[[d]]
x = 1
\"\"\"
[[d]]
x = 1
e = { f = 1, g = 2 }

[[d]]

x = 2
[z]
"""


def test_keys_of_every_shape_are_found() -> None:
    lines = {
        (): 1,
        ("a",): 2,
        ("b",): 4,
        ("b", "c"): 4,
        ("b", "c", 1): 4,
        ("text",): 9,
        ("d",): 13,
        ("d", 0): 13,
        ("d", 0, "x"): 14,
        ("d", 0, "e", "g"): 15,
        ("d", 1): 17,
        ("d", 1, "x"): 19,
        ("z",): 20,
    }
    assert {path: find_line(TEXT, path) for path in lines} == lines


def test_a_key_that_is_missing_stands_where_its_table_begins() -> None:
    assert find_line(TEXT, ("d", 1, "missing")) == 17
    assert find_line(TEXT, ("missing", "deep")) == 1


statement = st.sampled_from(
    [
        "k{n} = 1",
        "k{n} = [\n  1,\n\n  2 ]",
        'k{n} = """\nx = 2\n"""',
        "k{n} = '''\n[[t]]\n'''",
        "[t{n}]",
        "[[l]]",
        "# k{n} = 3",
        "",
        "k{n}.a.b = {{ c = 1 }}",
    ]
)


@given(st.lists(statement, max_size=12))
def test_every_key_of_any_document_stands_on_the_line_where_its_statement_begins(
    statements: list[str],
) -> None:
    text = "\n".join(each.format(n=place) for place, each in enumerate(statements))
    lines = text.split("\n")
    for path in _paths(tomllib.loads(text), ()):
        line = find_line(text, path)
        before = tomllib.loads("\n".join(lines[: line - 1]))
        assert look_up(before, path) is look_up({}, ("missing",))
        assert lines[line - 1].strip()
        assert not lines[line - 1].startswith("#")


def _paths(value: Any, path: Path) -> list[Path]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, below in value.items():
            found += _paths(below, (*path, key))
    if isinstance(value, list):
        for place, below in enumerate(value):
            found += _paths(below, (*path, place))
    return found
