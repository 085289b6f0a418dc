"""What the verification of actions rests on, worked out anew: statsmodels, loops over days, and plain sums."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from ecops.review.decisions.verification import Known, verify
from ecops.review.decisions.verifying import levels, nothing, spread, timing

START = dt.date(2026, 11, 2)
WEEKS, AFTER = 20, 4


def weeks(seed, places=6, memory=0.0):
    """Levels of places over twenty weeks, one of trouble and four since, and the middles of the weeks."""
    random = np.random.default_rng(seed)
    level = np.zeros((places, WEEKS + 1 + AFTER))
    for at in range(level.shape[1]):
        level[:, at] = memory * level[:, max(at - 1, 0)] + random.normal(0, 0.05, places)
    return level + random.normal(3, 1, (places, 1)), np.r_[np.arange(-21, -1), -1, np.arange(4)] + 0.5


def drawn_on(time, level, at):
    """Value of the least-squares line at a time, and its variance in units of one week's."""
    line = np.polynomial.Polynomial.fit(time, level, 1)
    away = time - time.mean()
    return line(at), 1 / len(time) + (at - time.mean()) ** 2 / (away @ away)


def missed(time, level):
    rest = level - np.polynomial.Polynomial.fit(time, level, 1)(time)
    return float(rest @ rest)


def by_loops(level, time, part):
    """The contrast of every place: value, variance with placebo windows; and the factor by which these widen it."""
    value, variance, ratios = [], [], []
    early = time[:WEEKS]
    for mine in level:
        line, factor = drawn_on(early, mine[:WEEKS], time[part].mean())
        after = mine[part]
        noise = (missed(early, mine[:WEEKS]) + ((after - after.mean()) ** 2).sum()) / (WEEKS - 2 + AFTER - 1)
        value.append(after.mean() - line)
        variance.append(noise * (factor + 1 / AFTER))
        windows = []
        for cut in range(6, WEEKS - 1 - AFTER + 1):
            window = slice(cut + 1, cut + 1 + AFTER)
            there, wide = drawn_on(early[:cut], mine[:cut], early[window].mean())
            windows.append((mine[window].mean() - there) ** 2 / (wide + 1 / AFTER) / noise)
        ratios.append(np.mean(windows))
    factor = ratios[0] if ratios[0] > 2 else max(np.mean(ratios), 1.0)
    return np.array(value), np.array(variance) * factor, factor


@pytest.mark.parametrize(("seed", "memory", "told"), [(7, 0.0, "none"), (3, 0.0, "all"), (3, 0.3, "own")])
def test_a_contrast_with_placebo_windows_and_drift(seed, memory, told):
    level, time = weeks(seed, memory=memory)
    part = slice(WEEKS + 1, WEEKS + 1 + AFTER)
    value, variance, factor = by_loops(level, time, part)
    assert told == ("own" if factor > 2 else "all" if factor > 1 else "none")
    found = spread.contrast(spread.Relative(level, time, WEEKS, 0.2, 0.0), part)
    drift = 1.2 * max(combine_effects(value[1:], variance[1:], method_re="iterated").tau2, 0.0)
    total = variance[0] + drift
    assert found.value == pytest.approx(value[0])
    assert found.variance == pytest.approx(total, rel=1e-3)
    bread = variance[0] ** 2 / (WEEKS - 2 + AFTER - 1) + drift**2 / 4
    assert found.freedom == pytest.approx(total**2 / bread, rel=1e-3)
    low, high = found.interval(0.9)
    half = stats.t.ppf(0.95, found.freedom) * np.sqrt(found.variance)
    assert (low, high) == pytest.approx((found.value - half, found.value + half))


def test_quiet_places_count_more_and_none_more_than_four_times():
    level, time = weeks(3)
    level[2] = level[2].mean() + (level[2] - level[2].mean()) / 100
    level[3] = level[3].mean() + (level[3] - level[3].mean()) * 3
    found = spread.relative(level, time, WEEKS, 0.01)
    moved = level[1:] - level[1:, :WEEKS].mean(axis=1, keepdims=True)
    steps = np.diff(moved[:, :WEEKS] - np.median(moved[:, :WEEKS], axis=0), axis=1)
    variance = (steps**2).mean(axis=1)
    weight = 1 / np.maximum(variance, np.median(variance) / 4)
    weight /= weight.sum()
    assert found.level[0] == pytest.approx(level[0] - weight @ moved)
    for place in range(5):
        others = np.delete(np.arange(5), place)
        beside = weight[others] @ moved[others] / weight[others].sum()
        assert found.level[place + 1] == pytest.approx(level[place + 1] - beside)
    assert found.share == pytest.approx((weight**2).sum())


def test_how_much_steeper_the_last_weeks_are():
    level, time = weeks(4, places=1)
    found = spread.Relative(level, time, WEEKS, 0.0, 0.0)
    late, every = (stats.linregress(time[part], level[0, part]) for part in (slice(12, 20), slice(0, 20)))
    noise = missed(time[:WEEKS], level[0, :WEEKS]) / (WEEKS - 2)
    away = time[12:20] - time[12:20].mean()
    assert spread.steeper(found) == pytest.approx((late.slope - every.slope) / np.sqrt(noise / (away @ away)))
    assert spread.steeper(spread.Relative(level[:, 12:], time[12:], 8, 0.0, 0.0)) == 0.0


def test_falls_and_the_step_out_of_the_trouble():
    level, time = weeks(5)
    trouble, after = slice(WEEKS, WEEKS + 1), slice(WEEKS + 1, WEEKS + 1 + AFTER)
    noise = np.array([missed(time[:WEEKS], mine[:WEEKS]) for mine in level]) / (WEEKS - 2)
    lines = [drawn_on(time[:WEEKS], mine[:WEEKS], time[WEEKS]) for mine in level]
    fell, error, freedom = spread.falls(level, time, WEEKS, trouble)
    assert fell == pytest.approx(level[:, WEEKS] - [line for line, _ in lines])
    assert error == pytest.approx(np.sqrt(noise * (lines[0][1] + 1)))
    assert freedom == WEEKS - 2
    rise = spread.step(spread.Relative(level, time, WEEKS, 0.0, 0.0), trouble, after, 2.0)
    values = level[:, after].mean(axis=1) - level[:, WEEKS]
    variances = noise * (1 / AFTER + 1 / 2)
    drift = max(combine_effects(values[1:], variances[1:], method_re="iterated").tau2, 0.0)
    assert rise.value == pytest.approx(values[0])
    assert rise.variance == pytest.approx(variances[0] + drift, rel=1e-3)


def days_of(values, beside=()):
    """A sum a day from fourteen weeks before the start on."""
    first = START - dt.timedelta(weeks=14)
    dates = [first + dt.timedelta(days=at) for at in range(len(values))]
    frames = [pd.DataFrame({"date": dates, "numerator": one}) for one in (values, *beside)]
    return levels.daily(frames[0], dict(enumerate(frames[1:])))


@pytest.mark.parametrize(
    ("seed", "memory", "turn", "days"),
    [(1, 0.0, 98, 28), (2, 0.6, 98, 28), (3, 0.95, 95, 28), (4, 0.6, 104, 28), (2, 0.9, 88, 7), (2, 0.9, 88, 8)],
)
def test_the_day_of_a_change_by_trying_every_day(seed, memory, turn, days):
    random = np.random.default_rng(seed)
    noise = np.zeros((3, 126))
    for at in range(1, 126):
        noise[:, at] = memory * noise[:, at - 1] + random.normal(0, 0.04, 3)
    pattern = np.tile([1, 0.9, 0.95, 1, 1.1, 1.3, 1.2], 18)
    level = np.where(np.arange(126) < 84, 100.0, np.where(np.arange(126) < turn, 75.0, 95.0))
    own, *beside = np.array([level, np.full(126, 80.0), np.full(126, 60.0)]) * pattern * np.exp(noise)
    found = timing.onset(days_of(own, beside), (0, 84), (84, 84 + days), 98)
    usual = [np.array([one[:84][day::7].mean() for day in range(7)])[np.arange(126) % 7] for one in (own, *beside)]
    ratio = own / usual[0] / ((beside[0] / usual[1] + beside[1] / usual[2]) / 2)
    values = ratio[84 : 84 + days]
    misses = {}
    for cut in range(3, days - 2):
        rest = np.r_[values[:cut] - values[:cut].mean(), values[cut:] - values[cut:].mean()]
        misses[cut] = (rest @ rest, np.clip((rest[1:] @ rest[:-1]) / (rest @ rest), 0, 0.8))
    best = min(misses, key=misses.get)
    least, lag = misses[best]
    # A week says nothing of the memory from day to day.
    limit = 7.3522 * least / (days - 2) * ((1 + lag) / (1 - lag) if days > 7 else 1)
    possible = [cut for cut, (miss, _) in misses.items() if miss - least <= limit]
    low, high = possible[0], possible[-1]
    line = np.polynomial.Polynomial.fit(np.arange(days), values, 1)(np.arange(days))
    straight = ((values - line) ** 2).sum()
    told = "fits" if low <= 14 <= high else "earlier" if high < 14 else "later"
    told = "unclear" if high - low > 14 or straight <= least else told
    zero = START - dt.timedelta(days=14)
    assert (found.day, found.low, found.high) == tuple(zero + dt.timedelta(days=cut) for cut in (best, low, high))
    assert found.timing == told


def test_the_noise_of_a_single_week_is_not_known_and_no_error():
    level, time = weeks(6)
    variance, freedom = spread.noise(spread.Relative(level[:, :3], time[:3], 1, 0.0, 0.01))
    assert (variance, freedom) == (0.01, 1.0)


def test_what_falls_to_nothing_is_held_against_what_the_others_did():
    random = np.random.default_rng(8)
    own = np.r_[random.poisson(6, 98), np.zeros(14)]
    beside = [random.poisson(size, 112) for size in (20, 30, 40, 50)]
    found = nothing.effect(days_of(own, beside), (0, 98), (98, 112))
    moves = np.array([np.log(one[98:].mean() / one[:98].mean()) for one in beside])
    moved = moves.var(ddof=1) * (1 + 1 / 4)
    total = own.sum()
    misses = own[:98] - total / 98
    # A sum is counted out of days and not out of people, so no binomial variance is its least.
    noise = (misses @ misses) * 98 / 97
    variance = noise / total**2
    both = variance + moved
    freedom = both**2 / (variance**2 / 97 + moved**2 / 3)
    error = stats.t.ppf(1 - 0.025 / 2, freedom) * np.sqrt(both)
    low, high = (total / 98 * np.exp(moves.mean() + side * error) for side in (-1, 1))
    most = -np.log(0.0125) * max(noise / total, 1.0) / 14
    assert found.ratio == pytest.approx((0.0, 0.0, most / low))
    assert found.gain == pytest.approx((-total / 98 * np.exp(moves.mean()), -high, most - low))


def test_levels_are_sums_over_the_usual_weekday():
    random = np.random.default_rng(9)
    own = random.uniform(50, 150, 112) * np.tile([1, 0.9, 0.95, 1, 1.1, 1.3, 1.2], 16)
    days = days_of(own)
    days.known[0, 100] = False
    days.numerator[0, 100] = days.denominator[0, 100] = 0.0
    found = levels.blocks(days, 98, 91, 10)
    usual = np.array([own[21:91][day::7].mean() for day in range(7)]) / own[21:91].mean()
    spans = [*[(at, at + 7) for at in range(21, 91, 7)], (91, 98), (98, 105), (105, 112)]
    for place, (begin, end) in enumerate(spans):
        there = [day for day in range(begin, end) if day != 100]
        expected = np.log(sum(own[day] for day in there) / sum(usual[day % 7] for day in there))
        assert found.level[0, place] == pytest.approx(expected)
        assert (found.total[place], found.exposure[place]) == (pytest.approx(own[there].sum()), len(there))
    assert found.time.tolist() == [(begin + end) / 14 - 14 for begin, end in spans]
    assert (found.before, found.after, found.trouble, found.money) == (10, 2, True, True)


def test_a_week_in_which_all_was_taken_back_is_a_week_of_nothing():
    """What is left of a sum of money by rounding is neither unknown nor a sale."""
    own = np.r_[np.full(98, 1000.1), np.full(7, 900.3), [0.0, -0.07, -0.11, 0.0, 0.18, 0.0, 0.0]]
    first = START - dt.timedelta(weeks=14)
    frame = pd.DataFrame({"date": [first + dt.timedelta(days=at) for at in range(112)], "numerator": own})
    outcome = verify(frame, {}, START, known=Known())
    assert outcome.after == pytest.approx(900.3 / 2)
