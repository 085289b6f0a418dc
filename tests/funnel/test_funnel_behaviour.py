import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError, SpecError
from ecops.funnel import FunnelSpec, Step, cart_pay_products, drivers, skipped_steps, time_to_convert
from ecops.funnel.paths.behaviour import drivers_from_counts
from ecops.statistics import wilson
from tests.funnel.oracle import frame
from tests.funnel.test_funnel_chains import first_chain
from tests.funnel.test_funnel_random import random_log

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
    assert (nobody.edges.size, nobody.counts.size) == (0, 0)
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


def test_the_first_step_is_no_step_to_get_to():
    data = frame({"u": [(0, "A"), (1, "B")]})
    for ask in (time_to_convert, drivers):
        with pytest.raises(SpecError, match="B"):
            ask(data, FunnelSpec(["A", "B"]), "A")


def test_bins_of_one_unit_and_of_no_time():
    spec, one = FunnelSpec(["A", "B"]), frame({"u": [(0, "A"), (5, "B")]})
    assert time_to_convert(one, spec).edges.tolist() == [0, 5]
    assert len(time_to_convert(one, spec, bins=90).counts) == 90
    assert len(time_to_convert(one, spec, bins=1).counts) == 1
    with pytest.raises(SpecError):
        time_to_convert(one, spec, bins=0)
    with pytest.raises(SpecError):
        time_to_convert(one, spec, bins=91)
    at_once = time_to_convert(frame({f"u{n}": [(5, "A"), (5, "B")] for n in range(9)}), spec)
    assert (at_once.edges.tolist(), at_once.counts.tolist()) == (
        [0, pytest.approx(1 / 3), pytest.approx(2 / 3), 1],
        [9, 0, 0],
    )
    back = time_to_convert(frame({"u": [(5, "A"), (3, "B")]}), spec.changed(ties="grace:2s"))
    assert back.edges.tolist() == [-2, 1]


def test_there_are_at_most_sixty_bins():
    users = np.arange(60**3 + 1)
    at, events = np.repeat([1_700_000_000, 1_700_000_060], len(users)), np.repeat(["A", "B"], len(users))
    data = pd.DataFrame({"user_id": np.tile(users, 2), "happened_at": at, "event": pd.Categorical(events)})
    assert len(time_to_convert(data, FunnelSpec(["A", "B"])).counts) == 60


def test_times_to_a_step_in_between_in_fractions_of_seconds():
    log = {f"u{n}": [(0, "A"), (n + 0.5, "B"), (3 * n + 0.5, "C")] for n in range(1, 9)}
    found = time_to_convert(frame(log), FunnelSpec(list("ABC")), "B", bins=2)
    assert (found.to_step, found.edges.tolist(), found.counts.tolist()) == ("B", [0, 4.25, 8.5], [3, 5])
    hop, wait = np.arange(1, 9) * 2.0, np.arange(1, 9) * 3 + 0.5
    last = found.steps.set_index("step").loc["C"]
    assert last[["n", "mean", "mean_total"]].tolist() == [8, hop.mean(), wait.mean()]
    assert last[["p25", "median", "p75", "p90"]].tolist() == pytest.approx(np.quantile(hop, [0.25, 0.5, 0.75, 0.9]))
    assert last["median_total"] == np.median(wait)


SPECS = [
    FunnelSpec(list("ABC"), window=9),
    FunnelSpec(list("ABC"), window=None),
    FunnelSpec(["A", Step("B", optional=True), "C"], window=9),
    FunnelSpec(["A", Step("B", optional=True), "C", "D"], window=12),
]


@pytest.mark.parametrize("spec", SPECS)
def test_drivers_of_random_logs_user_by_user(spec):
    log = random_log(seed=51, users=80, most=7, span=14)
    window = np.inf if spec.window is None else spec.window_seconds
    for target in [None, *[step.name for step in spec.steps[1:]]]:
        position = [step.name for step in spec.steps].index(target) if target else len(spec.steps) - 1
        sizes, having = np.zeros(2), {}
        for events in log.values():
            entered = first_chain(events, spec, spec.base[position])
            if entered:
                group = int(first_chain(events, spec, position) is None)
                sizes[group] += 1
                for name in {e[1] for e in events if entered[1] <= e[0] <= entered[1] + window}:
                    having.setdefault(name, np.zeros(2))[group] += 1
        found = drivers(frame(log), spec, target).set_index("event")
        assert set(found.index) == {name for name in "ABCDx" if name not in {step.name for step in spec.steps}}
        for name, row in found.iterrows():
            one = having.get(name, np.zeros(2))
            assert row[["converted_with", "dropped_with"]].tolist() == one.tolist()
            assert row[["converted_without", "dropped_without"]].tolist() == (sizes - one).tolist()


def test_drivers_in_the_order_of_their_odds_and_then_of_their_names():
    having = np.array([[10, 2], [2, 10], [2, 10], [5, 5]], dtype=float)
    found = drivers_from_counts(["d", "b", "a", "c"], having, (20, 20), alpha=0.05)
    assert found["event"].tolist() == ["a", "b", "c", "d"]
    assert (found.index.tolist(), found.columns[0]) == ([0, 1, 2, 3], "event")
    # 3 x 11 against 11 x 19 with 1 added to each cell.
    assert found["odds_ratio"][0] == pytest.approx(3 * 11 / (11 * 19))
    assert found["droppers_explained"].tolist() == pytest.approx([0.4, 0.4, 0, 0])
    assert found["converted_without"].tolist() == [18, 18, 15, 10]
    level = float(found["q_value"].min())
    assert not drivers_from_counts(["d", "b", "a", "c"], having, (20, 20), level)["confirmed"].any()
    assert drivers_from_counts(["d", "b", "a", "c"], having, (20, 20), level * 1.001)["confirmed"].any()


@pytest.mark.parametrize("spec", [*SPECS, FunnelSpec(list("ABCD"), window=9, exclusions=[("x", 1, 2)])])
def test_who_skips_a_step_user_by_user(spec):
    log = random_log(seed=52, users=70, most=6, span=12)
    found = skipped_steps(frame(log), spec)
    assert len(found) == len(spec.steps) - 2
    for row, position in zip(found.itertuples(), range(1, len(spec.steps) - 1), strict=True):
        after = next(place for place in spec.required if place > position)
        before = [spec.steps[place].name for place in spec.required if place < position]
        plain = [FunnelSpec([*before, *between, spec.steps[after].name], window=spec.window)
                 for between in ([], [spec.steps[position].name])]  # fmt: skip
        n, taken = (sum(first_chain(events, one, len(one.steps) - 1) is not None for events in log.values())
                    for one in plain)  # fmt: skip
        assert (row.step, row.next_step) == (spec.steps[position].name, spec.steps[after].name)
        assert (row.n, row.skipped, row.share) == (n, n - taken, pytest.approx((n - taken) / n))
        assert (row.low, row.high) == pytest.approx([float(end) for end in wilson(n - taken, n)])


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
