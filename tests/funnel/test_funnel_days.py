"""The days of a funnel: weekdays, days that swing less than chance, and what is not known of a part."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecops.funnel import diagnose, from_table
from ecops.funnel.causes.daily import daily_of, spreads
from ecops.statistics.days import Span, usual_swing

FIRST = dt.date(2026, 10, 1)


def made(days, pays, came=1_000):
    rows = [(FIRST + dt.timedelta(day), c, came, n) for day in days for c, n in zip("ab", pays(day), strict=True)]
    return from_table(pd.DataFrame(rows, columns=["date", "channel", "visitors", "pay_buyers"]), by="channel")


def test_every_day_has_its_weekday():
    before, after = made(range(8), lambda _: (100, 200)), made(range(9, 13), lambda _: (100, 200))
    daily = daily_of(1, 0, after, before, None)
    days = [FIRST + dt.timedelta(n) for n in (*range(8), *range(9, 13))]
    assert daily.span.number.tolist() == [day.toordinal() for day in days]
    assert daily.span.weekday.tolist() == [day.weekday() for day in days]
    assert daily.on.tolist() == [[100, 200]] * 12


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_days_that_differ_less_than_chance_are_taken_as_chance(order):
    # Those of b pay five times as often as those of a; now nearly all come from b: fewer people tell as much.
    rows = [(FIRST + dt.timedelta(day), c, came, pays) for day in range(14)
            for c, came, pays in ((("a", 1_800, 180), ("b", 200, 100)) if day < 7 else (("a", 10, 1), ("b", 190, 95)))
            ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["date", "channel", "visitors", "pay_buyers"])
    late = data["date"] >= FIRST + dt.timedelta(7)
    daily = daily_of(1, 0, from_table(data[late], by="channel"), from_table(data[~late], by="channel"), None)
    everything, only = np.array([1, 1]), np.array([0, 1])
    found = spreads([*((everything, only)[place] for place in order), np.array([0, 0])], daily)
    assert found[order.index(0)].phi == 1.0
    assert found[order.index(1)].phi >= 1.0
    # Of nobody nothing is known: as the first of the parts.
    assert found[2] == found[0]


@pytest.mark.parametrize(("days", "fitted"), [(27, False), (28, True)])
def test_weekdays_are_allowed_for_from_four_weeks_on(days, fitted):
    random = np.random.default_rng(2)
    pays = {day: (int(random.integers(60, 140) + 40 * (day % 7 == 2)), 200) for day in range(days)}
    history, after = made(range(days - 7), pays.get), made(range(days - 7, days), pays.get)
    daily = daily_of(1, 0, after, None, history)
    (found,) = spreads([np.array([1, 0])], daily)
    on, came = (part[None, :, 0] for part in (daily.on, daily.entered))
    rate = on.sum() / came.sum()
    swing = usual_swing(on, came * rate, daily.span, variance=1 - rate, weekdays=fitted)
    other = usual_swing(on, came * rate, daily.span, variance=1 - rate, weekdays=not fitted)
    units = 1 / came[0, daily.span.after > 0].sum()
    assert found.phi == pytest.approx(max(1.0, float(swing.error[0]) ** 2 / ((1 - rate) / rate * units)))
    assert swing.error[0] != pytest.approx(other.error[0])
    assert isinstance(daily.span, Span)


def test_a_part_that_everybody_passes_swings_as_the_whole():
    random = np.random.default_rng(3)
    pays = {day: (1_000, int(random.integers(300, 500))) for day in range(20)}
    daily = daily_of(1, 0, made(range(10, 20), pays.get), made(range(10), pays.get), None)
    whole, full = spreads([np.array([1, 1]), np.array([1, 0])], daily)
    assert full == whole
    assert whole.phi > 1


@pytest.mark.parametrize("by", [("a",), ("z",)])
def test_days_of_another_dimension_tell_nothing(by):
    random = np.random.default_rng(6)
    pays = {day: (int(random.integers(60, 140)), int(random.integers(150, 250))) for day in range(50)}
    history, before, after = (made(range(*ends), pays.get) for ends in ((0, 36), (36, 43), (43, 50)))
    known, other, alone = (
        diagnose(replace(after, past=past), before).cells for past in (history, replace(history, by=by), None)
    )
    pd.testing.assert_frame_equal(other, alone)
    assert not np.allclose(known["p_value"], alone["p_value"])
