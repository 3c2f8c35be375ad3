"""Stations fill another server's database again, and whether it says the same afterwards."""

import sqlite3
from pathlib import Path
from random import Random

from support.day import Day
from support.likeness import differences, whole
from support.post import Post


def refill(moved: Day, seed: int = 0, page: int = 500) -> None:
    """Stations ask the new server, and send what it names, in pages of any size, who comes first by chance."""
    chance = Random(seed)
    posts = list(moved.posts.values())
    for post in posts:
        post.most = page
    for _ in range(2_000):
        upto = {j["id"]: j["upto"] for j in moved.server.rows("station_journal")}
        waiting = [post for post in posts if not _sent(upto, post)]
        if not waiting:
            moved.server.set(moved.server.now)  # what fell due meanwhile
            return
        some = [p for p in waiting if chance.random() < 0.5] or waiting[:1]
        for station, ack in moved.server.land(*[post.page() for post in some]):
            moved.posts[station].hear(ack)
    raise AssertionError("the stations are not drained")


def _sent(upto: dict[str, int], post: Post) -> bool:
    """Whether the database has all of a station's journals."""
    return all(upto.get(j.id, 0) >= len(j.entries) for j in post.journals if j.entries)


def assert_equal(day: Day, again: Day) -> None:
    """Row for row, up to the last decision that was copied."""
    last = max((d["number"] for d in day.server.copy.lines), default=0)
    one, two = whole(day.server.engine), whole(again.server.engine)
    for name in ("decision", "decision_card"):
        two[name] = [r for r in two[name] if r["number"] <= last]
    found = differences(one, two)
    assert not found, "\n".join(found)


def backup(day: Day, path: Path) -> Path:
    """A copy of the database as it is now."""
    url = day.server.engine.url.database
    assert url is not None
    with sqlite3.connect(url) as source, sqlite3.connect(path) as target:
        source.backup(target)
    return path
