"""Lines of keys in every form that TOML has."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullcord_server.domain.toml_line import Path, line_at, lines_of

TEXT = '''# [not.a.table]
title = "a # no comment = [x]"
"quoted key" = 'single ] quotes'

[a.b]   # a comment with [brackets]
c.d = 1
long = """
x = 1
[[y]]
\\""" still \\
"""
raw = \'\'\'
[z]
k = 'v'\'\'\'
[[list]]
id = 1
nested = [
  [1, 2], # ]
  { p = "}", q = [
    3,
  ] },
]
[list.sub]
t = 07:32:00
[[list.deep]]
u = 1
[[list]]
id = 2
[[list.deep]]
u = -inf
[[list.deep]]
u = 1979-05-27 07:32:00Z
'''
EXPECTED = {
    ("title",): 2,
    ("quoted key",): 3,
    ("a", "b"): 5,
    ("a", "b", "c"): 6,
    ("a", "b", "c", "d"): 6,
    ("a", "b", "long"): 7,
    ("a", "b", "raw"): 12,
    ("list",): 15,
    ("list", 0): 15,
    ("list", 0, "id"): 16,
    ("list", 0, "nested"): 17,
    ("list", 0, "nested", 0): 18,
    ("list", 0, "nested", 0, 1): 18,
    ("list", 0, "nested", 1, "q"): 19,
    ("list", 0, "nested", 1, "q", 0): 20,
    ("list", 0, "sub", "t"): 24,
    ("list", 0, "deep", 0, "u"): 26,
    ("list", 1): 27,
    ("list", 1, "id"): 28,
    ("list", 1, "deep", 0, "u"): 30,
    ("list", 1, "deep", 1, "u"): 32,
}


def paths(value: Any, path: Path = ()) -> set[Path]:
    """The way to everything in a document."""
    found = {path} if path else set()
    if isinstance(value, dict):
        for key, inner in value.items():
            found |= paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found |= paths(inner, (*path, index))
    return found


@pytest.mark.parametrize("path", EXPECTED, ids=str)
def test_a_key_stands_where_it_is_written(path: Path) -> None:
    assert lines_of(TEXT)[path] == EXPECTED[path]


def test_lines_that_end_as_windows_ends_them_count_once() -> None:
    assert lines_of(TEXT.replace("\n", "\r\n")) == lines_of(TEXT)


def test_what_has_no_line_of_its_own_has_that_of_the_table_around_it() -> None:
    lines = lines_of(TEXT)
    assert line_at(lines, ("list", 1, "missing")) == 27
    assert line_at(lines, ("missing",)) is None


KEYS = st.sampled_from(["a", "b-c", "d_1", '"e f"', "'g'"])
SCALARS = st.sampled_from(
    ["1", "-2.5", "true", '"x = [1]"', "'#'", "07:32:00", '""', "''", '"""a\n[b]\n"""', "'''\n'''"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda vs: "[\n" + ", # ]\n ".join(vs) + "\n]"),
        st.dictionaries(KEYS, SCALARS.filter(lambda s: "\n" not in s), max_size=3).map(
            lambda d: "{ " + ", ".join(f"{k} = {v}" for k, v in d.items()) + " }"
        ),
    ),
    max_leaves=6,
)
HEADS = st.builds(lambda keys, two: f"[[{keys}]]" if two else f"[{keys}]", KEYS, st.booleans())
PAIRS = st.builds(lambda key, value: f"{key} = {value}", KEYS, VALUES)


@settings(max_examples=300)
@given(st.lists(st.one_of(HEADS, PAIRS, st.just("# [c] = 1")), max_size=12).map("\n".join))
def test_every_value_that_tomllib_reads_has_a_line(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = lines_of(text)
    assert set(lines) >= paths(document)
    rows = text.split("\n")
    for path, line in lines.items():
        if isinstance(path[-1], str):
            assert path[-1] in rows[line - 1]
