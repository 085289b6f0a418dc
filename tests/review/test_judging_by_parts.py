"""Verdicts put together step by step from the levels and their noise, which have tests of their own."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops.periods import Period
from ecops.review.decisions.verification import Known, verify
from ecops.review.decisions.verifying import events, levels, nothing, spread, timing
from ecops.review.decisions.verifying.around import around
from ecops.review.decisions.verifying.events import Event
from ecops.review.decisions.verifying.judging import judged

FIRST = dt.date(2026, 7, 6)


def day(number):
    return FIRST + dt.timedelta(days=int(number))


def shop(random, *, rate=None, places=None, length=None):
    """Figures of a place with a trouble now and then, of places beside it that may share it, and the days of both."""
    before, trouble, after = (
        int(random.integers(3, 13)) * 7,
        int(random.choice([0, 3, 7, 10])),
        random.integers(1, 5) * 7,
    )
    start = before + trouble + int(random.integers(0, 3))
    length = int(start + after + random.integers(0, 3)) if length is None else length
    places = int(random.integers(1, 6)) if places is None else places
    rate = bool(random.random() < 0.4) if rate is None else rate
    level = np.full((places, length), random.choice([30.0, 150.0]))
    level *= np.exp(random.normal(0, random.choice([0.02, 0.15]), (places, length // 7 + 1)))[:, np.arange(length) // 7]
    deep = random.choice([0.4, 0.7, 1.0])
    level[0, start - trouble : start] *= deep
    level[0, start:] *= random.choice([0.5, 1.0, 1.0, 1.4])
    for place in range(1, places):
        if random.random() < 0.5:
            level[place, start - trouble : random.choice([start, start + 7, length])] *= deep
    if random.random() < 0.2:
        level[0, start + 7 : start + 14] *= 2
    if random.random() < 0.2:
        level[0] *= np.exp(0.02 * np.maximum(np.arange(length) - start + 40, 0) / 7)
    people = np.where(rate, random.integers(400, 500, (places, length)), 1.0)
    top = random.poisson(level).astype(float) if rate or random.random() < 0.7 else level
    known = random.random((places, length)) > random.choice([0.0, 0.03])
    frames = []
    for place in range(places):
        frame = pd.DataFrame({"date": [day(at) for at in range(length)], "numerator": top[place]})
        frame = frame.assign(denominator=people[place]) if rate else frame
        frames.append(frame[known[place]])
    # A trouble told of that begins with the action is none.
    since = random.choice([None, day(start)]) if not trouble else day(start - trouble + int(random.choice([0, 0, 2])))
    since = None if random.random() < 0.2 else since
    return frames[0], {f"b{place}": frame for place, frame in enumerate(frames[1:])}, start, since


def limits(estimate, level=0.95):
    half = stats.t.ppf(0.5 + level / 2, estimate.freedom) * math.sqrt(estimate.variance)
    return estimate.value - half, estimate.value + half


def compared(parts):
    """Places known since the trouble and in more than half of the weeks before."""
    rows = []
    for row, level in enumerate(parts.level):
        known = [math.isfinite(value) for value in level]
        if sum(known[: parts.before]) > parts.before / 2 and all(known[parts.before :]):
            rows.append(row)
    return rows


def around_by_parts(days, start, since, sign):
    """Onset, whether a trouble was told of, and the kept blocks."""

    def kept(onset):
        parts = levels.blocks(days, start, onset, 26)
        there = [at for at, level in enumerate(parts.level[0]) if math.isfinite(level)]
        trouble = onset < start and parts.before in there
        before = len([at for at in there if at < parts.before])
        return dataclasses.replace(
            parts, level=parts.level[:, there], time=parts.time[there], weight=parts.weight[there],
            total=parts.total[there], exposure=parts.exposure[there], before=before,
            after=len(there) - before - trouble, trouble=trouble,
        )  # fmt: skip

    def low(parts):
        last = parts.before - 1
        rows = [sign * parts.level[row, : parts.before] for row in compared(parts)]
        found = spread.contrast(
            spread.relative(np.array(rows), parts.time[: parts.before], last, 0.0), slice(last, last + 1), memory=False
        )
        return found.value < -math.sqrt(found.variance)

    onset = start - 14 if start >= 56 else start
    if since is not None:
        onset = min(max((since - days.first).days, 0), start)
    parts = kept(onset)
    if parts.before < 2 and onset < start:
        onset, parts = start, kept(start)
    if parts.before < 1 or parts.after < 1 or parts.before + parts.after < 3:
        return None
    for _ in range(4):
        if onset < start and parts.before > 6 and low(parts):
            onset -= 7
            parts = kept(onset)
        else:
            break
    return onset, since is not None and onset < start, parts


def test_the_weeks_around_an_action_are_those_with_figures():
    random = np.random.default_rng(1)
    longer = 0
    for _ in range(60):
        own, beside, start, since = shop(random)
        if random.random() < 0.3:
            own = own[(own["date"] < day(random.integers(0, start))) | (own["date"] >= day(start - 7))]
        own = own[own["date"] >= day(random.choice([0, 7, start - 15]))]
        days = levels.daily(own, beside)
        begin, sign = days.number(day(start)), float(random.choice([1.0, -1.0]))
        found, expected = around(days, begin, since, sign), around_by_parts(days, begin, since, sign)
        assert (found is None) is (expected is None)
        if found is None:
            continue
        onset, told, parts = expected
        longer += since is not None and onset < days.number(since)
        assert (found.onset, found.told, found.start, found.sign) == (onset, told, begin, sign)
        for name in ("level", "time", "weight", "total", "exposure"):
            assert np.array_equal(getattr(found.parts, name), getattr(parts, name), equal_nan=True)
        kept = ("before", "after", "trouble", "money")
        assert [getattr(found.parts, name) for name in kept] == [getattr(parts, name) for name in kept]
        count = len(parts.time)
        assert list(range(count))[found.after] == list(range(count - parts.after, count))
        assert found.trouble == (slice(parts.before, parts.before + 1) if parts.trouble else None)
        assert found.healthy == (onset - 7 * min(26, onset // 7), onset)
        assert found.window == (begin, begin + (days.length - begin) // 7 * 7)
        sums = (days.numerator[0, slice(*span)].sum() for span in (found.healthy, found.window))
        assert found.empty is any(total == 0 for total in sums)
        assert found.period((3, 10)) == Period(days.day(3), days.day(9))
    assert longer


def unsigned(estimate, sign):
    low, high = limits(estimate)
    ends = [math.exp(sign * low), math.exp(sign * high)]
    return math.exp(sign * estimate.value), min(ends), max(ends)


def week_counted(found):
    """Variance of the logarithm of a week's sum if its events were independent; amounts of money say nothing of it."""
    there = [at for at in range(found.healthy[0], found.window[1]) if found.days.known[0, at]]
    y, people = found.days.numerator[0, there], found.days.denominator[0, there]
    counted = nothing.counting(y, people) if found.days.rate else 0.0 if found.parts.money else y.sum()
    return counted / y.sum() ** 2 * len(there) / 7


def lone_week(relative, count):
    """The block among the last ones that is beyond the chance of the best of so many weeks, and above its line."""
    late = range(len(relative.time) - count, len(relative.time))
    if count < 2 or relative.before < 6:
        return None
    best = max(late, key=lambda at: relative.level[0, at])
    others = [relative.level[0, at] for at in late if at != best]
    variance, freedom = spread.noise(relative)
    limit = stats.t.ppf(1 - 0.01 / count, freedom) * math.sqrt(variance * (1 + 1 / len(others)))
    above = spread.contrast(relative, slice(best, best + 1), memory=False)
    stands_out = relative.level[0, best] - np.mean(others) > limit and limits(above)[0] > 0
    return best if stands_out else None


def with_same_trouble(found, rows):
    """Places that fell for sure beyond what the upper quarter did, and at least half as far as the first."""
    if found.trouble is None or len(rows) < 2:
        return []
    parts = found.parts
    fell, errors, freedom = spread.falls(found.sign * parts.level[rows], parts.time, parts.before, found.trouble)
    common = np.percentile(fell[1:], 75) if len(rows) > 2 else 0.0
    limit = stats.t.ppf(1 - 0.1 / (len(rows) - 1) / 2, freedom)
    own = fell[0] - common
    return [
        row
        for row, fall, error in zip(rows[1:], fell[1:], errors[1:], strict=True)
        if own < 0 and fall - common < -limit * error and fall - common < own / 2
    ]


def answers_by_parts(found, later):
    parts, trouble = found.parts, found.trouble
    rows = compared(parts)
    same = with_same_trouble(found, rows)
    beside = [row for row in rows if row == 0 or (row not in same and later[row - 1] is None)]

    def against(places):
        return spread.relative(found.sign * parts.level[places], parts.time, parts.before, week_counted(found))

    whole = against(beside)
    lone = lone_week(whole, parts.after)
    relative = whole if lone is None else spread.without(whole, lone)
    end = len(relative.time)
    after = slice(parts.before + parts.trouble, end)
    above = spread.contrast(relative, after)
    fall = rise = None
    left_out = 0.0
    ahead = []
    if trouble is not None:
        weeks = parts.weight[parts.before]
        fall, rise = spread.contrast(relative, trouble, weeks=weeks), spread.step(relative, trouble, after, weeks)
        left_out = weeks if fall.value >= 0 else 0.0
        for row in same:
            until = later[row - 1]
            without = [at for at in range(len(parts.time))[found.after]
                       if until is None or found.start + 7 * (parts.time[at] + 0.5) <= until + 0.01]  # fmt: skip
            if without:
                span = slice(without[0], without[-1] + 1)
                own, other = (spread.step(against([one, *beside[1:]]), trouble, span, weeks) for one in (0, row))
                ahead.append(own.minus(other))
    late = spread.contrast(relative, slice(end - (end - after.start + 1) // 2, end))
    steeper = spread.steeper(relative, left_out) > 0.5
    growing = steeper and limits(spread.recent(relative, after, left_out), 0.9)[0] <= 0
    surest = min(ahead, key=lambda one: one.variance, default=None)
    first = found.onset if found.told else max(found.start - 14, 0)
    return {
        "ratio": unsigned(above, found.sign),
        "rise": None if rise is None else unsigned(rise, found.sign),
        "good": limits(above)[0] > 0,
        "bad": limits(above)[1] < 0,
        "growing": growing or (fall is not None and limits(fall, 0.9)[0] > 0),
        "troubled": fall is not None and limits(fall, 0.9)[1] < 0,
        "risen": rise is not None and limits(rise, 0.9)[0] > 0,
        "back": fall is not None and late.value >= fall.value / 2 and limits(late)[1] >= 0,
        "ahead": surest is not None
        and limits(dataclasses.replace(surest, value=np.mean([one.value for one in ahead])))[0] > 0,
        "onset": timing.onset(found.days.only(np.array(beside)), found.healthy,
                              (first, min(found.start + 14, found.window[1])), found.start, found.sign),
        "controls": len(beside) - 1,
        "notes": lone is not None,
        "gain": None,
    }  # fmt: skip


@pytest.mark.parametrize("seed", [3, 4])
def test_the_answers_are_those_of_their_parts(seed):
    random = np.random.default_rng(seed)
    seen = {name: set() for name in ("good", "bad", "growing", "troubled", "risen", "back", "ahead", "notes")}
    for _ in range(70):
        own, beside, start, since = shop(random)
        if random.random() < 0.1:  # the history begins a week or two before the action
            own = own[own["date"] >= day(start - random.integers(7, 16))]
        days = levels.daily(own, beside)
        later = [days.number(day(start + random.integers(0, 25))) if random.random() < 0.3 else None for _ in beside]
        found = around(days, days.number(day(start)), since, float(random.choice([1.0, 1.0, -1.0])))
        if found is None or found.empty:
            continue
        answers, expected = judged(found, later), answers_by_parts(found, later)
        for name, value in expected.items():
            told = getattr(answers, name)
            if name in ("ratio", "rise"):
                assert told == pytest.approx(value)
            elif name == "notes":
                notes = [note.text("en") for note in told]
                assert notes == [LONE] * value
                seen[name].add(value)
            else:
                assert told == value, name
                seen.get(name, set()).add(bool(value))
    assert all(answers == {False, True} for answers in seen.values()), seen


LONE = "One week stands out and is left out; something of its own may have happened in it."


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(("before", "after"), [(0.0, 20.0), (20.0, 0.0), (0.0, 0.0)])
def test_where_a_side_is_empty_the_limits_of_nothing_answer(sign, before, after):
    note = {
        (0.0, 20.0): "There was nothing at all before the action; the interval allows for chance.",
        (20.0, 0.0): "Nothing at all came in since the action; the interval allows for chance.",
        (0.0, 0.0): "There was nothing here before the action, and nothing since.",
    }[before, after]
    values = np.random.default_rng(3).poisson(np.repeat([before, after], [56, 14])).astype(float)
    frame = pd.DataFrame({"date": [day(at) for at in range(70)], "numerator": values})
    days = levels.daily(frame, {"b": frame.assign(numerator=10.0)})
    found = around(days, 56, None, sign)
    answers, effect = judged(found, [None]), nothing.effect(days, found.healthy, found.window)
    assert (answers.ratio, answers.gain) == (pytest.approx(effect.ratio, nan_ok=True),
                                             pytest.approx(effect.gain, nan_ok=True))  # fmt: skip
    assert (answers.good, answers.bad) == (sign * (after - before) > 0, sign * (after - before) < 0)
    assert [one.text("en") for one in answers.notes] == [note]
    assert (answers.rise, answers.onset, answers.controls) == (None, None, 1)
    others = (answers.growing, answers.troubled, answers.risen, answers.back, answers.ahead)
    assert not any(others)


def test_few_events_on_one_side_are_good_or_bad_as_their_limits_say():
    lows, highs = [], []
    for count in range(1, 29):
        values = np.zeros(70)
        # Events on some of the fourteen days after the action, or on some of the six weeks before.
        place, number = (slice(56, 70), count) if count < 15 else (slice(0, 42), 3 * (count - 14))
        values[place][np.random.default_rng(count).permutation(values[place].size)[:number]] = 1.0
        days = levels.daily(pd.DataFrame({"date": [day(at) for at in range(70)], "numerator": values}), {})
        found = around(days, 56, None, 1.0)
        answers, (_, low, high) = judged(found, []), nothing.effect(days, found.healthy, found.window).ratio
        assert (answers.good, answers.bad) == (low > 1, high < 1)
        lows, highs = [*lows, low], [*highs, high]
    assert any(1 < low < 2 for low in lows)
    assert any(1 < high < 2 for high in highs)
    assert any(0 < high < 1 for high in highs)


def cleaned(days, start, happened):
    """Days without those of events, doubts and notes."""
    notes, near = [], []
    for one in happened:
        if one.end < one.start:
            notes.append(f"In the calendar {one.name} ends before it begins; the days between both are left out.")
        first, last = min(one.start, one.end), max(one.start, one.end)
        if days.number(first) < days.length:
            near.append(Event(one.name, one.kind, first, last))
    notes += [
        f"The calendar names {one.name}, but the figures of its days say the opposite. Please check."
        for one in near
        if events.contradicted(one, days, (0, start))
    ]
    marked = [any(one.start <= days.day(at) <= one.end for one in near) for at in range(days.length)]
    inside = [one.name for one in near if days.number(one.end) >= start]
    names = ", ".join(dict.fromkeys(inside))
    weeks = [range(at, at + 7) for at in range(start, days.length - 6, 7)]
    if not inside:
        return days.without(np.array(marked)), [], notes
    if any(sum(days.known[0, at] and not marked[at] for at in week) >= 4 for week in weeks):
        notes.append(f"The days of {names}, which touched this place alone, are left out.")
        return days.without(np.array(marked)), [], notes
    doubt = f"{names} touched this place alone in the same days: the two cannot be told apart."
    return days.without(np.array([*marked[:start], *[False] * (days.length - start)])), [doubt], notes


def doubts_by_parts(answers, parts, overlapping):
    doubts = []
    if overlapping:
        names = ", ".join(overlapping)
        doubts.append(f"Other actions in this place in the same weeks: {names}. Their parts cannot be told apart.")
    if parts.before < 6:
        weeks = "1 whole week" if parts.before == 1 else f"{parts.before} whole weeks"
        doubts.append(f"Only {weeks} before: 6 are needed to see whether it was not rising by itself.")
    if answers.good and answers.growing:
        doubts.append("It may have been rising by itself: the weeks just before the action point upwards.")
    if answers.onset is not None and answers.onset.timing == "earlier" and (answers.good or answers.ahead):
        doubts.append(EARLIER)
    return doubts


EARLIER = "It began to rise on"


def verdict_by_parts(answers, doubts, short):
    back = answers.risen and answers.back
    if answers.good:
        return "risen" if doubts else "worked"
    if back and answers.ahead and not doubts:
        return "worked"
    if back and answers.troubled:
        return "recovered"
    return "did_not_work" if (answers.bad and not answers.risen) or short else "no_evidence"


def caveats_by_parts(told, answers, values):
    texts = []
    if (values == 0).mean() > 0.5 and answers.gain is None:
        texts.append("On most days nothing happens here: only a very large change can be seen.")
    if answers.troubled and answers.risen and not answers.back:
        share = (told["after"] - told["during"]) / (told["counterfactual"] - told["during"])
        texts.append(f"About {share:.0%} of the fall is made good so far.")
    if told["verdict"] == "worked":
        texts.append(
            "A promotion or price change in this place alone that the calendar does not name would look the same."
        )
    if answers.controls < 3:
        segments = "1 untouched segment" if answers.controls == 1 else f"{answers.controls} untouched segments"
        texts.append(f"Only {segments} to compare with: other causes in the same weeks cannot be told apart.")
    return texts


def outcome_by_parts(days, start, controls, known, sign, expected, worth):
    """Fields of the outcome and the sentences below it; None where it is too early."""
    clean, doubts, notes = cleaned(days, start, known.events)
    found = around(clean, start, known.troubled_since, sign)
    if found is None:
        return None
    answers = judged(found, [clean.number(known.later[one]) if one in known.later else None for one in controls])
    parts = found.parts
    doubts += doubts_by_parts(answers, parts, known.overlapping)

    def level(blocks):
        return parts.total[blocks].sum() / parts.exposure[blocks].sum()

    since = slice(len(parts.time) - parts.after, len(parts.time))
    after = level(since)
    weekly_people = parts.exposure[since].sum() / parts.weight[since].sum()

    def money(gains):
        amounts = [part * weekly_people * worth for part in gains]
        return (amounts[0], min(amounts[1:]), max(amounts[1:])) if math.isfinite(amounts[0]) else None

    more = answers.gain or tuple(after - after / part for part in answers.ratio)
    rise = answers.rise and tuple(after - after / part for part in answers.rise)
    most = money(rise if answers.troubled else more)
    short = sign > 0 and most is not None and most[2] < expected / 2
    verdict = verdict_by_parts(answers, doubts, short)
    recovered = money(rise) if answers.risen and answers.troubled else None
    told = {
        "verdict": verdict,
        "change": answers.ratio[0] - 1,
        "ci": (answers.ratio[1] - 1, answers.ratio[2] - 1),
        "before": level(slice(max(parts.before - 4, 0), parts.before)),
        "during": level(found.trouble) if found.trouble else math.nan,
        "after": after,
        "counterfactual": after - more[0] if math.isfinite(more[0]) else after,
        "weekly": recovered if verdict == "worked" and not answers.good else money(more),
        "recovered": recovered,
        "baseline": found.period(found.healthy),
        "window": found.period(found.window),
        "trouble": found.period((found.onset, start)) if found.trouble else None,
        "onset": answers.onset if answers.good or answers.risen else None,
        "controls": answers.controls,
    }
    texts = [note.text("en") for note in answers.notes] + ([] if verdict == "worked" else doubts) + notes
    return told, texts + caveats_by_parts(told, answers, clean.numerator[0, clean.known[0]])


def random_known(random, start, since, beside):
    happened = []
    for number in range(int(random.choice([0, 0, 1, 2]))):
        begin = start + int(random.choice([-200, -30, -10, -3, 0, 3, 10, 40]))
        end = begin + int(random.choice([-2, 0, 3, 8, 30]))
        happened.append(Event(f"e{number}", str(random.choice(["promotion", "stock_out"])), day(begin), day(end)))
    later = {name: day(start + random.integers(0, 25)) for name in beside if random.random() < 0.2}
    return Known(since, happened, ["price", "coupon"] if random.random() < 0.15 else [], later)


@pytest.mark.parametrize("seed", [4, 5])
def test_an_outcome_is_that_of_its_parts(seed):
    random = np.random.default_rng(seed)
    verdicts, sentences = set(), set()
    for number in range(80):
        own, beside, start, since = shop(random)
        if number % 10 == 0:
            own = own.assign(numerator=np.where(random.random(len(own)) < 0.6, 0.0, own["numerator"]))
        if number % 13 == 0:
            own = own.assign(numerator=np.where(own["date"] >= day(start), 0.0, own["numerator"]))
        days = levels.daily(own, beside)
        known = random_known(random, start, since, beside)
        sign, worth = float(random.choice([1.0, 1.0, -1.0])), float(random.choice([2.0, -1.0, math.nan]))
        expected = float(random.choice([1e9, 20.0, math.nan]))
        outcome = verify(
            own, beside, day(start), known=known, direction="up" if sign > 0 else "down", expected_weekly=expected,
            worth=worth, currency="CNY",
        )  # fmt: skip
        found = outcome_by_parts(days, days.number(day(start)), beside, known, sign, expected, worth)
        if found is None:
            assert outcome.verdict == "too_early"
            continue
        told, texts = found
        for name, value in told.items():
            given = getattr(outcome, name)
            if name in ("weekly", "recovered") and given is not None:
                assert (given.currency, given.horizon) == ("CNY", "week")
                given = (given.value, given.low, given.high)
            number_told = value is not None and name not in ("verdict", "baseline", "window", "trouble", "onset")
            assert given == (pytest.approx(value, nan_ok=True) if number_told else value), name
        notes = [note.text("en") for note in outcome.notes]
        assert [EARLIER if note.startswith(EARLIER) else note for note in notes] == texts
        earned = outcome.weekly if outcome.verdict in ("worked", "did_not_work") else None
        assert outcome.earned == earned
        verdicts.add(outcome.verdict)
        sentences.update(text.split()[0] for text in texts)
    assert verdicts == {"worked", "recovered", "risen", "no_evidence", "did_not_work"}
    assert len(sentences) > 7
