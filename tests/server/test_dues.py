"""What is due when: only the newest word on each key counts."""

from hypothesis import given
from hypothesis import strategies as st

from pullcord_server.desk.dues import Dues

KEYS = st.sampled_from("abcdef")
WORDS = st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 50)))


@given(st.lists(st.one_of(WORDS, st.integers(0, 60)), max_size=400))
def test_each_key_is_taken_once_at_its_newest_instant(
    story: list[tuple[str, int | None] | int],
) -> None:
    dues: Dues[str] = Dues()
    known: dict[str, int] = {}
    for step in story:
        if isinstance(step, tuple):
            key, at = step
            dues.put(key, at)
            known = {k: v for k, v in known.items() if k != key}
            known |= {} if at is None else {key: at}
        else:
            due = {key for key, at in known.items() if at <= step}
            assert dues.take(step) == due
            known = {k: v for k, v in known.items() if k not in due}
        assert dues.next_at() == min(known.values(), default=None)
