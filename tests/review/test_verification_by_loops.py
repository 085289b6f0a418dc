"""What the verification of actions rests on, held against plain loops on small random figures."""

import datetime as dt
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.review.decisions.verifying import events, levels, nothing, timing
from ecops.review.decisions.verifying.events import Event
from ecops.review.decisions.verifying.levels import Days

START = dt.date(2026, 11, 2)


def figures(random, places, length, gone=0.1, empty=0.05, level=40.0):
    """A rate by place and day: some days not known, some without anybody, some without a success."""
    people = random.integers(20, 60, (places, length)).astype(float)
    top = random.poisson(people * level / 100 * random.uniform(0.5, 1.5, (places, 1))).astype(float)
    top[random.random((places, length)) < empty] = 0.0
    nobody = random.random((places, length)) < empty
    known = random.random((places, length)) >= gone
    there = known & ~nobody
    return Days(START, np.where(there, top, 0.0), np.where(there, people, 0.0), known, rate=True)


def contradicted_by_loops(event, days, healthy):
    inside, usual = [], []
    for number in range(days.length):
        if not days.known[0, number] or not days.denominator[0, number]:
            continue
        rate = days.numerator[0, number] / days.denominator[0, number]
        if event.start <= days.day(number) <= event.end:
            inside.append(rate)
        elif healthy[0] <= number < healthy[1]:
            usual.append(rate)
    if not inside or len(usual) < 7:
        return False
    more = statistics.fmean(inside) - statistics.fmean(usual)
    limit = 2 * statistics.stdev(usual) / math.sqrt(len(inside))
    if event.kind in {"stock_out", "failure"}:
        return more > limit
    return event.kind in {"promotion", "campaign", "launch"} and more < -limit


def test_a_calendar_is_contradicted_where_the_days_of_the_event_are_two_errors_off():
    random = np.random.default_rng(1)
    told = []
    for _ in range(300):
        days = figures(random, 2, int(random.integers(9, 30)), level=random.choice([5.0, 40.0]))
        begin = int(random.integers(-2, days.length))
        kind = str(random.choice(["stock_out", "failure", "promotion", "campaign", "launch", "other"]))
        event = Event("x", kind, days.day(begin), days.day(begin + int(random.integers(0, 4))))
        # The other days move against those of the event, so that both answers are often near the limit.
        inside = events.on([event], days)
        days.numerator[0, inside] *= random.choice([0.6, 1.0, 1.5])
        healthy = (int(random.integers(0, 4)), days.length - int(random.integers(0, 4)))
        told.append(events.contradicted(event, days, healthy))
        assert told[-1] == contradicted_by_loops(event, days, healthy)
    assert 15 < sum(told) < 150


@pytest.mark.parametrize(("kind", "value", "expected"), [
    ("stock_out", 12.0, False), ("stock_out", 12.1, True), ("promotion", 8.0, False), ("promotion", 7.9, True),
])  # fmt: skip
def test_two_errors_exactly_are_no_contradiction(kind, value, expected):
    # Seven days about 10 with a standard deviation of root (6 / 6) = 1.
    values = np.array([[9.0, 11.0, 9.0, 11.0, 9.0, 11.0, 10.0, value]])
    days = Days(START, values, np.ones((1, 8)), np.ones((1, 8), dtype=bool), rate=False)
    assert events.contradicted(Event("x", kind, days.day(7), days.day(7)), days, (0, 7)) is expected


def test_a_day_without_anybody_says_nothing_about_a_promotion():
    days = Days(START, np.r_[np.tile([4.0, 5.0], 5), 0.0][None], np.r_[np.full(10, 50.0), 0.0][None],
                np.ones((1, 11), dtype=bool), rate=True)  # fmt: skip
    assert not events.contradicted(Event("x", "promotion", days.day(10), days.day(10)), days, (0, 10))


def test_an_event_keeps_its_names_and_its_kind():
    row = {"name": "专场", "name_en": "Brand day", "kind": "launch", "starts_on": START, "ends_on": START}
    (event,) = events.own([row], {}, [])
    assert (event.name, event.name.en) == ("专场", "Brand day")
    assert (event.kind, event.start, event.end) == ("launch", START, START)
    (bare,) = events.own([row | {"name_en": None, "kind": None}], {}, [])
    assert (bare.name.en, bare.kind) == ("", "other")


def turned_by_loops(days, healthy, searched, start, sign):
    """Every cut of the days tried: day, limits and timing; None when nothing turned for the better."""

    def against_usual(place, number):
        same = [day for day in range(*healthy) if (day - number) % 7 == 0]
        people = sum(days.denominator[place, same])
        expected = sum(days.numerator[place, same]) / people * days.denominator[place, number] if people else 0
        return days.numerator[place, number] / expected if days.known[place, number] and expected > 0 else None

    values, numbers = [], []
    for number in range(*searched):
        own = against_usual(0, number)
        others = [against_usual(place, number) for place in range(1, len(days.known))]
        others = [other for other in others if other is not None]
        beside = statistics.fmean(others) if others else 1.0
        if own is not None and beside > 0:
            values.append(own / beside)
            numbers.append(number)
    count = len(values)
    if count < 6:
        return None
    fits = {}
    for cut in range(3, count - 2):
        left, right = statistics.fmean(values[:cut]), statistics.fmean(values[cut:])
        rest = [value - (left if at < cut else right) for at, value in enumerate(values)]
        fits[cut] = (sum(miss**2 for miss in rest), right - left, rest)
    best = min(fits, key=lambda cut: fits[cut][0])
    least, step, rest = fits[best]
    if sign * step <= 0:
        return None
    lag = sum(one * other for one, other in zip(rest[1:], rest, strict=False)) / least
    lag = min(max(lag, 0), 0.8) if count >= 8 else 0
    limit = 7.3522 * least / (count - 2) * (1 + lag) / (1 - lag)
    possible = [numbers[cut] for cut, (miss, _, _) in fits.items() if miss - least <= limit]
    low, high = possible[0], possible[-1]
    line = np.polynomial.Polynomial.fit(time := np.arange(count), values, 1)
    told = "earlier" if high < start else "later" if low > start else "fits"
    if high - low > 14 or ((line(time) - values) ** 2).sum() <= least:
        told = "unclear"
    return numbers[best], low, high, told


def test_a_turn_is_the_best_of_every_day_tried():
    random = np.random.default_rng(2)
    seen = []
    for _ in range(150):
        length = int(random.integers(40, 75))
        days = figures(random, int(random.integers(1, 5)), length, gone=random.choice([0.0, 0.2]))
        healthy = (int(random.integers(0, 4)), int(random.integers(18, 30)))
        searched = (healthy[1] + int(random.integers(0, 3)), length - int(random.integers(0, 12)))
        start, sign = int(random.integers(healthy[1], length)), float(random.choice([1.0, -1.0]))
        days.numerator[0, int(random.integers(healthy[1], length)) :] *= random.choice([0.5, 1.0, 2.0, 3.0])
        if random.random() < 0.2:  # Amounts, of which more is taken back than sold on some weekdays.
            days.numerator[:] = np.where(days.known, (days.numerator - 15) * 0.01, 0.0)
        found = timing.onset(days, healthy, searched, start, sign)
        expected = turned_by_loops(days, healthy, searched, start, sign)
        if expected is None:
            assert found is None
            continue
        assert tuple(days.number(day) for day in (found.day, found.low, found.high)) == expected[:3]
        assert found.timing == expected[3]
        seen.append(found.timing)
    assert {told: seen.count(told) > 5 for told in ("fits", "earlier", "later", "unclear")} == dict.fromkeys(
        ("fits", "earlier", "later", "unclear"), True
    )


def test_a_step_is_told_from_a_straight_line_exactly_where_the_one_fits_better():
    """From a step to a straight line in eighty parts."""
    timings = []
    for share in np.linspace(0.3, 0.7, 80):
        step, line = np.where(np.arange(13) < 6, -0.5, 0.5), np.linspace(-0.7, 0.7, 13)
        level = np.r_[np.ones(14), 1.0 + 0.3 * (share * line + (1 - share) * step)]
        days = Days(START, 100 * level[None], np.ones((1, 27)), np.ones((1, 27), dtype=bool), rate=False)
        found = timing.onset(days, (0, 14), (14, 27), 20)
        assert found.timing == turned_by_loops(days, (0, 14), (14, 27), 20, 1.0)[3]
        timings.append(found.timing)
    assert {"unclear", "fits"} == set(timings)


def test_days_that_stay_as_they_are_have_no_turn():
    days = Days(START, np.full((1, 28), 4.0), np.ones((1, 28)), np.ones((1, 28), dtype=bool), rate=False)
    assert timing.onset(days, (0, 14), (14, 28), 21) is None


def test_fourteen_days_are_the_widest_interval_that_says_when():
    noise = np.random.default_rng(6).normal(0, 1, 40)
    widths = {}
    for size in np.linspace(0.3, 1.2, 60):
        level = np.r_[np.ones(14), np.where(np.arange(40) < 20, 1.0, 2.0) + size * noise]
        days = Days(START, level[None], np.ones((1, 54)), np.ones((1, 54), dtype=bool), rate=False)
        found = timing.onset(days, (0, 14), (14, 54), 34)
        expected = turned_by_loops(days, (0, 14), (14, 54), 34, 1.0)
        assert (days.number(found.low), days.number(found.high), found.timing) == expected[1:]
        widths.setdefault((found.high - found.low).days, found.timing)
    assert (widths[14], widths[15]) == ("fits", "unclear")


def test_the_memory_of_days_is_never_taken_for_more_than_0_8():
    wave = 1.0 + 0.2 * np.sin((np.arange(60) / 60 + 0.6) * 2 * math.pi)
    days = Days(START, np.r_[np.ones(14), wave][None], np.ones((1, 74)), np.ones((1, 74), dtype=bool), rate=False)
    found = timing.onset(days, (0, 14), (14, 74), 40)
    expected = turned_by_loops(days, (0, 14), (14, 74), 40, 1.0)
    assert tuple(days.number(one) for one in (found.day, found.low, found.high)) == expected[:3]


def side_by_loops(days, window):
    """Total, people, variance of its logarithm, degrees of freedom and size of an event."""
    there = [number for number in range(*window) if days.known[0, number]]
    y, people = ([float(part[0, number]) for number in there] for part in (days.numerator, days.denominator))
    total, whole, freedom = sum(y), sum(people), max(len(y) - 1, 1)
    if total <= 0:
        return 0.0, whole, math.nan, math.nan, math.nan
    noise = sum((one - out_of * total / whole) ** 2 for one, out_of in zip(y, people, strict=True)) * len(y) / freedom
    counts = all(one == int(one) for one in y)
    if counts and total <= whole:
        noise = max(noise, total * max(1 - total / whole, 0.5 / whole))
    return total, whole, noise / total**2, freedom, max(noise / total, 1.0) if counts else noise / total


def out_of_nothing_by_loops(days, before, after):
    """Ratio and gain with their limits where a side has nothing: Poisson and t limits of half the error each."""
    first, last = side_by_loops(days, before), side_by_loops(days, after)
    moves = []
    for place in range(1, len(days.known)):
        then, now = ((days.numerator[place, slice(*window)].sum(), days.denominator[place, slice(*window)].sum())
                     for window in (before, after))  # fmt: skip
        if then[0] > 0 and now[0] > 0:
            moves.append(math.log(now[0] / now[1]) - math.log(then[0] / then[1]))
    shift = statistics.fmean(moves) if moves else 0.0
    spare = statistics.variance(moves) * (1 + 1 / len(moves)) if len(moves) > 1 else 0.0
    seen = first if last[0] == 0 else last
    both = seen[2] + spare
    freedom = both**2 / (seen[2] ** 2 / seen[3] + (spare**2 / (len(moves) - 1) if spare else 0.0))
    error = stats.t.ppf(1 - 0.025 / 2, freedom) * math.sqrt(both)
    rate = seen[0] / seen[1]
    if last[0] == 0:
        value, low, high = (rate * math.exp(shift + side * error) for side in (0, -1, 1))
        most = -math.log(0.0125) * first[4] / last[1]
        return (0.0, 0.0, most / low), (-value, -high, most - low)
    least = rate * math.exp(-shift - error) / (-math.log(0.0125) * last[4] / first[1])
    return (math.inf, least, math.inf), (rate, rate - rate / least, rate)


def test_what_falls_to_nothing_or_rises_from_it_has_limits_of_half_the_error_each():
    random = np.random.default_rng(3)
    for round_ in range(60):
        days = figures(random, int(random.integers(1, 6)), 30, level=random.choice([2.0, 40.0, 95.0]))
        if round_ % 3 == 0:
            days.denominator[:] = days.known  # a sum a day
        if round_ % 4 == 0:
            days.numerator[:] *= 1.01  # money
        if round_ % 5 == 0:
            np.minimum(days.numerator, days.denominator, out=days.numerator)
        cut = int(random.integers(8, 24))
        empty = (0, cut) if round_ % 2 else (cut, 30)
        days.numerator[0, slice(*empty)] = 0.0
        found = nothing.effect(days, (0, cut), (cut, 30))
        ratio, gain = out_of_nothing_by_loops(days, (0, cut), (cut, 30))
        assert (found.ratio, found.gain) == (pytest.approx(ratio), pytest.approx(gain))
    nobody = nothing.effect(figures(random, 2, 20, level=0.0), (0, 10), (10, 20))
    assert all(math.isnan(part) for part in (*nobody.ratio, *nobody.gain))


def test_one_day_with_every_success_is_a_side_of_its_own():
    days = Days(START, np.array([[5.0]]), np.array([[5.0]]), np.ones((1, 1), dtype=bool), rate=True)
    found = nothing.side(days, (0, 1))
    # Five of five: half a miss in five, so a variance of 5 x 0.1.
    assert (found.total, found.exposure, found.freedom) == (5, 5, 1)
    assert (found.variance, found.event) == (pytest.approx(0.5 / 25), 1.0)


def test_a_side_of_more_refunds_than_sales_has_nothing_in_it():
    def money(*values):
        ones = np.ones((1, len(values)))
        return Days(START, np.array([values]), ones, ones > 0, rate=False)

    found = nothing.side(money(-3.0, 1.0), (0, 2))
    assert (found.total, found.exposure) == (0, 2)
    assert all(math.isnan(part) for part in (found.variance, found.freedom, found.event))
    # 0.25 and 0.35 lie 0.05 from 0.3: squares 0.005 x 2 / 1.
    little = nothing.side(money(0.25, 0.35), (0, 2))
    assert (little.total, little.variance, little.event) == pytest.approx((0.6, 0.01 / 0.36, 0.01 / 0.6))


def daily_by_loops(frames):
    """By place and day number the sums, None where a part is unknown; from the first to the last day of the first."""
    numbers = [day for day, *_ in frames[0]]
    axis = {number: at for at, number in enumerate(range(min(numbers), max(numbers) + 1))}
    sums = [{} for _ in frames]
    for place, rows in enumerate(frames):
        for number, top, below in rows:
            if number in axis:
                one, other = sums[place].get(axis[number], (0.0, 0.0))
                sums[place][axis[number]] = one + top, other + below
    return len(axis), [{at: pair for at, pair in of.items() if all(map(math.isfinite, pair))} for of in sums]


def test_days_are_the_sums_of_their_rows_on_the_axis_of_the_place():
    random = np.random.default_rng(4)
    for round_ in range(20):
        frames = []
        for _ in range(3):
            top = random.uniform(0, 9, 30)
            top[random.random(30) < 0.1] = random.choice([np.nan, np.inf])
            below = np.where(random.random(30) < 0.05, np.nan, 10.0)
            frames.append(list(zip(random.integers(20_000, 20_020, 30).tolist(), top, below, strict=True)))
        frames[0] = [row for row in frames[0] if 20_003 <= row[0] < 20_017]
        frames[2] = frames[2] if round_ % 4 else []
        rate = round_ % 2 == 0
        length, expected = daily_by_loops(frames)
        if not rate:
            frames = [[row[:2] for row in rows] for rows in frames]
            expected = daily_by_loops([[(*row, 1.0) for row in rows] for rows in frames])[1]
        own, *beside = (
            pd.DataFrame(rows, columns=["date", "numerator", "denominator"][: 2 + rate]).assign(
                date=lambda frame: pd.to_datetime(frame["date"], unit="D")
            )
            for rows in frames
        )
        found = levels.daily(own, {str(number): frame for number, frame in enumerate(beside)})
        assert (found.length, found.rate) == (length, rate)
        assert found.first == dt.date(1970, 1, 1) + dt.timedelta(days=min(row[0] for row in frames[0]))
        for place in range(3):
            assert np.flatnonzero(found.known[place]).tolist() == sorted(expected[place])
            for at in range(length):
                top, below = expected[place].get(at, (0.0, 0.0))
                below = below if rate else float(at in expected[place])
                assert (found.numerator[place, at], found.denominator[place, at]) == (pytest.approx(top), below)


def blocks_by_loops(days, start, onset, most):
    """Spans, levels by place and block (None where unknown), and how often a weekday pattern was known."""
    weeks = min(most, onset // 7)
    spans = [(onset - 7 * (weeks - number), onset - 7 * (weeks - number) + 7) for number in range(weeks)]
    spans += [(onset, start)] if onset < start else []
    spans += [(begin, begin + 7) for begin in range(start, days.length - 6, 7)]
    found = []
    for top, below, known in zip(days.numerator, days.denominator, days.known, strict=True):
        usual = [1.0] * days.length
        baseline = range(onset - 7 * weeks, onset)
        for number in range(days.length) if weeks >= 4 else ():
            same = [day for day in baseline if day % 7 == number % 7]
            if sum(below[same]) and sum(top[baseline]):
                times = sum(top[same]) / sum(below[same]) / (sum(top[baseline]) / sum(below[baseline]))
                usual[number] = times if times > 0 else 1.0
        sums = []
        for begin, end in spans:
            there = sum(known[begin:end]) >= min(4, end - begin)
            expected = sum(below[day] * usual[day] for day in range(begin, end))
            total = round(sum(top[begin:end]), 12)  # what rounding leaves is nothing
            sums.append((total, expected) if there and expected > 0 and total >= 0 else None)
        happened = sorted(value for value in top if value > 0)
        none = any(pair is not None and pair[0] <= 0 for pair in sums)
        more = (np.percentile(happened, 10) if happened else 1.0) / 2 if none else 0.0
        found.append([None if pair is None else math.log((pair[0] + more) / pair[1]) for pair in sums])
    return spans, found


def test_levels_are_logarithms_of_weeks_over_their_usual_weekdays():
    random = np.random.default_rng(5)
    for round_ in range(60):
        gone, empty = random.choice([0.1, 0.4], 2)
        days = figures(
            random, 3, int(random.integers(30, 80)), gone=gone, empty=empty, level=random.choice([1.0, 30.0])
        )
        start = int(random.integers(8, days.length - 7))
        onset = start - int(random.choice([0, 0, 1, 3, 7, 9])) if start > 9 else start
        if round_ % 5 == 0:
            days.numerator[:, start - 7 : start + 7] = 0.0
        days.numerator[2, days.numerator[2] > 0] += 0.5
        if round_ % 3 == 0:  # Small amounts, of which more is taken back in some weeks.
            days.numerator[1] = np.where(days.known[1], (days.numerator[1] - np.median(days.numerator[1])) * 0.02, 0.0)
        most = int(random.integers(1, 9))
        found = levels.blocks(days, start, onset, most)
        spans, expected = blocks_by_loops(days, start, onset, most)
        assert np.where(np.isfinite(found.level), found.level, -99.0) == pytest.approx(
            np.array([[-99.0 if level is None else level for level in row] for row in expected])
        )
        assert found.time == pytest.approx([((begin + end) / 2 - start) / 7 for begin, end in spans])
        assert found.weight == pytest.approx([max(days.known[0, begin:end].sum(), 1) / 7 for begin, end in spans])
        assert found.total == pytest.approx([days.numerator[0, begin:end].sum() for begin, end in spans])
        assert found.exposure == pytest.approx([days.denominator[0, begin:end].sum() for begin, end in spans])
        assert (found.before, found.after) == (min(most, onset // 7), (days.length - start) // 7)
        assert (found.trouble, found.money) == (onset < start, False)
        assert levels.blocks(days.only(np.array([2, 0])), start, onset, most).money


def test_what_rounding_leaves_of_amounts_that_were_all_taken_back_is_nothing():
    values = np.zeros((1, 42))
    values[0, 14:17] = 0.1, 0.2, -0.3  # 5.6e-17 in binary numbers, and so is all that was sold
    days = Days(START, values, np.ones((1, 42)), np.ones((1, 42), dtype=bool), rate=False)
    assert levels.blocks(days, 35, 35, 9).total.tolist() == [0.0] * 6
