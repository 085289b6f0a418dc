"""From the answers of queries to arrays: the same numbers as a plain table gives."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ecops.metrics.daily import Daily, once, read_daily
from ecops.metrics.panel import make_panel
from ecops.metrics.rows import half_years, join_rows, join_text, make_rows
from ecops.periods import ONE_DAY, Period
from ecops.statistics.grouping import distinct
from ecops.store.inputs import open_data
from tests.growth.shops import simulate_orders

FIRST = dt.date(2026, 6, 28)
SPAN = Period(FIRST, FIRST + 5 * ONE_DAY)


def table_of(seed, measures, rows=400):
    """Random rows, several of a place and day, with missing names and numbers."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "date": [FIRST + int(day) * ONE_DAY for day in random.integers(0, 6, rows)],
            "platform": random.choice(["taobao", "京东", "douyin"], rows),
            "shop": random.choice(["b", "a", None], rows),
            "channel": random.choice(["搜索", "ads", ""], rows),
        }
    )
    for name in measures:
        frame[name] = np.where(random.random(rows) < 0.7, np.nan, random.normal(0, 100, rows).round(2))
    return frame


@pytest.mark.parametrize("by", [(), ("channel",)])
def test_a_panel_holds_the_sums_that_a_plain_table_gives(by):
    tables = {"sales": table_of(1, ["gross_sales", "units"]), "traffic": table_of(2, ["visitors"])}
    keys = {name: name for name in ("platform", "shop", *by)}
    rows = {
        source: make_rows(pa.Table.from_pandas(frame), keys, list(frame.columns[4:]))
        for source, frame in tables.items()
    }
    panel = make_panel(Daily((SPAN, SPAN), by, rows, frozenset({"gross_sales", "units", "visitors"})))
    whole = pd.concat(tables.values()).fillna({"shop": ""})
    leaves = sorted(set(whole[list(keys)].itertuples(index=False, name=None)))
    assert list(panel.leaves.itertuples(index=False, name=None)) == leaves
    sums = whole.groupby(["date", *keys])[["gross_sales", "units", "visitors"]].sum(min_count=1)
    for name, values in panel.measures.items():
        for leaf, line in zip(leaves, values, strict=True):
            for day, value in zip(panel.days, line, strict=True):
                wanted = sums[name].get((day, *leaf), np.nan)
                if np.isnan(wanted) and name != "visitors":
                    wanted = 0.0
                assert value == pytest.approx(wanted, rel=1e-12, nan_ok=True), (name, leaf, day)
    split = panel.split(("shop", "platform"))
    assert list(split.segments.itertuples(index=False, name=None)) == sorted({(leaf[1], leaf[0]) for leaf in leaves})
    assert [tuple(split.segments.loc[place]) for place in split.segment] == [(leaf[1], leaf[0]) for leaf in leaves]


def test_rows_of_parts_are_the_rows_of_the_whole():
    frame = table_of(3, ["visitors"])
    keys = {"platform": "platform", "shop": "shop"}
    parts = [
        make_rows(pa.Table.from_pandas(part, preserve_index=False), keys, ["visitors"])
        for part in (frame[:150], frame[150:150], frame[150:])
    ]
    joined = join_rows(parts)
    assert [dt.date.fromordinal(day) for day in joined.days] == frame["date"].tolist()
    for name in keys:
        values, place = joined.keys[name]
        assert [values[at] for at in place] == frame[name].fillna("").tolist()
    np.testing.assert_array_equal(joined.measures["visitors"], frame["visitors"])
    inside = joined.within([Period(FIRST, FIRST), Period(FIRST + 2 * ONE_DAY, FIRST + 3 * ONE_DAY)])
    kept = frame[frame["date"].isin([FIRST + number * ONE_DAY for number in (0, 2, 3)])]
    np.testing.assert_array_equal(inside.measures["visitors"], kept["visitors"])
    assert join_text([]) == ((), pytest.approx(np.zeros(0)))


def test_half_years_cover_the_days_and_nothing_twice():
    spans = [Period(dt.date(2024, 12, 31), dt.date(2026, 1, 1)), Period(dt.date(2025, 6, 30), dt.date(2025, 7, 1))]
    halves = half_years(spans)
    assert [half.start for half in halves] == [
        dt.date(2024, 7, 1), dt.date(2025, 1, 1), dt.date(2025, 7, 1), dt.date(2026, 1, 1),
    ]  # fmt: skip
    assert all(a.end + ONE_DAY == b.start for a, b in itertools.pairwise(halves))
    assert halves[-1].end == dt.date(2026, 6, 30)


def test_many_columns_do_not_overflow():
    random = np.random.default_rng(0)
    columns = [random.integers(0, 2**20, 50) for _ in range(8)]
    first, place = distinct([*columns, *columns])
    assert len(first) == 50
    assert (np.column_stack(columns)[first][place] == np.column_stack(columns)).all()
    assert sorted(map(tuple, np.column_stack(columns))) == [tuple(row) for row in np.column_stack(columns)[first]]


def test_coarse_figures_are_the_sums_of_the_fine_ones():
    """Sales are asked by channel and device whatever they are split by."""
    orders = simulate_orders(5, days=70)
    data = open_data(orders)
    spans = Period(dt.date(2026, 9, 20), dt.date(2026, 11, 15)), Period(dt.date(2026, 9, 1), dt.date(2026, 9, 10))
    panel = make_panel(read_daily(data, spans, only=("sales",)))
    asked = data.query(
        "select date, sum(gross_sales) as gross_sales, sum(orders) as orders from daily_sales group by all"
    ).to_pandas()
    sums = asked.assign(date=pd.to_datetime(asked["date"]).dt.date).set_index("date")
    assert [day for day in panel.days if day.month == 9 and 10 < day.day < 20] == []
    for name in ("gross_sales", "orders"):
        wanted = [sums[name].get(day, 0.0) for day in panel.days]
        assert panel.measures[name].sum(0) == pytest.approx(wanted, rel=1e-12)


def test_what_was_not_asked_for_longest_is_forgotten(monkeypatch):
    monkeypatch.setattr("ecops.metrics.daily._MOST_KNOWN", 2)
    data = open_data(simulate_orders(5, days=3))
    made = []

    def ask(key):
        return once(data, (key,), lambda: made.append(key) or key)

    assert [ask(key) for key in "abacab"] == list("abacab")
    assert made == ["a", "b", "c", "b"]


@pytest.mark.parametrize("by", [(), ("channel",)])
@pytest.mark.parametrize("start", [FIRST, FIRST + 4 * ONE_DAY])
def test_traffic_of_a_shop_counts_at_one_level(by, start):
    """One shop has both levels, one only sources, one the whole shop first and sources from July on."""
    random = np.random.default_rng(4)
    rows = []
    for number in range(8):
        for shop, levels in (
            ("a", ("shop", "source")),
            ("b", ("source",)),
            ("c", ("shop",) if number < 3 else ("source",)),
        ):
            for level in levels:
                for channel in ("search", "ads") if level == "source" else (None,):
                    day = FIRST + number * ONE_DAY
                    rows.append(("jd", shop, day, level, channel, int(random.integers(1, 99))))
    frame = pd.DataFrame(rows, columns=["platform", "shop", "date", "level", "channel", "visitors"])
    span = Period(start, FIRST + 7 * ONE_DAY)
    panel = make_panel(read_daily(open_data(frame, table="traffic_daily"), (span, span), by, only=("traffic",)))
    inside = frame[frame["date"] >= start]
    wanted = {}
    for shop, part in inside.groupby("shop"):
        levels = set(part["level"])
        level = "source" if levels == {"source"} or (by and "source" in levels) else "shop"
        for row in part[part["level"] == level].itertuples():
            key = (row.date, "jd", shop, *([row.channel or ""] if by else []))
            wanted[key] = wanted.get(key, 0) + row.visitors
    found = {
        (day, *leaf): value
        for *leaf, line in zip(*(panel.leaves[name] for name in panel.leaves), panel.measures["visitors"], strict=True)
        for day, value in zip(panel.days, line, strict=True)
        if np.isfinite(value)
    }
    assert found == wanted
