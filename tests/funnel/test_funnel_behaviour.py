import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError, SpecError
from ecops.funnel import FunnelSpec, cart_pay_products, drivers, skipped_steps, time_to_convert
from ecops.funnel.paths.behaviour import drivers_from_counts
from tests.funnel.oracle import frame

HOUR, MINUTE = 3_600, 60


def test_hops_mean_and_median():
    log = {
        "a": [(0, "A"), (HOUR, "B"), (3 * HOUR, "C")],
        "b": [(0, "A"), (2 * HOUR, "B")],
        "c": [(0, "A"), (2 * HOUR, "B"), (3 * HOUR, "C")],
    }
    steps = time_to_convert(frame(log), FunnelSpec(list("ABC"))).steps.set_index("step")
    assert steps.loc["B", ["n", "mean", "median"]].tolist() == [3, 6_000, 7_200]
    assert steps.loc["C", ["n", "mean", "median"]].tolist() == [2, 5_400, 5_400]


def test_only_the_first_completed_chain_counts():
    log = {"u": [(0, "A"), (HOUR, "B"), (86_400, "A"), (86_400 + HOUR, "x"), (90_000, "A"), (90_000 + 3 * HOUR, "x")]}
    assert time_to_convert(frame(log), FunnelSpec(["A", "B"])).steps["mean"].tolist() == [HOUR]


@pytest.mark.parametrize(("window", "n", "mean"), [("14d", 2, 600), ("5m", 1, 300)])
def test_the_window_bounds_the_times(window, n, mean):
    log = {"a": [(0, "A"), (5 * MINUTE, "B")], "b": [(0, "A"), (15 * MINUTE, "B")], "c": [(0, "A")]}
    steps = time_to_convert(frame(log), FunnelSpec(["A", "B"], window=window)).steps
    assert steps.loc[0, ["n", "mean"]].tolist() == [n, mean]


def test_exclusions_and_any_order_have_times_too():
    log = {"u": [(0, "A"), (1, "X"), (31, "B"), (3600, "A"), (3629, "B")]}
    spec = FunnelSpec(["A", "B"], window=30, exclusions=[("X", 1, 2)])
    assert time_to_convert(frame(log), spec).steps["mean"].tolist() == [29]
    log = {"u": [(0, "B"), (3600, "A")]}
    assert time_to_convert(frame(log), FunnelSpec(["A", "B"], order="any")).steps["mean_total"].tolist() == [3600]


def test_bins():
    log = {f"u{i}": [(0, "A"), (i, "B")] for i in range(1, 28)}
    found = time_to_convert(frame(log), FunnelSpec(["A", "B"]))
    assert len(found.counts) == 3, "the cube root of 27"
    assert found.counts.tolist() == [8, 9, 10]
    assert found.edges.tolist() == [0, 9, 18, 27]
    assert len(time_to_convert(frame(log), FunnelSpec(["A", "B"]), bins=9).edges) == 10
    with pytest.raises(SpecError):
        time_to_convert(frame(log), FunnelSpec(["A", "B"]), bins=100)
    nobody = time_to_convert(frame({"u": [(0, "A"), (1, "C")]}), FunnelSpec(["A", "B"]))
    assert nobody.counts.size == 0
    assert np.isnan(nobody.steps["mean"].iloc[0])


def test_drivers_match_the_published_example():
    found = drivers_from_counts(["watched video"], np.array([[5.0, 2.0]]), (6.0, 12.0))
    assert found["odds_ratio"].tolist() == [11.0], "5/1 against 2/10, 1 added to each"
    from scipy.stats import fisher_exact

    assert found["p_value"].iloc[0] == pytest.approx(fisher_exact([[5, 1], [2, 10]])[1])


@pytest.mark.parametrize(
    ("having", "sizes", "explained"), [((1, 4), (1, 4), 0), ((0, 3), (0, 4), 0.75), ((1, 0), (2, 0), 0)]
)
def test_what_explains_dropping_out_is_a_difference_of_shares_also_of_one_and_of_nobody(having, sizes, explained):
    found = drivers_from_counts(["watched video"], np.array([having], dtype=float), sizes)
    assert found["droppers_explained"].tolist() == [explained]


def test_drivers_of_dropping_out():
    log = {f"buyer{i}": [(0, "A"), (5, "coupon" if i % 2 else "x"), (9, "B")] for i in range(100)}
    log |= {f"dropper{i}": [(0, "A"), (5, "error" if i < 60 else "x")] for i in range(100)}
    log |= {f"before{i}": [(0, "error"), (10, "A"), (15, "B")] for i in range(20)}
    found = drivers(frame(log), FunnelSpec(["A", "B"], window="1d")).set_index("event")
    assert found.index[0] == "error"
    assert found.loc["error", ["converted_with", "converted_without", "dropped_with", "dropped_without"]].tolist() == [
        0, 120, 60, 40
    ]  # fmt: skip
    assert found.loc["error", "confirmed"]
    assert found.loc["error", "droppers_explained"] == pytest.approx(0.6)
    assert found.loc["coupon", "odds_ratio"] > 1


def test_who_skips_the_cart():
    log = {
        "a": [(0, "pv"), (1, "cart"), (2, "buy")],
        "b": [(0, "pv"), (2, "buy")],
        "c": [(0, "pv"), (3, "buy"), (4, "cart")],
    }
    found = skipped_steps(frame(log), FunnelSpec(["pv", "cart", "buy"]))
    assert found.loc[0, ["step", "next_step", "n", "skipped"]].tolist() == ["cart", "buy", 3, 2]
    assert found.loc[0, "low"] < 2 / 3 < found.loc[0, "high"]


def simulated_products(seed, bad=20):
    """500 products; the first `bad` have a higher cart rate and half the pay rate."""
    random = np.random.default_rng(seed)
    visitors = np.exp(random.normal(6.5, 1.0, 500)).astype(int) + 50
    cart_rate = random.beta(8, 92, 500)
    pay_rate = random.beta(30, 70, 500)
    cart_rate[:bad] *= 1.6
    pay_rate[:bad] *= 0.45
    carts = random.binomial(visitors, np.clip(cart_rate, 0, 1))
    pays = random.binomial(carts, pay_rate)
    names = [f"p{i:03d}" for i in range(500)]
    return pd.DataFrame(
        {"item_id": names, "visitors": visitors, "cart_users": carts, "pay_buyers": pays, "pay_amount": pays * 100.0}
    )


def test_products_are_named_with_precision():
    right = named = naive_right = naive = 0
    for seed in range(50):
        found = cart_pay_products(simulated_products(seed))
        bad = found["product"].str[1:].astype(int) < 20
        sure = found["tier"] == "confirmed"
        right, named = right + int((bad & sure).sum()), named + int(sure.sum())
        naive_right, naive = naive_right + int(bad.sum()), naive + len(found)
    assert named >= 150, "a list that names nobody would be precise too"
    assert right / named >= 0.95
    assert right / named > naive_right / naive + 0.1, "the tiers differ"


def test_products_report_money_and_order():
    found = cart_pay_products(simulated_products(1))
    sure = found[found["tier"] == "confirmed"]
    assert (found["tier"].iloc[: len(sure)] == "confirmed").all()
    assert sure["money_at_stake"].is_monotonic_decreasing
    first = found.iloc[0]
    expected = first["carts"] * (first["expected_pay_rate"] - first["pay_rate"]) * 100
    assert first["money_at_stake"] == pytest.approx(expected)


def test_products_of_the_wrong_columns_are_refused():
    data = simulated_products(1).rename(columns={"visitors": "pay_buyers", "pay_buyers": "visitors"})
    with pytest.raises(DataError):
        cart_pay_products(data)
