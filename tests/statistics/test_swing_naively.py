"""How much days swing, worked out for one series after the other and one pair of the grid after the other."""

import math

import numpy as np
import pytest
from scipy import linalg, optimize, special, stats

from ecops.statistics.days import Span, expected, swing, usual_swing

PAIRS = [(0.0, 1.0), *((rho, white) for rho in (0.3, 0.5, 0.7, 0.85, 0.94) for white in (0.05, 0.25, 0.55, 0.85))]
"""Memory and the part without memory, as the design names them; no memory weighs 0.3, the others share the rest."""


def log_chance(value, df):
    """Logarithm of the chance that chi-square is at most `value`, by its series where it is too small for a number."""
    chance = stats.chi2.cdf(value, df)
    if chance > 1e-250:
        return math.log(chance)
    half, x = df / 2, value / 2
    terms = np.cumprod([x / (half + place) for place in range(1, 60)])
    return half * math.log(x) - x - special.gammaln(half + 1) + math.log1p(terms.sum())


def design_of(span, weekdays):
    """Regressors by day: levels, whole weeks of the span that is looked at (what is left joins the last), weekdays."""
    columns = [span.level == level for level in range(max(span.level) + 1)]
    inside = np.flatnonzero(span.after > 0)
    last = max(len(inside) // 7, 1) - 1
    week_of = {day: min(place // 7, last) for place, day in enumerate(inside)}
    columns += [[week_of.get(day) == week for day in range(len(span.level))] for week in range(last + 1)]
    if weekdays:
        columns += [span.weekday == weekday for weekday in range(7)]
    return np.array(columns, dtype=float).T


def groups_of(span):
    """More than 168 days in groups of weeks, of a kind each: what is left of a kind joins its last group."""
    count = len(span.level)
    length = 7 * math.ceil(count / (7 * 168))
    found = []
    for kind in sorted({(span.level[day], span.before[day] > 0, span.after[day] > 0) for day in range(count)}):
        days = [day for day in range(count) if (span.level[day], span.before[day] > 0, span.after[day] > 0) == kind]
        pieces = max(len(days) // length, 1)
        found += [days[piece * length : (piece + 1) * length if piece < pieces - 1 else count]
                  for piece in range(pieces)]  # fmt: skip
    return found


def naive(values, usual, span, variance, weekdays):
    """Error, degrees of freedom and memory of each series; of all at once, since short ones listen to the others."""
    count = len(span.level)
    if count > 168:
        groups = groups_of(span)
        design = np.array([[span.level[days[0]] == level for level in range(max(span.level) + 1)] for days in groups])
    else:
        groups, design = [[day] for day in range(count)], design_of(span, weekdays)
    means = np.array([[(day in days) / len(days) for day in range(count)] for days in groups])
    contrasts = linalg.null_space(design.astype(float).T)
    rank = len(groups) - contrasts.shape[1]
    distance = np.abs(span.number[:, None] - span.number[None, :]).astype(float)
    shapes = [(1 - white) * (rho**distance if rho else 0.0) + white * np.eye(count) for rho, white in PAIRS]
    shapes = [means @ shape @ means.T for shape in shapes]
    told = []
    for row, mean, chance in zip(values, usual, variance, strict=True):
        there = mean > 0
        middle, least = mean[there].mean(), mean[there].min()
        size = np.array([(one if least >= 5 else math.sqrt(one * middle)) if one > 0 else 1.0 for one in mean])
        residual = np.where(there, (row - mean) / size, 0.0)
        floor = sum(one * chance / unit**2 for one, unit in zip(mean, size, strict=True) if one > 0) / there.sum()
        deviation = max(1.4826 * np.median(np.abs(residual[there])), math.sqrt(floor))
        for day in range(count):
            if deviation > 0 and not span.before[day] > 0 and not span.after[day] > 0:
                residual[day] = min(max(residual[day], -4 * deviation), 4 * deviation)
        weights = np.zeros(count)
        for part, sign in ((span.after, 1), (span.before, -1)):
            if part.any():
                weights += sign * np.where(there, size, 0.0) * part / (mean @ part)
        seen, weights = means @ residual, (means > 0) @ weights
        present = sum(there[days].any() for days in groups)
        free = present - rank
        logs, squares, spreads = [], [], []
        for (_, white), shape in zip(PAIRS, shapes, strict=True):
            inner = contrasts.T @ shape @ contrasts
            kept = contrasts.T @ seen
            found = max(kept @ np.linalg.solve(inner, kept), 1e-12 * floor * free)
            room = log_chance(found * white / floor, free) if floor > 0 else 0.0
            logs.append(-np.linalg.slogdet(inner)[1] / 2 - free / 2 * math.log(found) + room)
            squares.append(max(found / free, floor / white))
            spreads.append(weights @ shape @ weights)
        rest = seen - design @ np.linalg.lstsq(design, seen, rcond=None)[0]
        excess = max(present * (rest**4).sum() / (rest**2).sum() ** 2 - 3, 0) / (2 * present)
        told.append((np.array(logs), np.sqrt(np.multiply(squares, spreads)), free, excess, there.sum()))
    shared = np.mean([np.maximum(logs - logs.max(), -50) for logs, *_ in told], axis=0) if len(told) > 1 else 0.0
    prior = np.log([0.3 if rho == 0 else 0.7 / 20 for rho, _ in PAIRS])
    return np.array([one_law(prior + logs + max(1 - days / 56, 0) * shared, scales, free, excess)
                     for logs, scales, free, excess, days in told]).T  # fmt: skip


def one_law(logs, scales, free, excess):
    """One t law that has the 95 % and the 99.9 % point of the mixture, less what heavy tails take."""
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()

    def reach(tail):
        return optimize.brentq(
            lambda log: (weight * special.stdtr(free, -math.exp(log) / scales)).sum() - tail, -25, 12, xtol=1e-10
        )

    near, far = math.exp(reach(0.025)), math.exp(reach(0.0005))

    def missing(df):
        return special.stdtrit(df, 0.9995) / special.stdtrit(df, 0.975) - far / near

    df = 1000.0 if missing(1000.0) >= 0 else 0.8 if missing(0.8) <= 0 else optimize.brentq(missing, 0.8, 1000.0)
    df = 1 / (1 / df + excess)
    return near / special.stdtrit(df, 0.975), df, weight @ [rho for rho, _ in PAIRS]


def span_of(history, length, compared=True):
    """`history` days, days compared with, days looked at; without a comparison all days have one level."""
    count = history + (2 if compared else 1) * length
    place = np.arange(count)
    after = place >= count - length
    before = (place >= history) & ~after
    level = after.astype(int) if compared else np.zeros(count, dtype=int)
    return Span(place + 1000, level, (place + 3) % 7, before.astype(float), after.astype(float))


def noise(random, rows, span, level, spread=0.2):
    slow = np.repeat(random.normal(0, spread, (rows, len(span.number) // 5 + 1)), 5, axis=1)[:, : len(span.number)]
    weekday = np.array([1.0, 0.9, 1.0, 1.1, 1.0, 1.4, 1.3])[span.weekday]
    return random.poisson(level * weekday * np.exp(slow * np.arange(rows)[:, None] / rows)).astype(float)


def gaps(random, values, share=0.1):
    return np.where(random.random(values.shape) < share, 0.0, 1.0)


CASES = {
    "two weeks, with gaps": (span_of(35, 14), True, 300.0, 1.0),
    "a level without a comparison": (span_of(30, 17, compared=False), True, 80.0, 0.6),
    "few a day": (span_of(30, 7), False, 2.5, 1.0),
    "a short history": (span_of(16, 7), True, 500.0, 1.0),
    "nothing by sampling": (span_of(40, 10), True, 60.0, 0.0),
    "weeks together": (span_of(100, 47), True, 40.0, 1.0),
    "weeks without a comparison": (span_of(150, 36, compared=False), False, 40.0, 1.0),
}


@pytest.mark.parametrize("case", CASES)
def test_the_swing_is_what_its_definition_says(case):
    span, weekdays, level, chance = CASES[case]
    random = np.random.default_rng(len(case))
    far = np.where(np.arange(len(span.number)) > len(span.number) // 3, 4, 0)  # some days are missing in between
    span = span._replace(number=span.number + far)
    values = noise(random, 3, span, level)
    values[1, 4] *= 6  # a promotion long ago
    there = gaps(random, values)
    values *= there
    usual = expected(values, there, span, weekdays=weekdays)
    found = swing(values, usual, span, variance=chance, weekdays=weekdays)
    error, df, memory = naive(values, usual, span, [chance] * 3, weekdays)
    assert found.error == pytest.approx(error, rel=1e-3)
    assert found.df == pytest.approx(df, rel=2e-2)
    assert found.memory == pytest.approx(memory, rel=1e-5)


def test_days_that_differ_less_than_sampling_allows():
    """Nearly the same every day: the chance of so little is below what a number holds, and still it is weighed."""
    span = span_of(60, 14)
    values = 1_000 + 1e-3 * np.random.default_rng(4).normal(size=(1, 88))
    usual = expected(values, np.ones_like(values), span)
    found = swing(values, usual, span)
    error, df, memory = naive(values, usual, span, [1.0], True)
    assert (found.error[0], found.df[0], found.memory[0]) == (
        pytest.approx(error[0], rel=1e-3), pytest.approx(df[0], rel=2e-2), pytest.approx(memory[0], rel=1e-3),
    )  # fmt: skip


def test_days_without_any_noise_swing_by_next_to_nothing():
    span = span_of(35, 7)
    usual = np.full((2, 49), 100.0)
    found = swing(usual, usual, span, variance=0.0)
    assert (found.error < 1e-9).all()
    assert (found.error >= 0).all()
    assert (found.df > 30).all()
    assert ((found.memory >= 0) & (found.memory <= 0.94)).all()


def test_a_day_may_weigh_more_than_another():
    span = span_of(35, 7)
    span = span._replace(before=span.before * np.where(np.arange(49) == 37, 2.0, 1.0))
    values = noise(np.random.default_rng(5), 1, span, 200.0)
    usual = expected(values, np.ones_like(values), span)
    error, df, _ = naive(values, usual, span, [1.0], True)
    found = swing(values, usual, span)
    assert (found.error[0], found.df[0]) == (pytest.approx(error[0], rel=1e-3), pytest.approx(df[0], rel=2e-2))


@pytest.mark.parametrize(("stopped", "other"), [("after", "before"), ("before", "after")])
def test_a_span_without_anything_takes_the_rate_of_the_other(stopped, other):
    span = span_of(35, 7)
    random = np.random.default_rng(6)
    values, people = noise(random, 2, span, 50.0), random.poisson(400.0, (2, 49)).astype(float)
    mine, theirs = (np.flatnonzero(getattr(span, name) > 0) for name in (stopped, other))
    values[0, mine] = 0.0
    people[0, mine[0]] = 0.0  # as if one had come that day
    usual = expected(values, people, span)
    rate = values[0, theirs].sum() / people[0, theirs].sum()
    filled, level = values.copy(), usual.copy()
    for day in mine:
        filled[0, day] = level[0, day] = rate * (people[0, day] or 1.0)
    found, by_hand = usual_swing(values, people, span), swing(filled, level, span)
    for name in found._fields:
        assert getattr(found, name) == pytest.approx(getattr(by_hand, name))
    assert (found.error > 0).all()


@pytest.mark.parametrize("weekdays", [True, False])
def test_expected_days_have_the_sums_of_their_levels_and_weekdays(weekdays):
    """What the likelihood asks of a log-linear model, and that its days are a level times a weekday."""
    random = np.random.default_rng(7)
    span = span_of(20, 8)
    span = span._replace(level=span.level + (np.arange(36) < 9) * 2)
    values, people = random.poisson(9.0, (4, 36)).astype(float), random.poisson(50.0, (4, 36)) * 1.0
    people[0, [3, 30]] = 0.0
    people[1, span.weekday == 2] = 0.0
    values[2] = 0.0
    values[3, span.level == 2] = 0.0
    found = expected(values, people, span, weekdays=weekdays)
    assert (found[people == 0] == 0).all()
    seen = np.where(people > 0, values, 0.0)
    parts = [span.level == level for level in range(3)]
    parts += [span.weekday == weekday for weekday in range(7)] if weekdays else []
    for part in parts:
        assert found[:, part].sum(1) == pytest.approx(seen[:, part].sum(1), abs=1e-6)
    for row in (0, 3):
        rates = {(span.level[day], span.weekday[day]): found[row, day] / people[row, day]
                 for day in range(36) if people[row, day] > 0}  # fmt: skip
        for (level, weekday), rate in rates.items():
            for (other, second), far in rates.items():
                if (level, second) in rates and (other, weekday) in rates:
                    assert abs(rate * far - rates[level, second] * rates[other, weekday]) < 1e-9
                if not weekdays and level == other:
                    assert abs(rate - far) < 1e-12


@pytest.mark.parametrize("days", [7, 8, 9])
def test_as_many_days_as_they_are_told_by_tell_nothing(days):
    """Two levels and seven weekdays use up eight days: the ninth is the first that tells how days differ."""
    place = np.arange(days)
    after = (place >= days - 2).astype(float)
    span = Span(place, after.astype(int), place % 7, 1 - after, after)
    values = np.random.default_rng(8).poisson(100.0, (1, days)).astype(float)
    found = usual_swing(values, np.ones_like(values), span)
    assert (found.df[0] > 0) == (not np.isnan(found.error[0])) == (days == 9)
