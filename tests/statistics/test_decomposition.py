"""Decompositions against published and hand-computed vectors, naive references and properties."""

import itertools
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ecops.errors import EcopsError
from ecops.statistics.decomposition import decompose, mix_rate

THREE = ["visitors", "conversion", "value"]
BEFORE = {"visitors": 100_000, "conversion": 0.03, "value": 200}
AFTER = {"visitors": 90_000, "conversion": 0.025, "value": 220}
SIX = list("abcdef")
SIX_BEFORE = dict(zip(SIX, [1_000_000, 0.05, 0.12, 0.5, 0.8, 180], strict=True))
SIX_AFTER = dict(zip(SIX, [1_100_000, 0.045, 0.13, 0.5, 0.7, 170], strict=True))


@pytest.mark.parametrize(
    ("method", "order", "expected"),
    [
        ("lmdi", THREE, {"visitors": -57_507.6431, "conversion": -99_514.3480, "value": 52_021.9911}),
        ("shapley", THREE, {"visitors": -57_666.6667, "conversion": -99_666.6667, "value": 52_333.3333}),
        ("chain", THREE, {"visitors": -60_000, "conversion": -90_000, "value": 45_000}),
        ("chain", THREE[::-1], {"value": 60_000, "conversion": -110_000, "visitors": -55_000}),
    ],
)
def test_three_factors(method, order, expected):
    result = decompose(BEFORE, AFTER, order, method=method)
    assert result.by_factor == pytest.approx(expected, abs=1e-4)
    assert result.total == pytest.approx(-105_000)
    assert list(result.by_factor) == order


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("lmdi", [38_786.22, -42_876.18, 32_573.17, 0, -54_340.25, -23_260.46]),
        ("shapley", [38_977.83, -43_001.33, 32_729.08, 0, -54_483.42, -23_339.67]),
    ],
)
def test_six_factors(method, expected):
    result = decompose(SIX_BEFORE, SIX_AFTER, SIX, method=method)
    assert list(result.by_factor.values()) == pytest.approx(expected, abs=0.005)
    assert (result.before, result.after) == pytest.approx((432_000, 382_882.5))


def test_six_factor_chain_replaces_one_after_the_other():
    values = dict(SIX_BEFORE)
    expected = {}
    for factor in SIX:
        old = math.prod(values.values())
        values[factor] = SIX_AFTER[factor]
        expected[factor] = math.prod(values.values()) - old
    assert decompose(SIX_BEFORE, SIX_AFTER, SIX, method="chain").by_factor == pytest.approx(expected)


def naive_shapley(x0, x1):
    parts = np.zeros(len(x0))
    orders = list(itertools.permutations(range(len(x0))))
    for order in orders:
        values = list(x0)
        for factor in order:
            old = math.prod(values)
            values[factor] = x1[factor]
            parts[factor] += (math.prod(values) - old) / len(orders)
    return parts


def test_shapley_equals_the_mean_over_all_orders():
    random = np.random.default_rng(1)
    for count in (1, 2, 4, 6):
        x0, x1 = random.uniform(-2, 3, (2, count))
        names = list("abcdef"[:count])
        ours = decompose(dict(zip(names, x0, strict=True)), dict(zip(names, x1, strict=True)), names, method="shapley")
        assert list(ours.by_factor.values()) == pytest.approx(naive_shapley(x0, x1))


def test_a_rate_of_zero_takes_the_whole_change():
    before, after = {"n": 100, "r": 0.44, "s": 1.2, "v": 10}, {"n": 120, "r": 0.0, "s": 1.1, "v": 11}
    assert decompose(before, after, list("nrsv")).by_factor == {"n": 0, "r": -528, "s": 0, "v": 0}
    assert decompose(after, before, list("nrsv")).by_factor == {"n": 0, "r": 528, "s": 0, "v": 0}


def test_the_limit_is_what_ever_smaller_zeros_tend_to():
    before, after = {"n": 100, "r": 0.5, "s": 0.2}, {"n": 150, "r": 0, "s": 0}
    exact = decompose(before, after, list("nrs")).by_factor
    near = decompose(before, {**after, "r": 1e-150, "s": 1e-150}, list("nrs")).by_factor
    assert exact == {"n": 0, "r": -5, "s": -5}
    assert near == pytest.approx(exact, abs=0.05)
    both = decompose({"n": 3, "r": 0, "s": 1}, {"n": 5, "r": 1, "s": 0}, list("nrs"))
    assert set(both.by_factor.values()) == {0}


def test_new_and_vanished_segments_stand_by_themselves():
    before = pd.DataFrame({"channel": ["a", "b"], "n": [10, 20], "r": [0.5, 0.1], "v": [2.0, 3]})
    after = pd.DataFrame({"channel": ["a", "c", "d"], "n": [10, 40, 0], "r": [0.5, 0.2, np.nan], "v": [2.0, 1, np.nan]})
    for method in ("lmdi", "shapley", "chain"):
        result = decompose(before, after, list("nrv"), by="channel", method=method)
        rows = result.table.set_index(["channel", "factor"])["contribution"]
        assert rows["b", "vanished"] == pytest.approx(-6)
        assert rows["c", "new"] == pytest.approx(8)
        assert set(result.table["channel"]) == {"a", "b", "c"}
        assert result.by_factor["new"] == pytest.approx(8)
        assert result.table["contribution"].sum() == pytest.approx(result.total)


def simpson():
    before = pd.DataFrame({"source": ["paid social", "direct"], "visits": [4000, 1000], "orders": [200, 200]})
    after = pd.DataFrame({"source": ["paid social", "direct"], "visits": [1000, 4000], "orders": [30, 720]})
    return before.assign(rate=before.orders / before.visits), after.assign(rate=after.orders / after.visits)


def test_simpson_mix_and_rate():
    result = mix_rate(*simpson(), rate=("orders", "visits"), by="source")
    assert (result.rate, result.mix) == pytest.approx((-0.02, 0.09))
    assert (result.before, result.after) == pytest.approx((0.08, 0.15))
    parts = result.table.set_index(["factor", "source"])["contribution"]
    assert parts["rate"].tolist() == pytest.approx([-0.01, -0.01])
    assert parts["mix"].tolist() == pytest.approx([0.045, 0.045])
    assert result.reversed


def test_simpson_with_lmdi_on_orders():
    result = decompose(*simpson(), ["visits", "rate"], by="source", shares=True)
    assert result.by_factor == pytest.approx({"visits": 0, "mix": 438.546, "rate": -88.546}, abs=5e-4)
    assert result.total == pytest.approx(350)


def test_mix_rate_of_segments_that_come_and_go_still_adds_up():
    before = pd.DataFrame({"s": ["a", "b", "b"], "x": [5, 2, 3], "n": [50, 20, 30]})
    after = pd.DataFrame({"s": ["b", "c"], "x": [9, 1], "n": [60, 80]})
    result = mix_rate(before, after, ("x", "n"), by=["s"])
    assert result.rate + result.mix == pytest.approx(result.total)
    assert result.segments.set_index("s").loc["b", "rate_before"] == pytest.approx(0.1)
    assert not result.reversed


positive = some.floats(0.01, 1000)


tables = some.integers(1, 6).flatmap(
    lambda rows: some.lists(some.lists(positive, min_size=6, max_size=6), min_size=rows, max_size=rows)
)


@settings(max_examples=60, deadline=None)
@given(tables, some.sampled_from(["lmdi", "shapley", "chain"]), some.booleans(), some.randoms())
def test_parts_add_up_and_the_order_of_segments_does_not_matter(rows, method, shares, random):
    values = np.array(rows)
    names = [f"s{i}" for i in range(len(values))]
    before = pd.DataFrame(values[:, :3], columns=list("nrv")).assign(segment=names)
    after = pd.DataFrame(values[:, 3:], columns=list("nrv")).assign(segment=names)
    result = decompose(before, after, list("nrv"), "segment", method, shares=shares)
    scale = max(1.0, abs(result.before), abs(result.after))
    assert abs(result.table["contribution"].sum() - result.total) <= 1e-9 * scale
    order = list(range(len(values)))
    random.shuffle(order)
    shuffled = decompose(before.iloc[order], after.iloc[order[::-1]], list("nrv"), "segment", method, shares=shares)
    assert shuffled.by_factor == pytest.approx(result.by_factor, rel=1e-9, abs=1e-9 * scale)


@settings(max_examples=40, deadline=None)
@given(tables)
def test_lmdi_is_consistent_in_aggregation(rows):
    values = np.array(rows)
    names = [f"s{i}" for i in range(len(values))]
    groups = [f"g{i % 2}" for i in range(len(values))]
    before = pd.DataFrame(values[:, :3], columns=list("nrv")).assign(segment=names, group=groups)
    after = pd.DataFrame(values[:, 3:], columns=list("nrv")).assign(segment=names, group=groups)
    whole = decompose(before, after, list("nrv"), ["group", "segment"])
    for group in set(groups):
        alone = decompose(before[before.group == group], after[after.group == group], list("nrv"), "segment")
        together = whole.along("group").set_index(["group", "factor"])["contribution"]
        for factor, part in alone.by_factor.items():
            assert together[group, factor] == pytest.approx(part, rel=1e-9, abs=1e-6)


def test_every_kind_of_table_gives_the_same(tmp_path):
    before, after = simpson()
    expected = decompose(before, after, ["visits", "rate"], by="source").by_factor
    before.to_csv(tmp_path / "before.csv", index=False)
    after.to_parquet(tmp_path / "after.parquet")
    kinds = [
        (pl.from_pandas(before), pl.from_pandas(after)),
        (pa.Table.from_pandas(before), pa.Table.from_pandas(after)),
        (before.to_dict("list"), after.to_dict("list")),
        (tmp_path / "before.csv", str(tmp_path / "after.parquet")),
    ]
    for old, new in kinds:
        assert decompose(old, new, ["visits", "rate"], by="source").by_factor == pytest.approx(expected)
        assert mix_rate(old, new, ("orders", "visits"), "source").mix == pytest.approx(0.09)


def test_inputs_stay_as_they_were_and_text_columns_are_the_segments():
    before, after = simpson()
    copies = before.copy(), after.copy()
    result = decompose(before, after, ["visits", "rate"])
    assert result.by == ("source",)
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(after, copies[1])


TWO_ROWS = {"visits": [1, 2], "rate": [0.1, 0.2]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"method": "magic"}, "magic"),
        ({"factors": ["visits", "rte"]}, "rte"),
        ({"factors": []}, "no factor"),
        ({"by": "sorce"}, "sorce"),
        ({"before": pd.concat([simpson()[0]] * 2)}, "more than one row"),
        ({"before": TWO_ROWS, "after": TWO_ROWS, "by": None}, "several rows"),
        ({"before": simpson()[0].assign(rate="x")}, "not a number"),
        ({"before": simpson()[0].assign(rate=-1)}, "negative"),
        ({"before": 5}, "int"),
        ({"before": "absent.csv"}, "cannot be read"),
    ],
)
def test_bad_input_is_told(change, says):
    before, after = simpson()
    arguments = {"before": before, "after": after, "factors": ["visits", "rate"], "by": "source", **change}
    with pytest.raises(EcopsError, match=says):
        decompose(**arguments)


def test_mix_rate_refuses_what_it_cannot_split():
    before, after = simpson()
    with pytest.raises(EcopsError, match="no segment"):
        mix_rate(before, after, ("orders", "visits"), [])
    with pytest.raises(EcopsError, match="negative"):
        mix_rate(before.assign(visits=-0.5), after, ("orders", "visits"), "source")


def test_mix_rate_of_a_segment_with_buyers_and_no_visitors():
    # 5 buyers of a source without visitors: 15 / 100 before, 10 / 110 after; all of it is mix.
    before = {"source": ["a", "b"], "buyers": [5, 10], "visitors": [0, 100]}
    after = {"source": ["a", "b"], "buyers": [0, 10], "visitors": [10, 100]}
    shift = mix_rate(before, after, rate=("buyers", "visitors"), by="source")
    assert shift.total == pytest.approx(10 / 110 - 15 / 100)
    assert (shift.rate, shift.mix) == (0.0, pytest.approx(shift.total))
    assert shift.table["contribution"].sum() == pytest.approx(shift.total)


def test_mix_rate_takes_an_unknown_numerator_for_unknown_not_for_nothing():
    before = {"source": ["a", "b"], "buyers": [math.nan, 10], "visitors": [100, 100]}
    after = {"source": ["a", "b"], "buyers": [10, 10], "visitors": [100, 100]}
    shift = mix_rate(before, after, rate=("buyers", "visitors"), by="source")
    assert (shift.before, shift.after, shift.rate, shift.mix) == pytest.approx((0.1, 0.1, 0.0, 0.0))
