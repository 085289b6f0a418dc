"""Lifetime value: published estimates, gradients, simulated truth, and refusals."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special

from ecops import customers
from ecops.customers.value.forecast import in_words
from ecops.customers.value.history import History, history
from ecops.customers.value.likelihoods import MODELS, Sample, gamma_gamma
from ecops.customers.value.purchases import fit_purchases
from ecops.customers.value.spending import fit_spending
from ecops.errors import DataError, SpecError
from tests.customers.conftest import shop

WEEK39 = dt.date(1997, 9, 30)


@pytest.fixture(scope="module")
def past(cdnow_sample):
    return history(cdnow_sample, WEEK39)


def one(x, last, age, weeks=7.0):
    """One customer, times in weeks."""
    return History(
        np.zeros(1, int), np.array([x]), np.array([last * weeks]), np.array([age * weeks]), np.array([np.nan]), WEEK39
    )


def in_weeks(model):
    return tuple(model.in_unit(7).values())


@pytest.mark.data
@pytest.mark.row(112)
def test_cdnow_bg_nbd_is_the_published_fit(past):
    assert (len(past), (past.repeats > 0).sum()) == (2357, 946)
    fit = fit_purchases(past, "bg_nbd")
    # CLVTools test_correctness_bgnbd.R; Fader, Hardie and Lee (2005) print three decimals.
    assert in_weeks(fit) == pytest.approx((0.2425945, 4.4136019, 0.7929199, 2.4258881), abs=1e-4)
    assert fit.log_likelihood + past.repeats.sum() * np.log(7) == pytest.approx(-9582.429, abs=1e-3)
    errors = fit.errors
    assert (errors["r"], errors["alpha"] / 7, errors["a"], errors["b"]) == pytest.approx(
        (0.012557, 0.378221, 0.185719, 0.705346), rel=1e-3
    )
    # Hardie's spreadsheet.
    known = one(2, 30.43, 38.86)
    assert fit._expected(known, 39 * 7).item() == pytest.approx(1.226, abs=1e-3)
    assert fit.alive(known).item() == pytest.approx(0.726609, abs=1e-3)
    days = 7 * np.array([0.1429, 1, 3, 31.8571, 32, 78])
    assert fit.newcomer(days) == pytest.approx([0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], abs=1e-3)
    assert fit.expected(past, 273).sum() == pytest.approx(1653.4, abs=0.1)


@pytest.mark.data
def test_cdnow_other_published_fits(past):
    # BTYDplus.
    assert in_weeks(fit_purchases(past, "mbg_nbd")) == pytest.approx((0.525, 6.183, 0.891, 1.614), abs=5e-4)
    spending = fit_spending(past)
    # CLVTools; Fader and Hardie (2013).
    assert tuple(spending.parameters.values()) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert spending.log_likelihood == pytest.approx(-4055.9177, abs=1e-3)
    assert (spending.customers, round(spending.correlation, 3)) == (946, 0.114)
    # From parameters of two decimals, so no closer than a cent.
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    assert spending.expected(past)[:10] == pytest.approx(published, abs=0.011)


@pytest.mark.data
@pytest.mark.row(8)
def test_cdnow_twelve_months_of_value(cdnow_sample):
    fit = customers.fit_value(cdnow_sample, model="bg_nbd", end=WEEK39)
    value = fit.lifetime(12, 0.01, 4.345 * 7)
    assert value[0] == pytest.approx(36.278, rel=1e-3)
    assert value.sum() == pytest.approx(71_509.90, rel=1e-3)


@pytest.mark.data
def test_cdnow_holdout(cdnow_master):
    tried = customers.backtest(cdnow_master, horizon_days=273, folds=1)
    table = tried.table().set_index("model")
    assert (table["end"] == WEEK39).all()
    assert (table["actual"] == 19_684).all()
    assert table["bias"].round(3)[["bg_nbd", "mbg_nbd", "naive"]].tolist() == [-0.143, -0.191, 0.474]
    assert table["mae"].round(3)[["bg_nbd", "mbg_nbd", "naive"]].tolist() == [0.819, 0.795, 1.038]
    assert table["deviance"].round(3)[["bg_nbd", "mbg_nbd"]].tolist() == [1.642, 1.653]
    assert table["captured"].round(3)[["bg_nbd", "mbg_nbd"]].tolist() == [0.456, 0.459]
    assert (table["calibration_error"][["bg_nbd", "mbg_nbd"]] <= 0.07).all()
    assert tried.best == "bg_nbd"


@pytest.mark.data
@pytest.mark.slow
def test_total_intervals_from_backtests_cover_and_the_naive_rate_stands_beside(cdnow_master, uci_matched):
    """Each total with the interval of the three origins before it; autumn at UCI is no model's to know."""
    covered = []
    for book in (cdnow_master, uci_matched):
        for days in (30, 60, 90):
            tried = customers.backtest(book, horizon_days=days, folds=12, models=("mbg_nbd", "nbd"), boosted=False)
            assert {fold.model for fold in tried.folds} >= {"naive", tried.best}
            folds = tried.of(tried.best)
            for place, fold in enumerate(folds[:-2]):
                older = customers.Backtest(tuple(folds[place + 1 : place + 4]), days, tried.best, ())
                low, high = older.spread(tried.best)
                covered.append(low <= fold.actual.sum() / fold.expected.sum() <= high)
    assert len(covered) >= 25
    assert np.mean(covered) >= 0.7


@pytest.mark.data
@pytest.mark.row(113)
def test_uci_is_said_to_be_degenerate(uci_matched):
    found = customers.fit_value(uci_matched, model="bg_nbd")
    assert (found.status, found.model) == ("degenerate", "nbd")
    assert "leave for good" in str(found.reason)
    best = customers.fit_value(uci_matched)
    assert best.status == "degenerate"
    forecast = best.predict(90)
    assert ((forecast.buys > 0) & (forecast.buys < 1)).all()
    assert forecast.low < forecast.total < forecast.high


@pytest.mark.parametrize("model", MODELS)
def test_gradients(model):
    generator = np.random.default_rng(2)
    x = generator.integers(0, 6, 200)
    age = generator.integers(5, 80, 200) * 0.1
    sample = Sample.of(x, np.where(x > 0, age * generator.random(200), 0.0), age, generator.integers(1, 4, 200))
    function, names = MODELS[model]
    for _ in range(5):
        point = np.exp(generator.normal(0, 0.5, len(names)))
        slope = function(point, sample)[1]
        numeric = optimize.approx_fprime(point, lambda values: function(values, sample)[0], 1e-7)
        assert slope == pytest.approx(numeric, rel=2e-4, abs=1e-3)


@pytest.mark.parametrize("model", MODELS)
def test_likelihoods_of_many_histories_are_the_published_formulas_added_up(model):
    generator = np.random.default_rng(6)
    many = 20_000  # more than are worked out at a time
    x = generator.integers(0, 6, many)
    age = generator.integers(5, 80, many) * 0.1
    last = np.where(x > 0, age * generator.random(many), 0.0)
    weight = generator.integers(1, 4, many)
    r, alpha, a, b = 0.7, 3.0, 0.9, 2.5
    rate = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    stayed, left = -(r + x) * np.log(alpha + age), -(r + x) * np.log(alpha + last)
    with np.errstate(divide="ignore"):
        by_hand = {
            "nbd": rate + stayed,
            # Fader, Hardie and Lee (2005), eq. 6; Batislam, Denizel and Filiztekin (2007), eq. 7.
            "bg_nbd": rate
            + np.logaddexp(
                stayed + special.betaln(a, b + x),
                np.where(x > 0, left + special.betaln(a + 1, b + np.maximum(x, 1) - 1), -np.inf),
            )
            - special.betaln(a, b),
            "mbg_nbd": rate
            + np.logaddexp(stayed + special.betaln(a, b + x + 1), left + special.betaln(a + 1, b + x))
            - special.betaln(a, b),
        }[model]
    function, names = MODELS[model]
    point = np.array([r, alpha, a, b][: len(names)])
    assert function(point, Sample.of(x, last, age, weight))[0] == pytest.approx(weight @ by_hand, rel=1e-12)


def test_gradient_of_spending():
    generator = np.random.default_rng(2)
    x, spend, weight = generator.integers(1, 6, 50) * 1.0, generator.gamma(3, 10, 50), np.ones(50)
    point = np.array([5.0, 4.0, 12.0])
    numeric = optimize.approx_fprime(point, lambda values: gamma_gamma(values, x, spend, weight)[0], 1e-7)
    assert gamma_gamma(point, x, spend, weight)[1] == pytest.approx(numeric, rel=1e-3, abs=1e-3)


def simulated(first_may_leave, many=40_000, days=300):
    """Customers of the (modified) BG/NBD in continuous time: what was seen in `days`, what came in as many after."""
    generator = np.random.default_rng(4)
    r, alpha, a, b = 0.8, 50.0, 1.2, 3.0
    rate, leave = generator.gamma(r, 1 / alpha, many), generator.beta(a, b, many)
    there = generator.random(many) >= leave if first_may_leave else np.ones(many, bool)
    time, last, x, later = np.zeros(many), np.zeros(many), np.zeros(many, int), np.zeros(many, int)
    while there.any():
        who = np.flatnonzero(there)
        time[who] += generator.exponential(1 / rate[who])
        early, soon = time[who] <= days, time[who] <= 2 * days
        x[who[early]] += 1
        last[who[early]] = time[who[early]]
        later[who[~early & soon]] += 1
        there[who] = soon & (generator.random(len(who)) >= leave[who])
    seen = History(np.arange(many), x, last, np.full(many, float(days)), np.full(many, np.nan), WEEK39)
    return seen, later, (r, alpha, a, b)


@pytest.mark.parametrize(("model", "first_may_leave"), [("bg_nbd", False), ("mbg_nbd", True)])
def test_what_was_simulated_is_found_again(model, first_may_leave):
    seen, later, truth = simulated(first_may_leave)
    days = History(
        seen.customer,
        seen.repeats,
        np.round(seen.last).astype(int),
        np.round(seen.age).astype(int),
        seen.spend,
        seen.end,
    )
    fit = fit_purchases(days, model)
    for (name, value), true in zip(fit.parameters.items(), truth, strict=True):
        assert abs(value - true) < 4.5 * fit.errors[name], name
    # Unconditional and conditional expectations, and the probability of an order, against what came.
    assert fit.newcomer(300.0).item() == pytest.approx(seen.repeats.mean(), rel=0.02)
    for x in (0, 1, 3):
        chosen = seen.repeats == x
        some = 4 * np.sqrt(later[chosen].var() / chosen.sum())
        assert fit.expected(days, 300)[chosen].mean() == pytest.approx(later[chosen].mean(), abs=some)
        bought = (later[chosen] > 0).mean()
        assert fit.buys(days, 300)[chosen].mean() == pytest.approx(bought, abs=4 * np.sqrt(0.25 / chosen.sum()))


@pytest.mark.parametrize("model", MODELS)
def test_the_median_of_the_next_order_is_where_the_probability_is_one_half(model):
    seen, _, _ = simulated(False, many=3000)
    days = _rounded(seen)
    fit = fit_purchases(days, model)
    wait = fit.next_order(days)
    reached = np.flatnonzero(np.isfinite(wait))[:20]
    for place in reached:
        single = one(days.repeats[place], days.last[place], days.age[place], 1)
        assert fit.buys(single, wait[place]).item() == pytest.approx(0.5, abs=1e-9)
    never = ~np.isfinite(wait)
    assert (fit.alive(days)[never] <= 0.5 + 1e-12).all()


def test_expected_orders_begin_with_the_rate_of_those_still_there():
    fit = fit_purchases(_rounded(simulated(True, many=5000)[0]), "mbg_nbd")
    known = one(3, 200, 300, 1)
    # d/dt E[X] at 0 is the posterior mean rate times P(alive).
    r, alpha = fit.parameters["r"], fit.parameters["alpha"]
    slope = fit.alive(known).item() * (r + 3) / (alpha + 300)
    assert fit._expected(known, 1e-3).item() / 1e-3 == pytest.approx(slope, rel=1e-3)
    parts = [fit._expected(known, t).item() for t in (100, 200)]
    assert 0 < parts[0] < parts[1] < 2 * parts[0]


def _rounded(seen):
    return History(
        seen.customer, seen.repeats, np.round(seen.last).astype(int), seen.age.astype(int), seen.spend, seen.end
    )


def test_too_little_is_refused_with_what_would_be_enough():
    few = customers.order_book(shop([(f"b{n}", f"2026-01-{1 + n % 28:02d}", 10) for n in range(60)]))
    found = customers.fit_value(few)
    assert found.status == "too_small"
    assert "500 buyers and 180 days" in str(found.reason)
    with pytest.raises(DataError, match="500 buyers"):
        found.predict()
    with pytest.raises(DataError, match="too short"):
        customers.backtest(few)
    with pytest.raises(SpecError, match="pareto"):
        customers.fit_value(few, model="pareto")


def base_of_one_time_buyers(many=2000, repeaters=160):
    generator = np.random.default_rng(1)
    start = pd.Timestamp("2025-01-01")
    rows = [(f"b{n}", start + pd.Timedelta(days=int(generator.integers(0, 400))), 50 + n % 7) for n in range(many)]
    rows += [(f"b{n}", rows[n][1] + pd.Timedelta(days=int(generator.integers(5, 60))), 60) for n in range(repeaters)]
    return rows


def test_a_base_of_one_time_buyers_works():
    book = customers.order_book(shop(base_of_one_time_buyers()))
    assert round(customers.repeat(book).repeat.value, 2) == 0.08
    found = customers.fit_value(book)
    assert found.status in {"ok", "degenerate"}
    forecast = found.predict(90)
    once = forecast.past.repeats == 0
    assert (forecast.buys[once] < 0.5).all()
    assert customers.segment(customers.score(customers.rfm(book))).table()["customers"].sum() == 2000


def test_a_total_that_no_plan_can_rest_on_is_said():
    """Many come in one promotion between the first and the second origin, and stay away after it."""
    generator = np.random.default_rng(5)
    start = pd.Timestamp("2025-01-01")
    rows = [
        (f"{who}{n}", start + pd.Timedelta(days=int(day)), 50)
        for who, days in (("s", (0, 400)), ("p", (100, 130)))
        for n in range(900)
        for day in generator.integers(*days, 2)
    ]
    told = customers.fit_value(customers.order_book(shop(rows)))
    low, high = told.backtest.spread(told.model)
    assert low < 0.5
    assert high > 2
    assert any("missed their totals" in str(note) for note in told.notes)
    likely = int((told.predict(90).buys >= 0.5).sum())
    assert in_words(told, told.predict(90)).text("en").startswith(f"{likely:,} customers order in the next 90 days")
    assert "no total can be told" in str(in_words(told, told.predict(90)))
    quiet = customers.fit_value(customers.order_book(shop(base_of_one_time_buyers())))
    assert quiet.vague == (quiet.backtest.spread(quiet.model)[1] > 2)
    assert (quiet.backtest.spread(quiet.model)[1] > 2) == any(
        "missed their totals" in str(note) for note in quiet.notes
    )


def test_nobody_came_back():
    book = customers.order_book(shop(base_of_one_time_buyers(repeaters=0)))
    found = customers.fit_value(book)
    assert found.status == "too_small"
    assert "only 0" in str(found.reason)


def test_shuffled_rows_give_the_same_forecast():
    rows = shop(base_of_one_time_buyers())
    first = customers.fit_value(customers.order_book(rows)).predict(60)
    second = customers.fit_value(customers.order_book(rows.sample(frac=1, random_state=2))).predict(60)
    assert np.allclose(first.value, second.value, equal_nan=True)
