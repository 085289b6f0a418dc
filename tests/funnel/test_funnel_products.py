"""Products with carts and few payments, by hand: the prior, the probabilities, the limits and the money."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.errors import DataError
from ecops.funnel import cart_pay_products
from ecops.funnel.causes.products import beta_prior


@pytest.mark.parametrize(
    ("successes", "trials", "mean", "size"),
    [
        # Spread 100 x (.1^2 + .1^2) = 2; chance makes .16 of it; what is left over 200 - 20,000 / 200 is .0184.
        ([10, 30], [100, 100], 0.2, 0.16 / 0.0184 - 1),
        # Unlike sizes: spread 50 x .04 + 150 x .04 / 9, freedom 200 - 25,000 / 200 = 75, mean .2.
        ([20, 20], [50, 150], 0.2, 0.16 / ((50 * 0.04 + 150 * 0.04 / 9 - 0.16) / 75) - 1),
        ([20, 20], [100, 100], 0.2, 1e6 - 1),
        ([0, 100], [100, 100], 0.5, 1 / 0.999 - 1),
        ([20], [100], 0.2, 1e6 - 1),
        ([0, 0], [100, 100], 0.5 / 201, 1e6 - 1),
        ([100, 100], [100, 100], 1 - 0.5 / 201, 1e6 - 1),
        # Who has no trials says nothing.
        ([0, 10, 30], [0, 100, 100], 0.2, 0.16 / 0.0184 - 1),
        ([1], [1], 0.75, 1e6 - 1),
        # Three: spread 2, chance makes .32 of it, freedom 300 - 30,000 / 300.
        ([10, 20, 30], [100, 100, 100], 0.2, 0.16 / (1.68 / 200) - 1),
        # Two of one trial each: spread .5, chance makes .25 of it, freedom 2 - 2 / 2.
        ([0, 1], [1, 1], 0.5, 1 / 0.999 - 1),
    ],
)
def test_the_prior_is_the_spread_that_chance_does_not_make(successes, trials, mean, size):
    a, b = beta_prior(np.array(successes, dtype=float), np.array(trials, dtype=float))
    assert a / (a + b) == pytest.approx(mean)
    assert a + b == pytest.approx(size)


def test_nothing_counted_knows_nothing():
    assert beta_prior(np.zeros(2), np.zeros(2)) == (1.0, 1.0)


def shop(*rows, others=30, category=None):
    """Ordinary products of 10 % carts of which 40 % are paid for, 50 yuan each, beside those given."""
    usual = [(f"o{n:02d}", 1_000, 100 + n % 3, 40 + n % 5, 50.0 * (40 + n % 5)) for n in range(others)]
    table = pd.DataFrame([*usual, *rows], columns=["item_id", "visitors", "cart_users", "pay_buyers", "pay_amount"])
    return table if category is None else table.assign(kind=category)


def test_the_probabilities_are_those_of_the_posterior():
    data = shop(("bad", 900, 160, 20, 2_000.0), ("weak", 50, 7, 1, 50.0))
    found = cart_pay_products(data).set_index("product")
    assert found["tier"].to_dict() == {"bad": "confirmed", "weak": "watch"}
    priors = [
        beta_prior(data[top].to_numpy(float), data[base].to_numpy(float))
        for top, base in (("cart_users", "visitors"), ("pay_buyers", "cart_users"))
    ]
    (a, b), (c, d) = priors
    for name, visitors, carts, pays, price in (("bad", 900, 160, 20, 100.0), ("weak", 50, 7, 1, 50.0)):
        row = found.loc[name]
        assert row["p_cart_high"] == pytest.approx(stats.beta(a + carts, b + visitors - carts).sf(a / (a + b)))
        assert row["p_pay_low"] == pytest.approx(stats.beta(c + pays, d + carts - pays).cdf(0.75 * c / (c + d)))
        assert row["expected_pay_rate"] == pytest.approx(c / (c + d))
        assert (row["cart_rate"], row["pay_rate"]) == (carts / visitors, pays / carts)
        assert row["money_at_stake"] == pytest.approx(carts * (c / (c + d) - pays / carts) * price)


def test_a_product_that_nobody_paid_for_costs_the_usual_price():
    data = shop(("never", 900, 160, 0, 0.0))
    (row,) = cart_pay_products(data).to_dict("records")
    price = data["pay_amount"].sum() / data["pay_buyers"].sum()
    assert row["money_at_stake"] == pytest.approx(160 * row["expected_pay_rate"] * price)
    assert np.isnan(cart_pay_products(data.drop(columns="pay_amount"))["money_at_stake"]).all()
    (row,) = cart_pay_products(data.rename(columns={"pay_amount": "yuan"}), amount="yuan").to_dict("records")
    assert row["money_at_stake"] == pytest.approx(160 * row["expected_pay_rate"] * price)


def test_the_surest_come_first_then_the_most_money_then_the_name():
    data = shop(
        ("c", 900, 160, 20, 2_000.0), ("a", 900, 160, 20, 2_000.0), ("b", 900, 160, 20, 4_000.0),
        ("z", 50, 7, 1, 90_000.0),
    )  # fmt: skip
    assert cart_pay_products(data)["product"].tolist() == ["b", "a", "c", "z"]
    assert cart_pay_products(data.drop(columns="pay_amount"))["product"].tolist() == ["a", "b", "c", "z"]


@pytest.mark.parametrize("header", ["item_id", "sku", "title"])
def test_a_product_is_known_by_its_number_or_its_name(header):
    data = shop(("bad", 900, 160, 20, 2_000.0)).rename(columns={"item_id": header})
    assert cart_pay_products(data)["product"].tolist() == ["bad"]
    assert cart_pay_products(data.assign(other="x"), header)["product"].tolist() == ["bad"]


def test_one_product_in_two_categories_stands_by_category_where_the_money_is_the_same():
    # Both too small to be held against themselves; `a`, of the later one, comes first in the table.
    later = shop(("a", 900, 160, 20, 9_000.0), ("same", 900, 160, 20, 2_000.0), others=15, category="z")
    sooner = shop(("same", 900, 160, 20, 2_000.0), others=15, category="y")
    found = cart_pay_products(pd.concat([later, sooner]), category="kind")
    assert found["money_at_stake"][1] == found["money_at_stake"][2]
    assert list(zip(found["product"], found["category"], strict=True)) == [("a", "z"), ("same", "y"), ("same", "z")]


@pytest.mark.parametrize(("broken", "refused"), [(15, False), (16, True)])
def test_a_table_of_which_more_than_half_is_impossible_is_refused(broken, refused):
    for column, value in (("cart_users", 2_000), ("pay_buyers", 300)):
        data = shop()
        data.loc[: broken - 1, column] = value
        if refused:
            with pytest.raises(DataError, match="Most products"):
                cart_pay_products(data)
        else:
            assert not cart_pay_products(data)["product"].isin(data["item_id"][:broken]).any()


def test_products_without_carts_and_with_nothing_but_carts_are_products():
    still = [(f"s{n:02d}", 1_000, 0, 0, 0.0) for n in range(40)]
    found = cart_pay_products(shop(*still, ("all", 300, 300, 20, 1_000.0)))
    assert found["product"].tolist() == ["all"]
    assert found["tier"].tolist() == ["confirmed"]


def test_nothing_seen_names_nobody():
    found = cart_pay_products(pd.DataFrame({"item_id": ["a"], "visitors": [0], "cart_users": [0], "pay_buyers": [0]}))
    assert found.empty
    assert "money_at_stake" in found.columns


@pytest.mark.parametrize(("size", "own"), [(19, False), (20, True)])
def test_a_category_of_twenty_is_held_against_itself(size, own):
    dear = pd.DataFrame(
        [(f"d{n:02d}", 1_000, 100, 10 + n % 3, 500.0) for n in range(size - 1)] + [("bad", 1_000, 200, 4, 500.0)],
        columns=["item_id", "visitors", "cart_users", "pay_buyers", "pay_amount"],
    ).assign(kind="dear")
    data = pd.concat([shop().assign(kind="cheap"), dear])
    found = cart_pay_products(data, category="kind").set_index("product")
    reference = dear if own else data
    a, b = beta_prior(reference["pay_buyers"].to_numpy(float), reference["cart_users"].to_numpy(float))
    assert found.loc["bad", "expected_pay_rate"] == pytest.approx(a / (a + b))
    assert found.loc["bad", "category"] == "dear"


def test_rows_of_a_product_add_up_and_other_levels_do_not():
    data = shop(("bad", 900, 160, 20, 2_000.0))
    days = pd.concat([data, data]).assign(level="item")
    whole = data.assign(level="shop", item_id="shop", visitors=10**6, cart_users=9 * 10**5, pay_buyers=10)
    (row,) = cart_pay_products(pd.concat([days, whole])).to_dict("records")
    assert (row["product"], row["visitors"], row["carts"], row["pays"]) == ("bad", 1_800, 320, 40)
