"""Pull against a plan: inside ten per cent cards absorb it, beyond it is levelled anew, waiting costs."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.domain.planning.box import Plan
from pullcord_server.domain.planning.slump import Pull, compare
from pullcord_server.domain.plant import DAY, HOUR
from support.house import NOON
from support.work_stage import Shop

CARS = Plan("assembly-1", "2026-11", (("sedan", 1000), ("wagon", 600)), 20)


@pytest.mark.parametrize(
    ("slump", "cut"), [("0.075", None), ("0.1", None), ("0.125", "0.5"), ("0.3", "1")]
)
def test_a_slump_that_is_ignored_for_three_months_is_cut_four_times(
    slump: str, cut: str | None
) -> None:
    """Beyond ten per cent, and never more than there is."""
    pulled = Pull(
        {"sedan": int(1000 * (1 - Fraction(slump))), "wagon": int(600 * (1 - Fraction(slump)))}, 20
    )
    found = compare(CARS, pulled)
    assert found is not None
    assert found.deviation == -Fraction(slump)
    assert found.relevel is (cut is not None)
    assert found.cut_after_waiting == (None if cut is None else Fraction(cut))


def test_one_item_for_another_is_no_deviation_and_a_rise_is_no_slump() -> None:
    even = compare(CARS, Pull({"sedan": 600, "wagon": 1000}, 20))
    assert even is not None and (even.deviation, even.relevel) == (Fraction(0), False)
    assert even.actual_per_day == {"sedan": 30, "wagon": 50}
    more = compare(CARS, Pull({"sedan": 2000, "wagon": 600}, 20))
    assert more is not None and (more.relevel, more.cut_after_waiting) == (True, None)
    assert compare(CARS, Pull({}, 0)) is None
    assert compare(Plan("assembly-1", "2026-11", (("sedan", 0),), 20), Pull({}, 1)) is None


# -- what was pulled, by the API


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Works Monday to Friday. Four boxes of hoses a day are planned. It is Monday noon."""
    made = Shop(tmp_path)
    body = {"by": "planner-1", "month": "2026-11", "working_days": 20, "items": {"hose": 1600}}
    answer = made.client.ask("PUT", "/api/v1/levelling", json=body)
    assert answer.status_code == 200, answer.text
    return made


def pull(shop: Shop, at: int, boxes: int) -> None:
    shop.set(at)
    for _ in range(boxes):
        shop.set(shop.desk.now + 1000)
        order = shop.empty("BH-A1")["order"]
        shop.post("/orders/close", orders=[order], reason="brought by hand")


def found(shop: Shop, month: str = "2026-11") -> dict[str, Any]:
    keys = ("actual_per_day", "deviation", "advice", "proposed_per_day", "cost_of_waiting")
    plan = shop.get("/levelling", month=month)
    return {key: plan[key] for key in keys}


NOTHING = dict.fromkeys(
    ("actual_per_day", "deviation", "advice", "proposed_per_day", "cost_of_waiting")
)


def test_a_running_day_counts_when_it_is_nearly_whole(shop: Shop) -> None:
    pull(shop, NOON, 3)
    assert found(shop) == NOTHING
    pull(shop, NOON + HOUR, 1)
    assert found(shop) == NOTHING | {"actual_per_day": {"hose": 80}, "deviation": 0}
    pull(shop, NOON + DAY, 3)
    assert found(shop)["deviation"] == 0
    shop.set(NOON + 2 * DAY)
    slump = {
        "actual_per_day": {"hose": 70},
        "deviation": "-1/8",
        "advice": "relevel",
        "proposed_per_day": {"hose": 70},
        "cost_of_waiting": {"months": 3, "cut_next_month": "1/2"},
    }
    assert found(shop) == slump
    assert shop.get("/levelling", month="2026-11")["per_day"] == {"hose": 80}, "it changes nothing"


def test_days_off_and_drops_that_were_undone_do_not_count(shop: Shop) -> None:
    pull(shop, NOON, 4)
    pull(shop, NOON + 4 * DAY, 4)
    card = shop.empty("BH-A1")
    shop.post(f"/cards/{card['id']}/undo", reason="not empty")
    shop.set(NOON + 6 * DAY)
    assert found(shop)["actual_per_day"] == {"hose": 32}, "Monday to Friday"


def test_a_plan_of_another_month_knows_nothing_of_this_one(shop: Shop) -> None:
    pull(shop, NOON, 4)
    body = {"by": "planner-1", "working_days": 20, "items": {"hose": 1600}}
    for month in ("2026-10", "2026-12"):
        shop.client.ask("PUT", "/api/v1/levelling", json=body | {"month": month})
        assert found(shop, month) == NOTHING
    shop.set(NOON + 14 * DAY)
    assert found(shop)["actual_per_day"] == {"hose": "40/3"}, "November's, when it is over"
