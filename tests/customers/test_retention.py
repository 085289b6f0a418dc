"""Cohort tables that do not lie at the edge; repeat purchases and churn."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops import customers
from ecops.customers.retention.cohorts import FUTURE, LEFT_CENSORED, OBSERVED, PARTIAL
from ecops.customers.retention.repeat import churned
from ecops.errors import SpecError
from tests.customers.conftest import shop

PUBLISHED = {
    0: [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235],
    1: [417, 92, 111, 96, 134, 120, 103, 101, 125, 136, 152, 49],
    2: [380, 71, 71, 108, 103, 94, 96, 106, 94, 116, 26],
    11: [323, 36],
    12: [41],
}


@pytest.mark.data
def test_uci_monthly_cohorts(uci_clean):
    found = customers.cohorts(uci_clean)
    assert found.first[0] == dt.date(2010, 12, 1)
    for row, expected in PUBLISHED.items():
        assert found.values[row, : len(expected)].tolist() == expected
        assert np.isnan(found.values[row, len(expected) :]).all(), "what has not happened is not 0"
        assert (found.state[row, len(expected) :] == FUTURE).all()
        assert found.state[row, len(expected) - 1] == PARTIAL, "December 2011 has nine days"
    assert (found.state[0, :-1] == LEFT_CENSORED).all()
    assert (found.state[1, :-2] == OBSERVED).all()
    # Mature cohorts only: neither December 2010 nor the nine days of December 2011.
    seen = [PUBLISHED[1][2], PUBLISHED[2][2]]
    assert found.mature[2] == pytest.approx(
        (sum(seen) + found.values[3:10, 2].sum()) / found.size[1:10].sum(), rel=1e-12
    )
    assert np.isnan(found.mature[-1])


@pytest.mark.data
@pytest.mark.row(108)
@pytest.mark.row(110)
def test_uci_repeat_rates(uci_clean, uci_lines):
    found = customers.repeat(uci_clean)
    assert round(found.repeat.value, 4) == 0.6558
    assert found.second_days == pytest.approx(50, abs=1)
    # By the clock 978 (22.54 %) come back in less than 31 times 24 hours; by the calendar some of them on day 31.
    clean = uci_lines[(uci_lines.Quantity > 0) & (uci_lines.UnitPrice > 0) & uci_lines.CustomerID.notna()]
    orders = clean.groupby(["CustomerID", "InvoiceNo"])["InvoiceDate"].min().sort_values().reset_index()
    gap = orders.groupby("CustomerID")["InvoiceDate"].apply(lambda times: times.iloc[:2].diff().iloc[-1])
    assert (gap.dt.days <= 30).sum() == 978
    days = orders.assign(day=orders.InvoiceDate.dt.normalize()).groupby("CustomerID")["day"]
    by_calendar = days.apply(lambda times: times.iloc[:2].diff().iloc[-1]).dt.days
    assert found.second.count == (by_calendar <= 30).sum()
    assert found.second.low < found.second.value < found.second.high
    assert found.second_mature.n == 4086


def three_months():
    return customers.order_book(
        shop(
            [
                ("ann", "2026-01-01", 10),
                ("ann", "2026-01-20", 10),
                ("ann", "2026-03-02", 10),
                ("bob", "2026-01-15", 20),
                ("cid", "2026-02-10", 30),
                ("cid", "2026-03-10", 40),
                ("dee", "2026-03-15", 5),
            ]
        )
    )


def test_a_cohort_table_by_hand():
    found = customers.cohorts(three_months(), censored=0)
    assert found.values[:, 0].tolist() == [2, 1, 1]
    assert found.values[0].tolist() == [2, 0, 1]
    assert found.rate[0].tolist() == [1, 0, 0.5]
    assert [found.low[0, 2], found.high[0, 2]] == pytest.approx([0.0945, 0.9055], abs=1e-4)
    assert np.isnan(found.low[2, 1])
    money = customers.cohorts(three_months(), metric="revenue", cumulative=True, censored=0)
    assert money.values[0].tolist() == [40, 40, 50]
    back = customers.cohorts(three_months(), cumulative=True, censored=0)
    assert back.values[0].tolist() == [2, 0, 1]
    assert customers.cohorts(three_months(), metric="orders").values[0].tolist() == [3, 0, 1]


def test_rolling_months_are_whole_once_the_youngest_has_lived_through_them():
    found = customers.cohorts(three_months(), period="rolling", censored=0)
    assert found.values[0, :3].tolist() == [2, 0, 1]
    # Bob came on 15 January: his second 30 days end on 15 March, the last day of the data is in them.
    assert found.state[0].tolist() == [OBSERVED, OBSERVED, PARTIAL]
    assert found.state[2].tolist() == [PARTIAL, FUTURE, FUTURE]


@pytest.mark.parametrize("metric", ["customers", "orders", "revenue"])
def test_cohorts_agree_with_a_naive_count(metric):
    generator = np.random.default_rng(11)
    rows = shop(
        [
            (f"b{who}", pd.Timestamp("2025-01-05") + pd.Timedelta(days=int(day)), float(money))
            for who, day, money in zip(
                generator.integers(0, 80, 500),
                generator.integers(0, 400, 500),
                generator.integers(1, 9, 500),
                strict=True,
            )
        ]
    )
    found = customers.cohorts(customers.order_book(rows), metric=metric)
    month = rows["ordered_at"].dt.year * 12 + rows["ordered_at"].dt.month
    first = month.groupby(rows["buyer_id"]).transform("min")
    grouped = rows.assign(first=first, age=month - first).groupby(["first", "age"])
    naive = {
        "customers": grouped["buyer_id"].nunique(),
        "orders": grouped.size(),
        "revenue": grouped["paid_amount"].sum(),
    }[metric]
    starts = sorted(set(first))
    for (start, age), value in naive.items():
        assert found.values[starts.index(start), age] == pytest.approx(value)
    assert np.nansum(found.values) == pytest.approx(naive.sum())


def test_churn_by_hand():
    book = customers.order_book(
        shop([("ann", "2026-01-05", 1), ("bob", "2026-01-05", 1), ("bob", "2026-01-15", 1), ("cid", "2026-01-19", 1)])
    )
    # Twenty days end on 19 January: 31 December to 9 January, then 10 to 19 January.
    gone, before = churned(book, 10)
    assert (before.tolist(), gone.tolist()) == ([True, True, False], [True, False, False])
    assert customers.repeat(book, 10).churn.value == 0.5


def test_bad_options_are_said():
    with pytest.raises(SpecError, match="month"):
        customers.cohorts(three_months(), period="week")
    with pytest.raises(SpecError, match="not negative"):
        customers.cohorts(three_months(), censored=-1)
