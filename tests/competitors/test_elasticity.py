"""How sales answer to prices: planted truths, an independent regression, refusals, and what-ifs of prices."""

import numpy as np
import pandas as pd
import pytest

from ecops.competitors.elasticity import fit, view
from ecops.competitors.elasticity.fit import fit_elasticity
from ecops.competitors.elasticity.panel import rival_prices, weekly
from ecops.competitors.elasticity.reprice import Guard, reprice
from ecops.errors import DataError, SpecError
from ecops.metrics.daily import opened


def shop(seed, skus=40, weeks=104):
    """Weeks of products whose price follows the season, with promotions, a peak and a rival; and the true answers.

    As hard as the case in the literature of the product: without controls the error is above 1, with them about .23.
    """
    random, t = np.random.default_rng(seed), np.arange(weeks)
    date, season = pd.date_range("2024-01-01", periods=weeks, freq="W-MON"), np.sin(2 * np.pi * t / 52)
    parts, true = [], {}
    for number in range(skus):
        answer, base = random.normal(-1.8, 0.4), random.uniform(20, 200)
        promo = (random.random(weeks) < 0.12).astype(float)
        peak = ((t % 52 >= 44) & (t % 52 <= 45)).astype(float)
        walk = np.zeros(weeks)
        for week in range(1, weeks):
            walk[week] = 0.8 * walk[week - 1] + random.normal(0, 0.05)
        rival = 0.05 * season + random.normal(0, 0.04, weeks)
        price = 0.12 * season - 0.15 * promo + walk
        units = 3 + answer * price + 0.48 * season + 0.4 * promo + 0.5 * peak + 0.5 * rival
        units += random.normal(0, 0.17, weeks)
        sku = f"S{number:02d}"
        parts.append(
            pd.DataFrame(
                {"sku": sku, "date": date, "price": base * np.exp(price), "units": np.exp(units), "promo": promo,
                 "peak": peak, "rival_price": base * np.exp(rival)}
            )
        )  # fmt: skip
        true[sku] = answer
    return pd.concat(parts, ignore_index=True), pd.Series(true)


@pytest.fixture(scope="module")
def shops():
    return [shop(seed) for seed in range(4)]


def test_errors_are_small_and_intervals_keep_their_word(shops):
    errors, covered, naive = [], [], []
    for panel, true in shops:
        table = fit_elasticity(panel).table.set_index("sku")
        errors.append((table["elasticity"] - true).abs().mean())
        covered.append(((table["low"] <= true) & (true <= table["high"])).mean())
        bare = fit_elasticity(panel, controls=(), shrink=False).table.set_index("sku")
        naive.append((bare["elasticity"] - true).abs().mean())
    assert np.mean(errors) <= 0.2
    assert np.mean(covered) >= 0.9
    assert np.mean(naive) > 1


def test_one_product_is_what_statsmodels_says(shops):
    import statsmodels.api as sm

    panel, _true = shops[0]
    rows = panel[panel["sku"] == "S00"]
    found = fit_elasticity(rows).table.iloc[0]
    t = (rows["date"] - rows["date"].min()).dt.days.to_numpy()
    turn = 2 * np.pi * t / 365.25
    columns = [np.log(rows["price"]), np.ones(len(rows)), rows["promo"], rows["peak"], np.log(rows["rival_price"]),
               t / 364, np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)]  # fmt: skip
    model = sm.OLS(np.log(rows["units"].to_numpy()), np.column_stack(columns))
    assert found["raw"] == pytest.approx(model.fit().params[0])
    robust = model.fit(cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": True}).bse[0]
    assert found["raw_error"] == pytest.approx(max(model.fit().bse[0], robust), rel=1e-6)
    assert found["low"] < found["elasticity"] < found["high"]


def test_pooling_is_exact_by_hand():
    mean, spread, error = fit.pooled(np.array([-1.0, -3.0]), np.array([0.1, 0.1]))
    assert mean == pytest.approx(-2)
    assert spread**2 == pytest.approx(2 - 0.01)  # (x1 - x2)^2 / 2 less the squared error
    assert error == pytest.approx(np.sqrt((0.01 + spread**2) / 2))
    alike = fit.pooled(np.array([-1.0, -1.01, -0.99]), np.array([0.5, 0.5, 0.5]))
    assert alike[1] == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: rows.head(15), "few_weeks"),
        (lambda rows: rows.assign(price=100 * np.exp(0.01 * np.sin(np.arange(len(rows))))), "no_change"),
        (lambda rows: rows.assign(price=100 * (1 - 0.2 * rows["promo"])), "with_others"),
        (lambda rows: rows.assign(units=np.where(np.arange(len(rows)) % 3 == 0, 0, rows["units"])), "no_sales"),
    ],
)
def test_what_the_data_cannot_tell_gets_no_number(shops, change, reason):
    rows = change(shops[0][0].query("sku == 'S00'"))
    row = fit_elasticity(rows).table.iloc[0]
    assert row["reason"] == reason
    assert not row["identified"]
    assert np.isnan([row["elasticity"], row["low"], row["high"]]).all()
    with pytest.raises(DataError, match="cannot tell"):
        reprice(row.to_dict(), 50)


def test_order_of_rows_does_not_matter(shops):
    panel, _true = shops[0]
    mixed = panel.sample(frac=1, random_state=1)
    one, two = (fit_elasticity(part).table["elasticity"] for part in (panel, mixed))
    assert one.to_numpy() == pytest.approx(two.to_numpy())


def test_days_become_weeks_without_days_of_no_stock():
    days = pd.DataFrame(
        {
            "sku": "A", "date": pd.date_range("2026-01-05", periods=21), "price": [10.0] * 7 + [8.0] * 14,
            "units": [1.0] * 7 + [2.0] * 7 + [3.0] * 7, "in_stock": [1.0] * 20 + [0.0],
            "promo": [0.0] * 7 + [1.0] * 7 + [0.0] * 7,
        }
    )  # fmt: skip
    weeks = weekly(days)
    assert weeks["units"].tolist() == [1, 2]
    assert weeks["price"].tolist() == [10, 8]
    assert weeks["promo"].tolist() == [0, 1]
    with pytest.raises(DataError, match="no column units"):
        weekly(days.drop(columns="units"))
    with pytest.raises(SpecError, match="does not exist"):
        fit_elasticity(days, controls=("weather",))


def test_days_without_a_sale_count_as_none():
    rows = pd.DataFrame(
        {"sku": ["A", "A", "B"], "date": pd.to_datetime(["2026-01-01", "2026-01-04", "2026-01-05"]),
         "units": [2.0, 1.0, 5.0], "price": [10.0, 9.0, 7.0]}
    )  # fmt: skip
    full = view.every_day(rows)
    assert full.loc[full["sku"] == "A", "units"].tolist() == [2, 0, 0, 1, 0]
    assert full.loc[full["sku"] == "A", "price"].tolist() == [10, 10, 10, 9, 9]
    assert (full["sku"] == "B").sum() == 1


def test_the_rivals_price_is_the_median_of_the_pairs():
    prices = pd.DataFrame(
        {"date": pd.to_datetime(["2026-01-01"] * 3), "shop": ["X", "Y", "Z"], "sku": ["1", "2", "3"],
         "price": [10.0, 12.0, 50.0]}
    )  # fmt: skip
    found = rival_prices([("A", "X", "1"), ("A", "Y", "2")], prices)
    assert found["rival_price"].tolist() == [11]


TODAY = {"price": 100.0, "units": 10.0, "elasticity": -3.0, "low": -3.5, "high": -2.5, "lowest": 70.0, "highest": 130.0}


def test_the_best_price_is_that_of_theory():
    found = reprice(TODAY, 50, guard=Guard(max_step=0.5, stretch=0.3), prices=np.linspace(60, 130, 701))
    assert found.best == pytest.approx(75, abs=0.06)  # cost x e / (1 + e)
    units = 70 * (75 / 100) ** -3
    assert found.gain == pytest.approx(25 * units - 50 * 70, rel=1e-4)
    assert found.low < found.gain < found.high
    assert "planned test" in found.verdict.id


@pytest.mark.parametrize(
    ("price", "options", "reason"),
    [
        (79.0, {}, "step"),
        (81.0, {"cost": 75.0}, "margin"),
        (90.0, {"reference": 120.0}, "band"),
        (84.0, {"today": {"lowest": 95.0}}, "unseen"),
        (90.0, {"reference": 100.0}, ""),
    ],
)
def test_guard_rails(price, options, reason):
    today = TODAY | options.get("today", {})
    table = reprice(
        today, options.get("cost", 50.0), reference=options.get("reference", float("nan")), prices=[price]
    ).table.set_index("price")
    assert table.loc[price, "reason"] == reason


def test_no_change_is_advised_when_it_may_lose():
    unsure = TODAY | {"elasticity": -2.2, "low": -3.5, "high": -0.9}
    found = reprice(unsure, 50)
    assert (found.best, found.gain) == (100, 0)
    assert "does not exclude" in found.verdict.id
    stuck = reprice(TODAY, 50, guard=Guard(max_step=0.01))
    assert "guard rails" in stuck.verdict.id
    with pytest.raises(DataError, match="cost of a unit"):
        reprice(TODAY, float("nan"))
    with pytest.raises(SpecError, match="outside 0 to 1"):
        Guard(max_step=2)


@pytest.mark.row(186)
def test_from_a_price_history_to_a_what_if(shops):
    panel = shops[0][0]
    panel = panel[panel["sku"].isin(["S00", "S01", "S02", "S03"])]
    history = panel.assign(promotion=np.where(panel["promo"] > 0, "券", ""), shop="", platform="taobao")
    products = pd.DataFrame({"sku": ["S00", "S01"], "title": ["茶杯", "毛毯"], "cost": [10.0, 12.0]})
    columns = ["date", "platform", "shop", "sku", "price", "units", "promotion"]
    data = opened({"price_history": history[columns], "products": products})
    found = view.answers(data)
    assert found.from_prices
    assert found.fitted.identified == 4
    assert found.verdict.text("en").startswith("For 4 of 4 products")
    scenario = view.what_if(data, "S00")
    assert scenario.table["allowed"].any()
    with pytest.raises(DataError, match="cost of a unit"):
        view.what_if(data, "S02")
    with pytest.raises(DataError, match="Nothing is known"):
        view.what_if(data, "unknown")
    assert view.answers(data, until=pd.Timestamp("2020-01-01").date()) is None


def confounded(seed, kind, skus=8, weeks=104):
    """Prices that move with something nobody wrote down; see the test."""
    random, date = np.random.default_rng([seed, 31]), pd.date_range("2024-01-01", periods=weeks, freq="W-MON")
    parts, true = [], {}
    for number in range(skus):
        answer, sku = random.normal(-1.8, 0.4), f"S{number}"
        promo = (random.random(weeks) < 0.12).astype(float)
        walk, demand = np.zeros(weeks), np.zeros(weeks)
        for week in range(1, weeks):
            walk[week] = 0.8 * walk[week - 1] + random.normal(0, 0.05)
            demand[week] = 0.7 * demand[week - 1] + random.normal(0, 0.1)
        if kind == "price follows last week's sales":
            price, more = np.r_[0, 0.4 * demand[:-1]] + 0.5 * walk, demand
        else:
            price, more = -0.2 * promo + 0.5 * walk, 0.4 * promo
        units = 3 + answer * price + more + random.normal(0, 0.17, weeks)
        parts.append(pd.DataFrame({"sku": sku, "date": date, "price": 50 * np.exp(price), "units": np.exp(units)}))
        true[sku] = answer
    return pd.concat(parts, ignore_index=True), pd.Series(true)


def test_a_price_that_follows_sales_gets_no_number():
    for seed in range(5):
        panel, _true = confounded(seed, "price follows last week's sales")
        assert set(fit_elasticity(panel).table["reason"]) == {"follows_sales"}


def test_promotions_that_nobody_wrote_down_do_not_make_buyers_look_hungrier():
    covered = []
    for seed in range(12):
        panel, true = confounded(seed, "hidden promotions")
        table = fit_elasticity(panel).table.set_index("sku")
        table = table[table["identified"]]
        assert len(table)
        covered += ((table["low"] <= true[table.index]) & (true[table.index] <= table["high"])).tolist()
    assert np.mean(covered) >= 0.9
