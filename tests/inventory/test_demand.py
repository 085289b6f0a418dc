"""Demand panels against a naive reference, stock-outs given back, classes by hand."""

import datetime as dt
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError, MappingError, SpecError
from ecops.inventory import classify, panel, uncensor
from tests.inventory import data, shops

ROWS = pd.DataFrame(
    {
        "date": ["2026-03-02", "2026-03-02", "2026-03-05", "2026-03-04", "2026-03-06"],
        "sku": ["b", "a", "b", "a", "a"],
        "units": [2, 1, 3, -1, 4],
        "sales": [20.0, 5.0, 30.0, -5.0, 20.0],
    }
)


def test_days_without_a_sale_are_zeros_until_today():
    found = panel(ROWS, until=dt.date(2026, 3, 9))
    assert found.skus == ("a", "b")
    assert found.units.tolist() == [[1, 0, 0, 0, 4, 0, 0, 0], [2, 0, 0, 3, 0, 0, 0, 0]]
    assert found.returned[0].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    assert found.age.tolist() == [8, 8]
    assert found.until == dt.date(2026, 3, 9)


def test_rows_in_any_order_make_the_same_panel_and_stay_as_they_are():
    before = ROWS.copy()
    one, other = panel(ROWS), panel(ROWS.sample(frac=1, random_state=4))
    assert np.array_equal(one.units, other.units)
    assert np.array_equal(one.sales, other.sales)
    pd.testing.assert_frame_equal(ROWS, before)


def test_a_random_table_against_counting_by_hand():
    random = np.random.default_rng(7)
    rows = pd.DataFrame(
        {
            "date": pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 90, 600), unit="D"),
            "sku": random.choice(list("abcdef"), 600),
            "units": random.integers(-2, 6, 600),
        }
    )
    found = panel(rows)
    for place, sku in enumerate(found.skus):
        mine = rows[(rows["sku"] == sku) & (rows["units"] > 0)]
        assert found.units[place].sum() == mine["units"].sum()
        day = (mine["date"].min().date() - found.start).days
        assert found.first[place] == day
        for column in (day, day + 7, 60):
            then = mine[mine["date"].dt.date == found.start + dt.timedelta(days=column)]
            assert found.units[place, column] == then["units"].sum()


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        (pd.DataFrame({"day": ["2026-01-01"], "sku": ["a"], "units": [1]}), MappingError),
        (pd.DataFrame({"date": ["never"], "sku": ["a"], "units": [1]}), DataError),
        (pd.DataFrame({"date": ["2026-01-01"], "sku": ["a"], "units": [-1]}), DataError),
        (pd.DataFrame({"date": [None], "sku": ["a"], "units": [1.0]}), DataError),
        ([1, 2, 3], DataError),
    ],
)
def test_bad_tables_are_told(rows, error):
    with pytest.raises(error):
        panel(rows)


def test_only_what_was_known_before_a_day():
    cut = panel(ROWS, until=dt.date(2026, 3, 9)).before(dt.date(2026, 3, 4))
    assert cut.days == 2
    assert cut.units.sum() == 3
    with pytest.raises(DataError):
        panel(ROWS).before(dt.date(2026, 3, 2))


def test_a_day_without_stock_gets_the_rate_of_days_with_it():
    units = np.full((1, 60), 4.0)
    units[0, 40:45] = 0
    hours = np.zeros((1, 60))
    hours[0, 40:45] = 24
    found = uncensor(shops.made(units), hours)
    assert found.demand[0] == pytest.approx(np.full(60, 4.0))
    assert found.units[0, 40:45].sum() == 0
    half = uncensor(shops.made(units), hours, recapture=0.5)
    assert half.demand[0, 40:45] == pytest.approx(np.full(5, 2.0))


def test_half_a_day_counts_by_what_is_usually_sold_in_it():
    units = np.full((1, 40), 10.0)
    units[0, 30] = 2
    hours = np.zeros((1, 40))
    hours[0, 30] = 12
    evening = np.array([0.0] * 12 + [1.0] * 12)
    assert uncensor(shops.made(units), hours, profile=evening).demand[0, 30] == pytest.approx(2 + 10)
    assert uncensor(shops.made(units), hours).demand[0, 30] == pytest.approx(2 + 5)


@pytest.mark.parametrize("hours", [np.full((1, 30), 25.0), np.zeros((1, 29)), np.full((1, 30), -1.0)])
def test_impossible_hours_are_told(hours):
    with pytest.raises(SpecError):
        uncensor(shops.made(np.ones((1, 30))), hours)


class TestRetail:
    pytestmark: ClassVar = [*data.needs_retail]

    def test_masked_hours_are_given_back_within_two_per_cent(self):
        lines = data.retail_lines()
        whole = data.retail()
        chosen = data.regular(whole, whole.days, 0.4)
        place = {sku: row for row, sku in enumerate(chosen.skus)}
        rows = lines.assign(row=lines["StockCode"].str.upper().map(place)).dropna(subset=["row"])
        # Single orders of hundreds of units say nothing of hours.
        rows = rows[rows["Quantity"] <= 24]
        hourly = np.zeros((len(chosen.skus), chosen.days, 24))
        day = (rows["InvoiceDate"].dt.normalize() - pd.Timestamp(chosen.start)).dt.days.to_numpy()
        np.add.at(hourly, (rows["row"].astype(int).to_numpy(), day, rows["InvoiceDate"].dt.hour.to_numpy()),
                  rows["Quantity"].to_numpy())  # fmt: skip
        true = hourly.sum(axis=(1, 2))
        random = np.random.default_rng(0)
        profile = hourly.sum(axis=(0, 1))

        def error(out):
            """What is missing of the true total, as it stands and corrected, when `out` days run out at some hour."""
            gone = out[:, :, None] & (np.arange(24) >= random.integers(9, 16, out.shape)[:, :, None])
            left = np.where(gone, 0.0, hourly)
            found = uncensor(shops.made(left.sum(axis=2), chosen.start), gone, profile=profile)
            return left.sum() / true.sum() - 1, found.demand.sum() / true.sum() - 1

        raw, corrected = error(random.random(hourly.shape[:2]) < 0.4)
        assert raw < -0.15
        assert abs(corrected) < 0.02
        # Days that run out because they are busy hide more than any average gives back; a third comes back.
        totals = hourly.sum(axis=2)
        busy = (totals > np.quantile(totals, 0.7, axis=1)[:, None]) & (random.random(totals.shape) < 0.5)
        raw, corrected = error(busy)
        assert raw < -0.15
        assert abs(corrected) < 0.7 * abs(raw)

    @pytest.mark.row(162)
    def test_classes_of_a_real_shop(self):
        found = classify(data.retail(upper=False), revenue_days=1000)
        whole = data.retail(upper=False)
        assert whole.sales.sum() == pytest.approx(10_271_034.61, abs=0.01)
        counts = {letter: int((found.abc == letter).sum()) for letter in "ABC"}
        assert (counts["A"], counts["B"]) == (825, 979)
        known = whole.age > 90
        assert (int((known & (found.idle_days >= 90)).sum()), int(known.sum())) == (677, 3655)


@pytest.mark.row(152)
def test_classes_by_hand():
    units = np.zeros((4, 120))
    units[0] = 8  # even
    units[1, ::4] = 10  # every fourth day, always ten
    units[2, [0, 3, 50, 60, 61]] = [1, 40, 2, 30, 1]  # rare and uneven, last sold 58 days ago
    units[3, 118:] = 1  # two days old
    found = classify(shops.made(units))
    assert found.abc.tolist() == ["A", "A", "B", "C"]
    assert found.pattern.tolist() == ["smooth", "intermittent", "lumpy", "smooth"]
    assert found.xyz.tolist() == ["X", "X", "Z", ""]
    assert found.idle_days.tolist() == [0, 3, 58, 0]
    assert found.stage.tolist() == ["mature", "mature", "slow", "new"]


@pytest.mark.row(49)
def test_life_cycle():
    random = np.random.default_rng(6)
    base = random.poisson(10.0, (3, 200)).astype(float)
    base[0, 172:] = random.poisson(16.0, 28)
    base[1, 172:] = random.poisson(5.0, 28)
    assert classify(shops.made(base)).stage.tolist() == ["growth", "decline", "mature"]
    still = np.zeros((1, 200))
    still[0, :100] = 3
    assert classify(shops.made(still)).stage.tolist() == ["dead"]


def test_chance_makes_no_life_cycle():
    stages = classify(shops.poisson(400, 200, seed=11)).stage
    assert np.mean(np.isin(stages, ["growth", "decline"])) < 0.12


def test_bulk_orders_are_marked_and_kept():
    units = np.full((1, 60), 2.0)
    units[0, 30] = 80
    found = panel(pd.DataFrame({"date": pd.date_range("2026-01-01", periods=60), "sku": "a", "units": units[0]}))
    assert found.bulk.sum() == 1
    assert found.bulk[0, 30]
    assert found.demand[0, 30] == 80
