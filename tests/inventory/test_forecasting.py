"""Forecasts against naive references, promises kept on data of others, events, new products."""

import datetime as dt
from typing import ClassVar

import holidays
import numpy as np
import pytest

from ecops.errors import DataError, SpecError
from ecops.inventory import backtest, calibrate, estimate_uplift, forecast
from ecops.inventory.forecasting import levels
from ecops.inventory.forecasting.calendar import event_columns, events, new_year, work_days_after
from ecops.inventory.forecasting.lead_time import Calibrations, history
from tests.inventory import data, shops


def test_every_level_uses_only_what_was_known():
    panel = shops.poisson(8, 120)
    later = shops.poisson(8, 120)
    later.demand[:, 80:] = 99
    for method in levels.METHODS:
        one, other = levels.levels(panel, method), levels.levels(later, method)
        assert np.array_equal(one[:, :81], other[:, :81]), method


def test_levels_against_a_loop_of_one_product():
    panel = shops.poisson(5, 90, seed=2, mean=0.6)
    mean, tsb = levels.moving_mean(panel.demand, panel.first, 28), levels.tsb(panel.demand, panel.first)
    for row in range(5):
        chance = size = 0.0
        seen = sales = 0
        for day in range(90):
            history = panel.demand[row, panel.first[row] : day]
            assert mean[row, day] == pytest.approx(history[-28:].mean() if len(history) else 0.0)
            assert tsb[row, day] == pytest.approx(size * chance)
            if day >= panel.first[row]:
                seen += 1
                sold = panel.demand[row, day] > 0
                chance += max(0.05, 1 / seen) * (sold - chance)
                if sold:
                    sales += 1
                    size += max(0.05, 1 / sales) * (panel.demand[row, day] - size)


def test_the_ensemble_is_the_median():
    panel = shops.poisson(20, 150)
    parts = [
        levels.moving_mean(panel.demand, panel.first, 28),
        levels.moving_mean(panel.demand, panel.first, 56),
        levels.tsb(panel.demand, panel.first),
        levels.sba(panel.demand, panel.first),
        levels.ses(panel.demand, panel.first),
    ]
    assert np.array_equal(levels.levels(panel), np.median(np.stack(parts), axis=0))


def test_weekdays_are_found_whatever_day_the_panel_starts():
    units = np.zeros((30, 182))
    units[:, ::7] = 14  # the weekday of the first day alone
    for start in (dt.date(2026, 1, 5), dt.date(2026, 1, 8)):
        panel = shops.made(units, start)
        index = levels.weekday_index(panel)
        assert index[0].argmax() == start.weekday()
        assert index.mean(axis=1) == pytest.approx(np.ones(30))
        known = levels.weekday_index(panel, 100, levels.by_weekday(panel.demand))
        assert known == pytest.approx(levels.weekday_index(panel, 100))
        ahead = forecast(panel, 14).mean[0]
        assert ahead.reshape(2, 7).sum(axis=1) == pytest.approx([14, 14], rel=0.04)
        assert ahead.argmax() % 7 == (start.weekday() - (panel.weekday + 182)) % 7


def test_over_days_adds_the_index():
    index = np.arange(7.0)[None, :]
    assert levels.over_days(index, 5, 9)[0] == 21 + 5 + 6
    rows = np.random.default_rng(0).random((30, 7))
    days = np.arange(30)
    for weekday in range(7):
        found = levels.over_own_days(rows, weekday, days)
        assert found == pytest.approx([levels.over_days(rows, weekday, int(n))[n] for n in days])


def test_spread_of_totals_against_numpy():
    panel = shops.poisson(4, 250)
    level = levels.levels(panel)
    found = history(panel, 7, level=level).spreads(np.arange(panel.days + 1))
    for row in range(4):
        totals = np.convolve(panel.demand[row], np.ones(7), "valid")[-(182 - 6) :]
        least = np.sqrt(7 * (level[row, -1] + 0.05))
        assert found[row, -1] == pytest.approx(max(totals.std(ddof=1), least), rel=1e-6)


@pytest.mark.parametrize("days", [1, 7, 14, 28])
def test_coverage_of_totals_that_come_true(days):
    covered = []
    for seed in range(6):
        panel = shops.poisson(150, 330, seed=seed)
        known = panel.before(panel.start + dt.timedelta(days=panel.days - days))
        upper = calibrate(known, days).quantile(0.95)
        covered.append((panel.demand[:, -days:].sum(axis=1) <= upper + 1e-9).mean())
    assert 0.92 <= np.mean(covered) <= 0.985


def test_risk_and_shortage_agree_with_the_errors():
    panel = shops.poisson(40, 250)
    found = calibrate(panel, 14)
    stock = found.mean + 0.4 * found.spread
    futures = np.maximum(found.mean[:, None] + found.spread[:, None] * found.errors[0][None, :], 0)
    assert found.risk(stock) == pytest.approx((futures > stock[:, None] + 1e-9).mean(axis=1))
    assert found.shortage(stock) == pytest.approx(np.maximum(futures - stock[:, None], 0).mean(axis=1))
    assert (found.quantile(0.9) <= found.quantile(0.99)).all()
    with pytest.raises(SpecError):
        found.quantile(1.0)


def test_each_product_has_its_own_lead_time():
    panel = shops.poisson(40, 250)
    daily = forecast(panel, 60).mean
    each = Calibrations(panel).over(np.where(np.arange(40) < 20, 7, 30), daily)
    assert each.mean[:20] == pytest.approx(daily[:20, :7].sum(axis=1))
    assert each.mean[20:] == pytest.approx(daily[20:, :30].sum(axis=1))
    # Totals of seven days are taken from those of eight, by the root of their length.
    assert each.spread[:20] == pytest.approx(calibrate(panel, 8).spread[:20] * np.sqrt(7 / 8))
    assert each.days.tolist() == [7] * 20 + [30] * 20


def test_few_errors_are_told():
    small = calibrate(shops.poisson(5, 200), 14)
    assert small.warnings(0.95)
    assert not calibrate(shops.poisson(200, 300), 7).warnings(0.9)


def test_short_history_and_wrong_names_are_told():
    with pytest.raises(DataError):
        calibrate(shops.poisson(5, 30), 14)
    with pytest.raises(SpecError):
        calibrate(shops.poisson(5, 100), 0)
    with pytest.raises(SpecError):
        forecast(shops.poisson(5, 100), 7, method="prophet")
    with pytest.raises(DataError):
        backtest(shops.poisson(5, 60))


def test_a_new_product_leans_on_its_category():
    units = np.zeros((9, 200))
    units[:4] = 2
    units[4:8] = 20
    units[8, 197:] = 5
    found = forecast(shops.made(units), 7, categories=["small"] * 4 + ["large"] * 5)
    assert found.young.tolist() == [False] * 8 + [True]
    assert 5 < found.level[8] < 20
    alone = forecast(shops.made(units), 7)
    assert alone.level[8] < found.level[8]


def test_the_choice_looks_at_totals_and_bias():
    found = backtest(shops.poisson(60, 300, mean=0.3), groups=["a"] * 30 + ["b"] * 30)
    assert set(found["group"]) == {"a", "b"}
    assert found.groupby("group")["chosen"].sum().ge(1).all()
    assert found["bias"].abs().max() < 0.2


@pytest.mark.row(136)
def test_an_uplift_that_was_planted_is_found_and_drawn_to_its_category():
    random = np.random.default_rng(3)
    rate = np.where(np.arange(80) < 40, 0.5, 8.0)[:, None] * np.ones(300)
    mask = np.zeros(300, dtype=bool)
    mask[[150, 151, 152, 220, 221]] = True
    rate[:, mask] *= 1.6
    units = random.poisson(rate).astype(float)
    units[:, 0] += 1
    found = estimate_uplift(shops.made(units), mask)
    row = found.groups.iloc[0]
    assert row["low"] < 1.6 < row["high"]
    assert found.ratio[:40].std() < np.nanstd(found.raw[:40]) / 3
    assert found.ratio == pytest.approx(np.full(80, 1.6), abs=0.35)
    with pytest.raises(SpecError):
        estimate_uplift(shops.made(units), np.zeros(300, dtype=bool))


def test_nothing_planted_lifts_nothing():
    mask = np.zeros(300, dtype=bool)
    mask[150:160] = True
    row = estimate_uplift(shops.poisson(60, 300), mask).groups.iloc[0]
    assert row["low"] < 1 < row["high"]


def test_the_calendar():
    assert new_year(2025) == dt.date(2025, 1, 29)
    assert new_year(2026) == dt.date(2026, 2, 17)
    assert work_days_after(dt.date(2025, 1, 24), 5) == dt.date(2025, 2, 7)
    keys = [event.key for event in events(dt.date(2026, 1, 1), dt.date(2026, 3, 31))]
    assert keys == ["new_year_goods", "spring_festival", "womens_day"]
    assert event_columns(dt.date(2026, 11, 1), 30, "double_eleven").tolist() == list(range(11))


def test_new_years_are_those_of_the_calendar():
    for year in range(2014, 2042):
        named = holidays.country_holidays("CN", years=year, language="en_US")
        assert new_year(year) == min(day for day, name in named.items() if "Spring Festival" in name)


def test_an_event_ahead_is_counted_or_told():
    panel = shops.made(np.full((3, 200), 5.0), dt.date(2026, 4, 20))  # ends 5 November
    plain = forecast(panel, 7)
    assert any("Double 11" in note.text("en") for note in plain.notes)
    lifted = forecast(panel, 7, uplift={"double_eleven": 2.0})
    assert lifted.total == pytest.approx(plain.total / 7 * (6 * 2 + 1), rel=0.01)
    assert not lifted.notes


class TestGrocery:
    pytestmark: ClassVar = [*data.needs_grocery, pytest.mark.slow]

    def test_errors_of_four_weeks(self):
        whole = data.grocery()
        found = backtest(data.regular(whole, whole.days - 56), ["ensemble"], origins=2).iloc[0]
        assert found["wape"] <= 0.39
        assert abs(found["bias"]) < 0.05

    @pytest.mark.parametrize("days", [7, 14, 28])
    def test_promises_are_kept(self, days):
        whole = data.regular(data.grocery(), data.grocery().days - 84)
        covered = []
        for ago in (days, days + 21, days + 42):
            known = whole.before(whole.start + dt.timedelta(days=whole.days - ago))
            actual = whole.units[:, whole.days - ago : whole.days - ago + days].sum(axis=1)
            covered.append((actual <= calibrate(known, days).quantile(0.95) + 1e-9).mean())
        assert 0.92 <= np.mean(covered) <= 0.98


class TestRetail:
    pytestmark: ClassVar = [*data.needs_retail, pytest.mark.slow]

    def test_errors_of_four_weeks(self):
        whole = data.retail()
        found = backtest(data.regular(whole, whole.days - 84), ["ensemble"], origins=3).iloc[0]
        assert found["wape"] <= 0.45

    @pytest.mark.parametrize("days", [7, 14, 28])
    def test_promises_are_kept(self, days):
        whole = data.regular(data.retail(), data.retail().days - 84)
        covered = []
        for ago in (days, days + 21, days + 42):
            known = whole.before(whole.start + dt.timedelta(days=whole.days - ago))
            actual = whole.units[:, whole.days - ago : whole.days - ago + days].sum(axis=1)
            covered.append((actual <= calibrate(known, days).quantile(0.95) + 1e-9).mean())
        assert 0.92 <= np.mean(covered) <= 0.98
