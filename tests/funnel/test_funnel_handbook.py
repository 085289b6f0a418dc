"""Rows of the handbooks about the funnel: its ready-made steps, and the advice at the step that fell."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.funnel import FunnelSpec, diagnose, from_events, from_table
from tests.funnel.oracle import frame

COLUMNS = ("impressions", "clicks", "cart_users", "order_buyers", "pay_buyers")
RATES = {"clicks": 0.06, "cart_users": 0.12, "order_buyers": 0.6, "pay_buyers": 0.8}
FIRST = dt.date(2026, 11, 2)


def week(start, seed, **rates):
    """Seven days of 40,000 exposures, drawn with the usual rates or those given."""
    random = np.random.default_rng(seed)
    rows = []
    for day in range(7):
        counts = [40_000]
        for column in COLUMNS[1:]:
            counts.append(random.binomial(counts[-1], {**RATES, **rates}[column]))
        rows.append((start + dt.timedelta(days=day), *counts))
    return from_table(pd.DataFrame(rows, columns=["date", *COLUMNS]))


def advised(**rates):
    """The advice under the step that fell, in English."""
    after, before = week(FIRST + dt.timedelta(days=7), 1, **rates), week(FIRST, 2)
    (fallen,) = [item for item in diagnose(after, before).findings if item.after < item.before]
    return fallen.action.text.text("en")


@pytest.mark.row(80, 81)
def test_advice_where_few_click():
    told = advised(clicks=0.04)
    assert "Test the main image and the title" in told
    assert "keywords and audience fit" in told


@pytest.mark.row(81, 88)
def test_advice_where_few_put_it_into_the_cart():
    assert "selling points into the first three screens" in advised(cart_users=0.06)


@pytest.mark.row(78)
def test_advice_where_carts_are_left():
    assert "remind customers who left their carts" in advised(order_buyers=0.4)


@pytest.mark.row(83)
def test_advice_where_payments_are_interrupted():
    assert advised(pay_buyers=0.6) == "Simplify the checkout or connect more payment methods."


@pytest.mark.row(63)
def test_the_funnel_of_growth():
    log = {
        "stays": [(0, "register"), (1, "activate"), (2, "return_visit"), (3, "purchase")],
        "leaves": [(0, "register"), (1, "activate"), (2, "return_visit")],
        "tries": [(0, "register"), (1, "activate")],
        "looks": [(0, "register")],
    }
    table = from_events(frame(log), FunnelSpec.preset("growth"))
    assert table.names == ("acquisition", "activation", "retention", "conversion")
    assert table.distinct.tolist() == [4, 3, 2, 1]
    assert table.total.rows["rate_prev"].tolist()[1:] == pytest.approx([3 / 4, 2 / 3, 1 / 2])


@pytest.mark.row(61)
def test_each_step_of_six_nodes_has_its_rate_and_interval():
    from statsmodels.stats.proportion import proportion_confint

    path = ["exposure", "click", "cart", "pay", "pay", "share"]
    reach = [200, 120, 60, 30, 12, 6]
    log = {
        f"u{n}": [(at, event) for at, event in enumerate(path[: sum(n < count for count in reach)])] for n in range(200)
    }
    rows = from_events(frame(log), FunnelSpec.preset("six_nodes")).total.rows
    assert rows["n"].tolist() == reach
    assert rows["rate_prev"].tolist()[1:] == pytest.approx([n / of for n, of in zip(reach[1:], reach, strict=False)])
    low, high = proportion_confint(120, 200, method="wilson")
    assert tuple(rows[["low", "high"]].iloc[1]) == pytest.approx((low, high))
