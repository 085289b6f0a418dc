"""What is bought together: counted, held against a naive count and a simulation."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest

from ecops import customers
from ecops.customers.orders.baskets import lift_error
from ecops.errors import DataError, SpecError

SPAN = {"start": dt.date(2026, 1, 1), "end": dt.date(2026, 12, 31)}


def lines(orders):
    """Order lines of lists of products, 10 each."""
    return pd.DataFrame(
        [
            {
                "order_id": f"o{number}",
                "buyer_id": "b",
                "sku": product,
                "ordered_at": pd.Timestamp("2026-03-01"),
                "paid_amount": 10.0,
                "category": product[0],
            }
            for number, products in enumerate(orders)
            for product in products
        ]
    )


def random_orders(many=3000, seed=1):
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(many):
        order = {f"p{n}" for n in np.flatnonzero(generator.random(12) < 0.15)}
        if generator.random() < 0.05:
            order |= {"p1", "p2"}
        if generator.random() < 0.03:
            order |= {"q1", "q2", "q3"}
        found.append(sorted(order) or ["p0"])
    return found


@pytest.mark.row(116)
def test_pairs_agree_with_a_naive_count():
    orders = random_orders()
    found = customers.baskets(lines(orders), **SPAN)
    assert found.orders == len(orders)
    counts = {}
    for order in orders:
        for pair in itertools.combinations(order, 2):
            counts[pair] = counts.get(pair, 0) + 1
    single = {product: sum(product in order for order in orders) for product in {p for order in orders for p in order}}
    rows = {tuple(sorted((row.product, row.other))): row for row in found.pairs.itertuples()}
    assert {pair for pair, n in counts.items() if n >= 20} == set(rows)
    for pair, row in rows.items():
        a, b = (single[name] for name in pair)
        assert row.orders == counts[pair]
        assert row.support == pytest.approx(counts[pair] / 3000)
        assert row.lift == pytest.approx(counts[pair] * 3000 / (a * b))
        assert row.confidence == pytest.approx(counts[pair] / min(a, b))
        assert row.low < row.lift < row.high
    planted = rows["p1", "p2"]
    assert planted.low > 1
    assert planted.q_value < 1e-6
    assert rows["p3", "p4"].q_value > 0.01


@pytest.mark.row(116)
def test_sets_of_three_grow_from_pairs():
    orders = random_orders()
    found = customers.baskets(lines(orders), **SPAN)
    sets = found.sets.set_index("products")
    assert sets.loc["q1 + q2 + q3", "orders"] == sum({"q1", "q2", "q3"} <= set(order) for order in orders)
    assert sets.index[0] == "q1 + q2 + q3"


@pytest.mark.row(117)
def test_pairs_of_the_dearest_orders():
    # 1,000 orders; the dearest tenth are the hundred with ten products, of which eighty hold both.
    cheap = [["a", "b"]] * 30 + [["c"]] * 870
    dear = [["a", "b", *(f"x{n}" for n in range(8))]] * 80 + [[f"y{n}" for n in range(10)]] * 20
    found = customers.baskets(lines(cheap + dear), **SPAN)
    assert found.threshold == 100
    row = found.dear.set_index(["product", "other"]).loc[("a", "b")]
    assert (row["orders"], row["dear_share"]) == (80, 0.8)
    assert row["ratio"] == pytest.approx(0.8 / (30 / 900))
    assert 10 < row["low"] < row["ratio"] < row["high"]


def test_orders_of_one_worth_have_no_dearest():
    found = customers.baskets(lines([["a", "b"]] * 60), **SPAN)
    assert found.orders == 60
    assert found.dear.empty


def test_the_interval_of_a_lift_covers():
    generator = np.random.default_rng(7)
    many, both, first, second = 2000, 0.04, 0.10, 0.15
    cells = [both, first - both, second - both, 1 - first - second + both]
    n = generator.multinomial(many, cells, size=4000).astype(float)
    a, b = n[:, 0] + n[:, 1], n[:, 0] + n[:, 2]
    lift = n[:, 0] * many / (a * b)
    z = (np.log(lift) - np.log(both / (first * second))) / lift_error(n[:, 0], a, b, many)
    assert np.mean(np.abs(z) < 1.96) == pytest.approx(0.95, abs=0.01)


def test_row_order_and_bad_input():
    table = lines(random_orders(400))
    first = customers.baskets(table, least=5, **SPAN)
    second = customers.baskets(table.sample(frac=1, random_state=3), least=5, **SPAN)
    pd.testing.assert_frame_equal(first.pairs, second.pairs)
    pd.testing.assert_frame_equal(first.sets, second.sets)
    assert set(customers.baskets(table, by="category", **SPAN).pairs["product"]) <= {"p", "q"}
    with pytest.raises(DataError, match="No product"):
        customers.baskets(table, least=10_000, **SPAN)
    with pytest.raises(SpecError, match="two orders"):
        customers.baskets(table, least=1)
