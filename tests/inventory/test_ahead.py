"""Planned promotions, rests of suppliers, the busiest day, regions and seasons, trial batches: each by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.inventory import Spec, forecast, view
from ecops.inventory.demand.regions import regions, seasons
from ecops.inventory.forecasting.calendar import events
from ecops.inventory.forecasting.capacity import capacity
from ecops.inventory.forecasting.levels import levels
from ecops.inventory.forecasting.plans import Plan, parse_plan
from ecops.inventory.products.trials import trials
from ecops.inventory.supply.shutdowns import order_by
from ecops.store.inputs import open_data
from tests.inventory import shops

TODAY = dt.date(2026, 4, 30)


@pytest.fixture(scope="module")
def data():
    """Two products in 120 days to 30 April; A of two a day lies in the category cups."""
    frames = shops.shop(120, stock=(("A", 25), ("B", 30)))
    frames["products"] = frames["products"].assign(category=["cups", "bread"], supplier="S", lead_time_days=10.0)
    return open_data(frames)


@pytest.mark.row(136)
def test_a_planned_promotion_multiplies_its_days_and_brings_the_order_forward(data):
    plan = Plan(TODAY + dt.timedelta(days=3), TODAY + dt.timedelta(days=5), 3.0, "cups")
    before, after = view.stock(data, Spec()), view.stock(data, Spec(plans=(plan,)))
    ratio = after.forecast.mean / before.forecast.mean
    row = {sku: place for place, sku in enumerate(after.forecast.skus)}
    assert ratio[row["A"], 2:5] == pytest.approx([3.0] * 3)
    assert ratio[row["A"], [0, 1, 5, 6]] == pytest.approx([1.0] * 4)
    assert ratio[row["B"]] == pytest.approx(np.ones(ratio.shape[1]))
    quantity = [{line.sku: line.quantity for line in found.lines}.get("A", 0) for found in (before, after)]
    assert quantity[1] > quantity[0]
    assert plan.told in after.notes


def test_a_plan_takes_the_place_of_a_past_event():
    made = shops.poisson(5, 200)
    first, last = events(made.until, made.until + dt.timedelta(days=200))[0].period.start, made.until
    assert first > last
    days = (first - made.until).days
    found = forecast(made, days, plans=[Plan(first, first, 2.0)], uplift={})
    assert found.mean[:, -1] == pytest.approx(2 * forecast(made, days, uplift={}).mean[:, -1])


@pytest.mark.parametrize("text", ["2026-12-05..2026-12-01=2", "2026-12-01..2026-12-05=0", "2026-12-01..2026-12-05=x"])
def test_plans_that_cannot_be(text):
    with pytest.raises(SpecError):
        parse_plan(text)


def test_a_plan_for_a_category_that_nobody_has(data):
    with pytest.raises(SpecError, match="cups"):
        view.stock(data, Spec(plans=(parse_plan("2026-05-01..2026-05-02=2@cup"),)))


def test_orders_before_a_rest():
    table = pd.DataFrame(
        {"supplier": ["S", "S", "T"], "lead_days": [10.0, 4.0, 40.0], "lead_sd": [2.0, 0.0, np.nan],
         "rate": [1.0, 2.0, 3.0]}
    )  # fmt: skip
    found = order_by(table, events(dt.date(2026, 1, 20), dt.date(2026, 3, 31)), dt.date(2026, 1, 20))
    assert found["supplier"].tolist() == ["T", "S"], "the New Year goods sale is no rest"
    rest = dt.date(2026, 2, 14)
    assert found["first"].tolist() == [rest, rest]
    # 10 + 1.645 x 2 = 13.3, so 14 days before the last day of work.
    assert found.set_index("supplier")["order_by"].to_dict() == {
        "S": rest - dt.timedelta(days=15), "T": rest - dt.timedelta(days=41)
    }  # fmt: skip
    assert found["days_left"].tolist() == [-16, 10]
    assert order_by(table, (), dt.date(2026, 1, 20)).empty


@pytest.mark.row(160)
def test_the_busiest_day_in_parcels():
    units = np.full((1, 120), 10.0)
    units[0, -60::10] = 20.0
    made = shops.made(units)
    mean = np.full((1, 14), 12.0)
    mean[0, 4] = 60.0
    found = capacity(made, mean, levels(made), 2.0)
    assert found.day == made.until + dt.timedelta(days=5)
    assert found.expected == pytest.approx(30)
    assert found.upper > 1.4 * found.expected
    assert found.usual == pytest.approx(units[0, -28:].mean() / 2)
    assert capacity(made, mean, levels(made), 0.0) is None
    assert capacity(shops.made(units[:, :40]), mean, levels(made), 2.0) is None


@pytest.mark.row(313)
def test_where_and_when_a_category_is_wanted():
    sold = pd.DataFrame(
        [("coat", "North", 4, 90, 95), ("coat", "South", 3, 10, 10), ("cup", "North", 1, 110, 110),
         ("cup", "South", 2, 190, 200), ("cup", "West", 1, 5, 5), ("", "North", 1, 50, 50), ("cup", "", 1, 40, 40)],
        columns=["category", "region", "quarter", "lines", "units"],
    )  # fmt: skip
    found = regions(sold).set_index(["category", "region"])
    # Coats are 100 of 405 lines, and 90 of 200 in the north.
    assert found.loc[("coat", "North"), "lift"] == pytest.approx(90 / 200 / (100 / 405))
    assert found.loc[("coat", "North"), "sure"]
    assert found.loc[("coat", "North"), "share"] == pytest.approx(95 / 105)
    assert "West" not in found.index.get_level_values("region"), "five lines tell nothing"
    by_season = seasons(sold).set_index("category")
    assert by_season.loc["coat", "peak"] == 3, "whatever was bought then was a coat"
    assert by_season.loc["coat", "q4"] == pytest.approx(0.9 / (90 / 445))
    assert seasons(sold[sold["quarter"] != 1]).empty
    assert regions(sold[sold["region"] == "North"]).empty


def test_trial_batches():
    table = pd.DataFrame(
        {"sku": ["n", "o", "u", "s"], "title": ["New", "Old", "Uncounted", "Slow"], "age": [20.0, 90.0, 10.0, 30.0],
         "units": [45.0, 45.0, 5.0, 10.0], "on_hand": [5.0, 5.0, np.nan, 10.0], "received": [np.nan, 50, np.nan, 60.0]}
    )  # fmt: skip
    found = trials(table).set_index("sku")
    assert found["verdict"].to_dict() == {"n": "go", "s": "stop"}
    assert found["batch"].to_dict() == {"n": 50, "s": 60}
    assert trials(table[table["sku"] == "o"]).empty


def test_everything_ahead_of_a_whole_shop(data):
    assert view.shutdowns(data)["products"].sum() in (0, 2)
    assert view.on_trial(data).empty
    assert view.peak(data).usual == pytest.approx(2.0)
    by_region, by_season = view.places(data)
    assert by_region.empty
    assert by_season.empty
