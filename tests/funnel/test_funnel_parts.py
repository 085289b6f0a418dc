"""One step by segment and one segment by step, a counted table in parts, the money split, gaps: by hand."""

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.funnel import Step, diagnose, from_table
from ecops.funnel.paths.segments import segment_rows, step_by_segment
from ecops.statistics import wilson

STEPS = ["visitors", "clicks", Step("cart_users", optional=True), "pay_buyers"]
NOW = pd.DataFrame(
    {
        "channel": ["a", "a", "b", "c", "d"], "device": ["m", "p", "m", "m", "m"], "visitors": [400, 100, 300, 50, 0],
        "clicks": [200, 80, 30, 0, 0], "cart_users": [50, 10, 15, 0, 0], "pay_buyers": [20, 8, 6, 0, 0],
        "pay_amount": [1_000.0, 600.0, 900.0, 0.0, 0.0],
    }
)  # fmt: skip
THEN = NOW.assign(visitors=[400, 100, 300, 50, 10], clicks=[300, 20, 30, 10, 5])


def table(data=NOW, steps=STEPS, **options):
    return from_table(data, steps, by=["channel", "device"], amount="pay_amount", **options)


def test_a_step_by_segment_by_hand():
    found = step_by_segment(SimpleNamespace(after=table(), before=table(THEN)), "clicks", "channel")
    assert found.index.tolist() == [0, 1, 2]
    found = found.set_index("value")
    # a: 280 of 500, before 320 of 500: 40 lost. c: none of 50, before a fifth: 10 lost. d had no visitors now.
    assert found.index.tolist() == ["a", "c", "b"]
    assert found[["entered", "went_on", "rate", "before", "change", "gained"]].to_numpy() == pytest.approx(
        np.array([[500, 280, 0.56, 0.64, -0.08, -40], [50, 0, 0, 0.2, -0.2, -10], [300, 30, 0.1, 0.1, 0, 0]])
    )
    # A click of a was worth 1,600 / 280 yuan; nobody of c went on, so nobody knows.
    assert found["money"].tolist() == pytest.approx([-40 * 1_600 / 280, np.nan, 0], nan_ok=True)
    for value, n, entered in (("a", 280, 500), ("b", 30, 300)):
        assert found.loc[value, ["low", "high"]].tolist() == pytest.approx([float(end) for end in wilson(n, entered)])


def test_a_step_is_counted_from_the_required_step_before_it():
    found = step_by_segment(SimpleNamespace(after=table(), before=None), "pay_buyers", "channel").set_index("value")
    assert found["entered"].to_dict() == {"a": 280, "b": 30}
    assert found["rate"].to_dict() == {"a": pytest.approx(0.1), "b": pytest.approx(0.2)}
    assert found[["before", "change", "gained", "money"]].isna().all(None)
    # With nothing to compare with the lowest rate comes first.
    assert found.index.tolist() == ["a", "b"]


def test_the_segments_of_one_value_by_hand():
    result = SimpleNamespace(after=table())
    found = segment_rows(result, "channel", "a")
    assert found.columns.tolist() == ["device", "visitors", "clicks", "cart_users", "pay_buyers", "rate", "amount"]
    assert found.to_numpy().tolist() == [["m", 400, 200, 50, 20, 0.05, 1_000], ["p", 100, 80, 10, 8, 0.08, 600]]
    phones = segment_rows(result, "device", "m")
    assert phones.index.tolist() == [0, 1, 2, 3]
    assert phones["channel"].tolist() == ["a", "b", "c", "d"]
    assert phones["rate"].tolist() == pytest.approx([0.05, 0.02, 0, np.nan], nan_ok=True)
    plain = SimpleNamespace(after=from_table(NOW.drop(columns="pay_amount"), STEPS, by=["channel", "device"]))
    assert "amount" not in segment_rows(plain, "channel", "b").columns


def test_a_table_in_parts_by_hand():
    days = [dt.date(2026, 11, n) for n in (1, 2)]
    data = pd.concat([NOW.assign(date=days[0]), NOW.assign(date=days[1], visitors=NOW["visitors"] * 2)])
    whole = table(data)
    whole = replace(whole, past=table(THEN.assign(date=days[0])))
    phones = whole.only(device="m", channel="b")
    assert (phones.segments, phones.counts.tolist(), phones.amount.tolist()) == (
        (("b", "m"),), [[900, 60, 30, 12]], [1_800]
    )  # fmt: skip
    assert phones.daily[:, 0, 0].tolist() == [300, 600]
    assert phones.daily_amount.tolist() == [[900], [900]]
    assert phones.past.counts.tolist() == [[300, 30, 15, 6]]
    by_device = whole.along(["device", "channel"])
    assert by_device.segments == (("m", "a"), ("m", "b"), ("m", "c"), ("m", "d"), ("p", "a"))
    assert by_device.past.along("device").counts.tolist() == [[760, 345, 65, 26], [100, 20, 10, 8]]
    other = replace(whole, past=whole.past.along("device"))
    assert (other.along("device").past, other.only(device="m").past) == (None, None)
    other = replace(whole, past=whole.past.along("channel"))
    assert (other.along("channel").past, other.only(channel="a").past) == (None, None)
    assert whole.along(()).segments == ((),)
    assert whole.along(()).counts.tolist() == [[2_550, 620, 150, 68]]
    assert whole.along(()).daily_amount.tolist() == [[2_500], [2_500]]
    nobody = whole.only(channel="none")
    assert (nobody.along(()).segments, nobody.along(()).counts.tolist()) == (((),), [[0, 0, 0, 0]])
    assert nobody.along("device").segments == ()
    assert whole.count("clicks", device="p") == 160
    with pytest.raises(SpecError, match="pays"):
        whole.count("pays")


def test_order_values_and_rows_by_hand():
    found = table()
    assert found.order_value.tolist() == pytest.approx([50, 75, 150, 2_500 / 34, 2_500 / 34])
    rows = found.rows
    assert rows["position"].tolist() == [1, 2, 3, 4] * 5
    first = rows[rows["channel"] == "b"]
    assert first["rate_prev"].tolist() == pytest.approx([np.nan, 0.1, 0.5, 0.2], nan_ok=True)
    assert first["rate_first"].tolist() == pytest.approx([1, 0.1, 0.05, 0.02])
    assert first["amount"].tolist() == pytest.approx([np.nan] * 3 + [900], nan_ok=True)
    low, high = (float(end) for end in wilson(6, 30))
    assert first[["low", "high"]].iloc[3].tolist() == pytest.approx([low, high])
    assert first["device"].tolist() == ["m"] * 4
    # Payments without money are worth what the others are.
    free = table(NOW.assign(pay_amount=[1_000.0, 600.0, 0.0, 0.0, 0.0]))
    assert free.order_value[2] == pytest.approx(1_600 / 34)


def simple(visitors, pays, **columns):
    names = list("abcd")[: len(visitors)]
    return from_table(
        pd.DataFrame({"channel": names, "visitors": visitors, "pay_buyers": pays, **columns}), by="channel"
    )


def test_money_is_split_by_segment_too():
    before = simple([100, 100], [10, 20], pay_amount=[1_000.0, 2_000.0])
    after = simple([100, 100], [20, 20], pay_amount=[2_000.0, 2_000.0])
    parts = diagnose(after, before).money
    assert parts.by == ("channel",)
    by_segment = parts.table.groupby("channel")["contribution"].sum()
    assert by_segment.to_dict() == pytest.approx({"a": 1_000, "b": 0})
    whole = diagnose(after.along(()), before.along(())).money
    assert whole.by == ()
    assert whole.by_factor == pytest.approx({"entered": 0, "pay": 1_000, "order_value": 0}) or sum(
        whole.by_factor.values()
    ) == pytest.approx(1_000)


def test_what_is_no_chain_has_no_money():
    before, after = simple([100], [10]), simple([0], [0])
    assert diagnose(after, before).money is None
    assert diagnose(before, after).money is None
    assert diagnose(simple([0, 5], [3, 1]), simple([5, 5], [1, 1])).money is None
    assert diagnose(simple([1], [0]), simple([1], [1])).money is not None


def test_less_than_one_buyer_below_a_benchmark_can_be_told():
    # 99 of a hundred where 99.99 are usual: .99 too few, and ten deviations.
    found = diagnose(replace(simple([100], [99]), dispersion=1.0), benchmark={"pay": 0.9999}, min_effect=0.005)
    (finding,) = (*found.findings, *found.watch)
    assert finding.subject["step"] == "pay"
    above = diagnose(replace(simple([100], [100]), dispersion=1.0), benchmark={"pay": 0.5}, min_effect=0.005)
    assert not (*above.findings, *above.watch)


@pytest.mark.parametrize("rate", [-0.5, 0.0, 1.0, 1.5])
def test_a_benchmark_is_a_share(rate):
    with pytest.raises(SpecError, match="as a share"):
        diagnose(simple([100], [10]), benchmark={"pay": rate})


def test_warnings_of_today_stand_before_what_is_only_worth_knowing_of_before():
    rows = pd.DataFrame(
        {"date": [dt.date(2026, 11, 1), dt.date(2026, 11, 2)], "visitors": 100, "s": 20, "pay_buyers": 10}
    )
    before = from_table(rows, ["visitors", "s", "pay_buyers"])
    named = rows[:1].drop(columns="date").rename(columns={"s": "fav"})
    after = from_table(named, ["visitors", Step("s", columns=("fav",)), "pay_buyers"])
    issues = [(issue.kind, issue.severity) for issue in diagnose(after, before).issues]
    assert issues == [("parallel_steps", "warning"), ("not_additive", "info")]


def test_the_change_of_the_whole_conversion_goes_from_the_first_to_the_last_step():
    before, after = table(THEN), table()
    found = diagnose(after, before)
    assert (found.mix.before, found.mix.after) == pytest.approx((34 / 860, 34 / 850))


def test_where_rates_do_not_multiply_no_change_of_mix_is_told():
    rows = {"channel": ["a", "b"], "visitors": [10_000, 10_000], "clicks": [2_000, 0]}
    before, after = (
        from_table(pd.DataFrame({**rows, "pay_buyers": pays}), ["visitors", "clicks", "pay_buyers"], by="channel")
        for pays in ([900, 900], [200, 200])
    )
    found = diagnose(after, before)
    assert found.mix is None
    assert "mix" not in {one.kind for one in (*found.findings, *found.watch)}


def test_a_benchmark_in_which_nobody_went_on_says_nothing():
    mine, other = simple([100], [10]), simple([100], [0])
    assert diagnose(mine, benchmark=other).cells.empty
    assert not diagnose(other, benchmark=mine).cells.empty
