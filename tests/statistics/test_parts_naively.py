"""Contributions of factors, segments and mix on random small tables, worked out segment by segment."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError
from ecops.statistics.decomposition import decompose, mix_rate
from ecops.statistics.frames import as_frame, numbers

NAN = math.nan


def logarithmic(x0, x1):
    """LMDI with its limits: the change of the product by the shares of the factors' logarithms."""
    g0, g1 = math.prod(x0), math.prod(x1)
    if 0 in (*x0, *x1):
        stopped = [(b if g1 == 0 else a) == 0 for a, b in zip(x0, x1, strict=True)]
        return [(g1 - g0) * one / max(sum(stopped), 1) for one in stopped]
    mean = g0 if math.isclose(g0, g1, rel_tol=1e-13) else (g1 - g0) / math.log(g1 / g0)
    return [mean * math.log(b / a) for a, b in zip(x0, x1, strict=True)]


def one_by_one(x0, x1):
    values, found = list(x0), []
    for place, new in enumerate(x1):
        old = math.prod(values)
        values[place] = new
        found.append(math.prod(values) - old)
    return found


def every_order(x0, x1):
    found = [0.0] * len(x0)
    orders = list(itertools.permutations(range(len(x0))))
    for order in orders:
        parts = one_by_one([x0[place] for place in order], [x1[place] for place in order])
        for place, part in zip(order, parts, strict=True):
            found[place] += part / len(orders)
    return found


NAIVE = {"lmdi": logarithmic, "chain": one_by_one, "shapley": every_order}


def shop(random):
    """Segments with a count, a rate and a value: some come, some go, some have nobody, some nobody who did it."""
    rows = {}
    for name in "abcdef":
        if random.random() < 0.8:
            count = float(random.choice([0, 1, 40, 90]))
            rate = NAN if count == 0 and random.random() < 0.5 else float(random.choice([0.0, 0.25, 0.5]))
            rows[name] = [count, rate, float(random.choice([0.5, 3.0, 20.0]))]
    return rows


def as_columns(rows):
    return pd.DataFrame([[name, *values] for name, values in rows.items()], columns=["segment", "n", "r", "v"])


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("method", list(NAIVE))
def test_a_change_is_split_segment_by_segment(method, shares):
    random = np.random.default_rng(1)
    names = ["n", "mix", "r", "v"] if shares else ["n", "r", "v"]
    for _ in range(8):
        before, after = shop(random), shop(random)
        found = decompose(as_columns(before), as_columns(after), ["n", "r", "v"], "segment", method, shares=shares)
        totals = [math.fsum(one[0] for one in side.values()) for side in (before, after)]
        expected, sums = {}, [0.0, 0.0]
        for name in dict.fromkeys([*before, *after]):
            sides = [side.get(name, [0.0, NAN, NAN]) for side in (before, after)]
            there = [one[0] > 0 and not math.isnan(one[1]) for one in sides]
            products = [math.prod(one) if is_there else 0.0 for one, is_there in zip(sides, there, strict=True)]
            sums = [one + product for one, product in zip(sums, products, strict=True)]
            if all(there):
                if shares:
                    sides = [[total, one[0] / total, *one[1:]] for one, total in zip(sides, totals, strict=True)]
                parts = NAIVE[method](*sides)
                expected |= {(name, factor): part for factor, part in zip(names, parts, strict=True)}
            elif products[1] != products[0]:
                expected[name, "vanished" if there[0] else "new"] = products[1] - products[0]
        table = {(row.segment, row.factor): row.contribution for row in found.table.itertuples()}
        assert table == pytest.approx(expected)
        assert (found.before, found.after) == pytest.approx(tuple(sums))
        assert found.factors == tuple(names)
        kinds = [kind for kind in (*names, "new", "vanished") if any(factor == kind for _, factor in expected)]
        assert list(found.by_factor) == kinds
        for kind in kinds:
            part = sum(one for (_, factor), one in expected.items() if factor == kind)
            assert found.by_factor[kind] == pytest.approx(part)


def test_a_rate_is_split_segment_by_segment():
    random = np.random.default_rng(2)
    seen = set()
    for _ in range(30):
        sides = []
        for _ in range(2):
            rows = [(name, float(random.choice([0.0, 1.0, 2.5, NAN])), float(random.choice([0.0, 0.5, 4.0, NAN])))
                    for name in random.choice(list("abc"), random.integers(1, 5))]  # fmt: skip
            sides.append(rows)
        tables = [pd.DataFrame(rows, columns=["segment", "x", "n"]) for rows in sides]
        found = mix_rate(*tables, ("x", "n"), "segment")
        sums = [{}, {}]
        for side, rows in zip(sums, sides, strict=True):
            for name, x, n in rows:
                if not math.isnan(x) and not math.isnan(n):
                    old = side.get(name, (0.0, 0.0))
                    side[name] = (old[0] + x, old[1] + n)
        names = list(dict.fromkeys([*sums[0], *sums[1]]))
        base = [sum(n for _, n in side.values()) for side in sums]
        assert found.segments["segment"].tolist() == names
        if 0 in base:
            seen.add("no base")
            assert np.isnan(found.total) or np.isinf(found.total)
            assert found.rate == found.mix == 0
            continue
        total = [sum(x for x, _ in side.values()) / below for side, below in zip(sums, base, strict=True)]
        assert (found.before, found.after) == pytest.approx(tuple(total))
        told = found.segments[["share_before", "share_after", "rate_before", "rate_after"]].to_numpy()
        rates, mixes, moves = [], [], []
        for place, name in enumerate(names):
            (x0, n0), (x1, n1) = (side.get(name, (0.0, 0.0)) for side in sums)
            w0, w1 = n0 / base[0], n1 / base[1]
            shown = w0, w1, x0 / n0 if n0 else NAN, x1 / n1 if n1 else NAN
            assert told[place] == pytest.approx(shown, nan_ok=True)
            middle = (total[0] + total[1]) / 2
            if n0 and n1:
                rates.append((w0 + w1) / 2 * (x1 / n1 - x0 / n0))
                mixes.append((w1 - w0) * ((x0 / n0 + x1 / n1) / 2 - middle))
                moves.append(x1 / n1 - x0 / n0)
            else:
                rates.append(0.0)
                mixes.append(x1 / base[1] - x0 / base[0] - (w1 - w0) * middle)
        assert found.table["factor"].tolist() == ["rate"] * len(names) + ["mix"] * len(names)
        assert found.table["segment"].tolist() == names * 2
        assert found.table["contribution"].to_numpy() == pytest.approx(np.array(rates + mixes), abs=1e-12)
        assert (found.rate, found.mix) == pytest.approx((sum(rates), sum(mixes)), abs=1e-12)
        against = len(moves) > 1 and all(move * (total[1] - total[0]) < 0 for move in moves)
        assert found.reversed is against
        seen.add(against)
    assert seen == {"no base", False}


def test_a_segment_that_stands_twice_and_a_column_of_words_are_named():
    twice = pd.DataFrame({"city": ["x", "x"], "street": ["y", "y"], "n": [1, 2], "r": [1, 1]})
    with pytest.raises(DataError, match="The segment x › y stands in more than one row"):
        decompose(twice, twice, ["n", "r"], ["city", "street"])
    with pytest.raises(DataError, match="first is not a number") as problem:
        numbers(as_frame({"n": ["3", "first", None, "second"]}), ["n"])
    assert problem.value.where == {"column": "n"}
    assert numbers(as_frame({"n": ["3", None]}), ["n"])[:, 0] == pytest.approx([3, NAN], nan_ok=True)


def test_segments_without_a_name_are_one_and_names_keep_their_kind():
    before = pd.DataFrame({"channel": ["a", None], "year": [2025, 2025], "n": [4, 6], "r": [0.5, 0.5]})
    after = before.assign(n=[8, 6])
    found = decompose(before, after, ["n", "r"], ["channel", "year"])
    assert found.table["channel"].tolist() == ["a", "a", "", ""]
    assert found.table["year"].tolist() == [2025] * 4
    assert found.along(["year"]).to_dict("list") == {"year": [2025, 2025], "factor": ["n", "r"], "contribution": [2, 0]}
    assert decompose(before, after, ["n", "r"]).by == ("channel",)
