"""How much days differ: against a fitted model, known noise and bad input."""

import numpy as np
import pytest
from scipy import stats

from ecops.statistics.days import LEAST_DAYS, Span, expected, usual_swing
from tools.calibrate.shops import memory_noise

WEEKDAY = np.array([1.0, 0.98, 0.97, 1.0, 1.06, 1.22, 1.18])


def span_of(length, history):
    """`history` days, the days compared with, the days that are looked at."""
    count = history + 2 * length
    place = np.arange(count)
    after = (place >= count - length).astype(float)
    before = ((place >= count - 2 * length) & (after == 0)).astype(float)
    return Span(place + 1000, after.astype(int), place % 7, before, after)


def counts(seed, span, memory, *, level=1000.0, deviation=0.12, rows=1):
    random = np.random.default_rng(seed)
    noise = deviation * memory_noise(random, rows, len(span.number), memory)
    return random.poisson(level * WEEKDAY[span.weekday] * np.exp(noise)).astype(float)


def test_expected_days_are_those_of_a_log_linear_model():
    import pandas as pd
    import statsmodels.formula.api as smf
    from statsmodels.genmod.families import Poisson

    span = span_of(7, 28)
    values = counts(1, span, 0.0)[0]
    people = np.random.default_rng(2).integers(50, 90, len(values)).astype(float)
    frame = pd.DataFrame({"y": values, "level": span.level, "weekday": span.weekday})
    fit = smf.glm("y ~ C(level) + C(weekday)", frame, family=Poisson(), offset=np.log(people)).fit()
    np.testing.assert_allclose(expected(values[None], people[None], span)[0], fit.fittedvalues, rtol=1e-6)


def test_days_that_do_not_differ_leave_what_sampling_makes():
    """1,000 a day for 56 days: sqrt(1 / 7,000 + 1 / 7,000), whatever the days remember."""
    span = span_of(7, 42)
    values = np.full((1, 56), 1000.0)
    found = usual_swing(values, np.ones_like(values), span)
    assert found.error[0] == pytest.approx(np.sqrt(2 / 7000), rel=0.03)
    assert found.memory[0] < 0.05
    rates = usual_swing(values * 0.2, values, span, variance=0.8)
    assert rates.error[0] == pytest.approx(np.sqrt(2 * 0.8 / 1400), rel=0.03)


@pytest.mark.parametrize(("length", "history"), [(7, 42), (28, 56), (91, 91)])
@pytest.mark.parametrize("memory", [0.0, 0.3, 0.6])
def test_nothing_is_said_more_often_than_promised(length, history, memory):
    """p < .05 in at most 5 % of 600 series, give or take two errors; an independent-days test says 20 to 30 % at .6."""
    span = span_of(length, history)
    values = counts(11, span, memory, rows=600)
    found = usual_swing(values, np.ones_like(values), span)
    change = np.log((values @ span.after) / (values @ span.before))
    spoken = 2 * stats.t.sf(np.abs(change) / found.error, found.df) < 0.05
    assert spoken.mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 600)
    truly = np.std(change)
    assert found.error.mean() == pytest.approx(truly, rel=0.25)


def test_memory_is_seen():
    span = span_of(28, 84)
    means = [
        usual_swing(values, np.ones_like(values), span).memory.mean()
        for values in (counts(4, span, memory, rows=40) for memory in (0.0, 0.5, 0.8))
    ]
    assert means[0] < 0.35 < means[1] < means[2]


def test_a_change_that_begins_inside_the_span_is_no_memory():
    span = span_of(28, 56)
    values = counts(5, span, 0.0)
    broken = values.copy()
    broken[:, -7:] *= 0.4
    calm, found = (usual_swing(part, np.ones_like(part), span) for part in (values, broken))
    assert found.error[0] < 1.6 * calm.error[0]


def test_a_promotion_long_ago_does_not_hide_everything():
    span = span_of(7, 42)
    values = counts(6, span, 0.0)
    with_it = values.copy()
    with_it[:, 10:12] *= 4
    calm, found = (usual_swing(part, np.ones_like(part), span) for part in (values, with_it))
    assert found.error[0] < 2 * calm.error[0]


def test_a_level_that_changed_inside_the_baseline_widens_the_error():
    span = span_of(7, 42)
    values = counts(7, span, 0.0)
    moved = values.copy()
    moved[:, :21] *= 0.6
    calm, found = (usual_swing(part, np.ones_like(part), span) for part in (values, moved))
    assert found.error[0] > 2 * calm.error[0]
    assert found.memory[0] > 0.5


def test_heavy_tails_take_degrees_of_freedom():
    span = span_of(7, 42)
    values = counts(8, span, 0.0)
    one = values.copy()
    one[:, -3] *= 3
    assert usual_swing(one, np.ones_like(one), span).df[0] < 0.7 * usual_swing(values, np.ones_like(values), span).df[0]


def test_short_series_listen_to_the_others():
    span = span_of(7, 14)
    values = counts(9, span, 0.7, rows=60)
    alone = np.array([usual_swing(row[None], np.ones((1, 28)), span).memory[0] for row in values])
    together = usual_swing(values, np.ones_like(values), span).memory
    assert together.std() < alone.std()
    assert together.mean() > alone.mean()


def test_what_cannot_be_known_is_unknown_and_no_error():
    span = span_of(7, 42)
    random = np.random.default_rng(0)
    rare = (random.random(56) < 0.1).astype(float)
    values = np.stack([np.zeros(56), rare, np.r_[np.zeros(49), np.ones(7) * 5], np.r_[np.ones(49) * 5, np.zeros(7)]])
    found = usual_swing(values, np.ones_like(values), span)
    assert np.isnan(found.error[0])
    assert found.df[0] == 0
    assert (found.error[1:] > 0).all()
    # What stopped is judged against its level before: 35 in a week, sqrt(1 / 35 + 1 / 35) at least.
    assert found.error[3] >= np.sqrt(2 / 35) * 0.99
    missing = usual_swing(np.ones((1, 56)), np.zeros((1, 56)), span)
    assert np.isnan(missing.error[0])


def test_a_missing_day_is_left_out():
    span = span_of(7, 42)
    values = counts(10, span, 0.0)
    there = np.ones_like(values)
    there[:, 5] = 0
    gap = np.where(there > 0, values, 0.0)
    whole, found = usual_swing(values, np.ones_like(values), span), usual_swing(gap, there, span)
    assert found.error[0] == pytest.approx(whole.error[0], rel=0.2)


def test_a_level_is_judged_without_a_comparison():
    span = span_of(7, 42)._replace(before=np.zeros(56))
    values = counts(12, span, 0.0)
    found = usual_swing(values, np.ones_like(values), span)
    assert 0.02 < found.error[0] < 0.12


def test_four_weeks_are_the_least():
    assert LEAST_DAYS == 28
