"""How much weeks differ by themselves, worked out place by place and week by week on small random levels."""

import math
import statistics

import numpy as np
import pytest

from ecops.review.decisions.verifying import spread
from ecops.review.decisions.verifying.spread import Estimate, Relative


def levels(random, before, gap, after, places, unknown=0.0):
    """Levels with memory, and the middles of their weeks; some weeks before the trouble unknown in the others."""
    level = np.zeros((places, before + (gap > 0) + after))
    for at in range(level.shape[1]):
        level[:, at] = random.choice([0.0, 0.7]) * level[:, at - 1] + random.normal(0, 0.1, places)
    level[1:, :before][random.random((places - 1, before)) < unknown] = np.nan
    time = np.r_[np.arange(-before, 0) - gap, [-gap / 2] if gap > 0 else [], np.arange(after)] + 0.5
    time[before : before + (gap > 0)] -= 0.5
    return level * random.uniform(0.3, 3, (places, 1)), time


def drawn_on(times, values, at):
    """The line of least squares at a time, or the mean of less than six weeks; its variance in units of one week's."""
    mean, count = statistics.fmean(values), len(values)
    if count < 6:
        return mean, 1 / count
    middle = statistics.fmean(times)
    away = [time - middle for time in times]
    slope = sum(one * value for one, value in zip(away, values, strict=True)) / sum(one**2 for one in away)
    return mean + slope * (at - middle), 1 / count + (at - middle) ** 2 / sum(one**2 for one in away)


def noise(values, times, after=()):
    """Mean square of the weeks about their line, and of the weeks after about their mean; degrees of freedom."""
    squares = sum((value - drawn_on(times, values, time)[0]) ** 2 for value, time in zip(values, times, strict=True))
    squares += sum((value - statistics.fmean(after)) ** 2 for value in after)
    freedom = max(len(values) - (2 if len(values) >= 6 else 1) + max(len(after) - 1, 0), 1)
    return squares / freedom, freedom


def joined(*parts):
    total = sum(variance for variance, _ in parts)
    bread = sum(variance**2 / freedom for variance, freedom in parts)
    return total, total**2 / bread if bread else math.inf


def drift(values, variances):
    """Paule and Mandel's, by halving: the variance between at which Q is what it should be."""

    def excess(between):
        weights = [1 / (variance + between) for variance in variances]
        mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)
        squares = (weight * (value - mean) ** 2 for weight, value in zip(weights, values, strict=True))
        return sum(squares) - (len(values) - 1)

    low, high = 0.0, max(values) ** 2 + min(values) ** 2 + 1
    if excess(low) <= 0:
        return 0.0
    for _ in range(60):
        low, high = ((low + high) / 2, high) if excess((low + high) / 2) > 0 else (low, (low + high) / 2)
    return low


def with_drift(values, variances, freedom, share):
    others = [place for place in range(1, len(values)) if variances[place] is not None]
    parts = [(variances[0], freedom)]
    if len(others) >= 3:
        between = drift([values[place] for place in others], [variances[place] for place in others])
        parts.append((between * (1 + share), len(others) - 1))
    return values[0], *joined(*parts)


def contrast_by_loops(found, part, weeks, *, memory):
    time, before = list(found.time), found.before
    at, length = statistics.fmean(time[part]), part.stop - part.start
    window = min(length, max((before - 6) // 2, 1))
    gap = min(max(round(time[part.start] - time[before - 1]) - 1, 0), max(before - 6 - window - 2, 0))
    values, variances, ratios, factor = [], [], [], 1.0
    for place, level in enumerate(found.level):
        early, late = list(level[:before]), list(level[part])
        if not all(map(math.isfinite, early)):
            values.append(None)
            variances.append(None)
            continue
        line, wide = drawn_on(time[:before], early, at)
        week, freedom = noise(early, time[:before], late if weeks is None else ())
        week = max(week, 1e-18, found.noise if place == 0 else 0.0)
        values.append(statistics.fmean(late) - line)
        variances.append(week * (wide + 1 / (length if weeks is None else weeks)))
        missed = []
        for cut in range(6, before - gap - window + 1):
            span = slice(cut + gap, cut + gap + window)
            usual, width = drawn_on(time[:cut], early[:cut], statistics.fmean(time[span]))
            missed.append((statistics.fmean(early[span]) - usual) ** 2 / (width + 1 / window) / week)
        if missed:
            ratios.append(statistics.fmean(missed))
    if memory and ratios:
        factor = ratios[0] if ratios[0] > 2 else max(statistics.fmean(ratios), 1.0)
    grown = [None if variance is None else variance * factor for variance in variances]
    return with_drift(values, grown, freedom, found.share)


def told(estimate):
    return estimate.value, estimate.variance, estimate.freedom


def cases(seed, count, unknown=0.0, before=(1, 18)):
    """Random levels with the blocks of their trouble and of the weeks after it."""
    random = np.random.default_rng(seed)
    for number in range(count):
        weeks, gap, after = int(random.integers(*before)), random.choice([0.0, 3 / 7, 1, 2, 4]), 1 + number % 5
        level, time = levels(random, weeks, gap, after, int(random.integers(1, 7)), unknown)
        found = Relative(level, time, weeks, float(random.choice([0.0, 0.4])), float(random.choice([0.0, 0.02])))
        inside = slice(weeks, weeks + 1) if gap > 0 else None
        yield found, inside, slice(weeks + (gap > 0), len(time)), max(float(gap), 1 / 7)


def test_a_contrast_is_that_of_lines_windows_and_places():
    factors = []
    for found, trouble, after, weeks in cases(1, 80, unknown=0.02):
        for part, stands_for in ((after, None), *([] if trouble is None else [(trouble, weeks)])):
            for memory in (True, False):
                estimate = spread.contrast(found, part, weeks=stands_for, memory=memory)
                assert told(estimate) == pytest.approx(contrast_by_loops(found, part, stands_for, memory=memory))
            factors.append(spread.contrast(found, part, weeks=stands_for).variance / estimate.variance)
    assert factors.count(1.0) > 5
    assert max(factors) > 2


def test_a_step_out_of_the_trouble_is_that_of_means():
    for found, trouble, after, weeks in cases(2, 40, unknown=0.02):
        if trouble is None:
            continue
        values, variances = [], []
        for place, level in enumerate(found.level):
            early = list(level[: found.before])
            values.append(statistics.fmean(level[after]) - level[trouble.start])
            week, freedom = noise(early, list(found.time[: found.before])) if np.isfinite(early).all() else (None, 0)
            if place == 0:
                week, own = max(week, found.noise), freedom
            variances.append(None if week is None else max(week, 1e-18) * (1 / (after.stop - after.start) + 1 / weeks))
        expected = with_drift(values, variances, own, found.share)
        assert told(spread.step(found, trouble, after, weeks)) == pytest.approx(expected)


def test_the_last_weeks_are_drawn_on_alone_and_their_slope_held_against_all():
    slopes = []
    for found, trouble, after, weeks in cases(3, 60):
        left_out = weeks if trouble is not None and found.before % 3 else 0.0
        lately = list(range(max(found.before - 8, 0), found.before + (left_out > 0)))
        counts = np.array([left_out if at == found.before else 1.0 for at in lately])
        times, values = found.time[lately], found.level[0, lately]
        middle = np.average(times, weights=counts)
        sharp = (counts * (times - middle) ** 2).sum()
        slope = (counts * (times - middle) * values).sum() / sharp if len(lately) > 1 else 0.0
        at = statistics.fmean(found.time[after])
        sloped = len(lately) >= 6
        line = np.average(values, weights=counts) + (slope * (at - middle) if sloped else 0.0)
        wide = 1 / counts.sum() + ((at - middle) ** 2 / sharp if sloped else 0.0)
        early, before = list(found.level[0, : found.before]), list(found.time[: found.before])
        week, freedom = noise(early, before, list(found.level[0, after]))
        week = max(week, found.noise, 1e-18)
        estimate = spread.recent(found, after, left_out)
        expected = (found.level[0, after].mean() - line, week * (wide + 1 / (after.stop - after.start)), freedom)
        assert told(estimate) == pytest.approx(expected)
        assert spread.noise(found) == pytest.approx((max(noise(early, before)[0], found.noise, 1e-18),
                                                     noise(early, before)[1]))  # fmt: skip
        steeper = 0.0
        if found.before > 8:
            every = np.polynomial.Polynomial.fit(before, early, 1).convert().coef[1]
            steeper = (slope - every) * math.sqrt(sharp / max(noise(early, before)[0], found.noise))
        assert spread.steeper(found, left_out) == pytest.approx(steeper)
        slopes.append(steeper)
    assert min(slopes) < 0 < max(slopes)


def test_falls_are_those_below_each_places_own_line():
    for found, trouble, _, _ in cases(4, 40):
        if trouble is None:
            continue
        fell, errors, freedom = spread.falls(found.level, found.time, found.before, trouble)
        for place, level in enumerate(found.level):
            early, time = list(level[: found.before]), list(found.time[: found.before])
            line, wide = drawn_on(time, early, found.time[found.before])
            week, known = noise(early, time)
            assert fell[place] == pytest.approx(level[found.before] - line)
            assert errors[place] == pytest.approx(math.sqrt(max(week, 1e-18) * (wide + 1)))
            assert freedom == known


def relative_by_loops(level, before):
    """The places less the weighted mean of the others, and the largest sum of squared shares."""
    centred = [row - statistics.fmean(row[:before][np.isfinite(row[:before])]) for row in level[1:]]
    early = [row[:before] for row in centred]
    whole = [row for row in early if np.isfinite(row).all()]
    weights = [1.0] * len(early)
    if len(whole) >= 3 and before >= 3:
        usual = [statistics.median(row[at] for row in whole) for at in range(before)]

        def restless(row):
            moves = [row[at + 1] - usual[at + 1] - row[at] + usual[at] for at in range(before - 1)]
            known = [move**2 for move in moves if math.isfinite(move)]
            return statistics.fmean(known) if known else math.inf

        middle = statistics.median(restless(row) for row in whole)
        weights = [1 / max(restless(row), middle / 4) for row in early] if middle > 0 else weights
    rows, share = [], 0.0
    for place in range(len(level)):
        row = []
        for block in range(level.shape[1]):
            others = [
                (weight, one[block])
                for number, (weight, one) in enumerate(zip(weights, centred, strict=True), 1)
                if number != place and math.isfinite(one[block])
            ]
            total = sum(weight for weight, _ in others)
            row.append(level[place, block] - (sum(part * one for part, one in others) / total if total else 0.0))
            if place == 0 and total:
                share = max(share, sum((part / total) ** 2 for part, _ in others))
        rows.append(row)
    return rows, share


def test_levels_are_held_against_quiet_places_most():
    random = np.random.default_rng(5)
    for number in range(60):
        before = int(random.integers(1, 9))
        level, time = levels(random, before, 1, 2, int(random.integers(1, 8)), [0.0, 0.15][number % 2])
        level[:, 0] = np.where(np.isfinite(level[:, :before]).any(axis=1), level[:, 0], 1.0)
        if number % 6 == 0:
            level[1:] = level[1:2]
        found = spread.relative(level, time, before, 0.01)
        rows, share = relative_by_loops(level, before)
        assert np.nan_to_num(found.level, nan=-99.0) == pytest.approx(np.nan_to_num(np.array(rows), nan=-99.0))
        assert (found.share, found.noise, found.before) == (pytest.approx(share), 0.01, before)


def test_the_difference_of_two_contrasts_adds_their_variances():
    one, other = Estimate(3.0, 0.4, 10.0), Estimate(1.0, 0.2, 4.0)
    # Satterthwaite: 0.6 squared over 0.4 squared / 10 + 0.2 squared / 4.
    assert told(one.minus(other)) == pytest.approx((2.0, 0.6, 0.36 / 0.026))
    assert told(Estimate(1.0, 0.0, 4.0).minus(Estimate(1.0, 0.0, 4.0))) == (0.0, 0.0, math.inf)


def test_a_block_left_out_is_gone_from_levels_and_times():
    found = Relative(np.arange(10.0).reshape(2, 5), np.arange(5.0), 3, 0.2, 0.1)
    shorter = spread.without(found, 3)
    assert shorter.level.tolist() == [[0, 1, 2, 4], [5, 6, 7, 9]]
    assert (shorter.time.tolist(), shorter.before, shorter.share, shorter.noise) == ([0, 1, 2, 4], 3, 0.2, 0.1)
