import numpy as np
import pandas as pd
import pytest

from ecops.errors import DataError, MappingError
from ecops.funnel import FunnelSpec, Step, from_events, from_table, quality
from ecops.funnel.causes.quality import level_shift
from ecops.statistics import wilson
from tests.funnel.oracle import frame

PASTED = """统计日期\t流量来源\t访客数\t加购人数\t下单买家数\t支付买家数\t支付金额
2026-11-02\t手淘搜索\t12,000\t960\t420\t380\t64,600.00
2026-11-02\t直通车\t5,400\t270\t95\t80\t13,600
2026-11-02\t手淘推荐\t1.8万\t900\t210\t170\t28,900
2026-11-03\t手淘搜索\t11,500\t930\t400\t360\t61,200
2026-11-03\t直通车\t5,600\t280\t100\t84\t14,280
2026-11-03\t手淘推荐\t1.7万\t850\t200\t160\t27,200
2026-11-04\t手淘搜索\t12,100\t970\t425\t385\t65,450
2026-11-04\t直通车\t5,500\t275\t98\t82\t13,940
2026-11-04\t手淘推荐\t1.75万\t875\t205\t165\t28,050
合计\t-\t104600\t6310\t2153\t1866\t317220
"""


def kinds(issues):
    return {issue.kind for issue in issues}


def test_a_pasted_table_of_ten_rows():
    table = from_table(PASTED, by="channel")
    assert table.names == ("visit", "cart", "order", "pay")
    assert table.distinct.tolist() == [104_600, 6_310, 2_153, 1_866]
    assert table.only(channel="直通车").distinct.tolist() == [16_500, 825, 293, 246]
    assert table.amount.sum() == 317_220
    assert [day.isoformat() for day in table.days] == ["2026-11-02", "2026-11-03", "2026-11-04"]
    assert kinds(table.issues) == {"total_rows"}
    assert "not_additive" in kinds(quality(table))
    rows = table.total.rows
    assert rows["rate_prev"].iloc[1] == 6_310 / 104_600
    low, high = wilson(6_310, 104_600)
    assert rows[["low", "high"]].iloc[1].tolist() == [low, high]
    assert rows["order_value"].iloc[0] == 317_220 / 1_866


def test_headers_of_any_language_and_container(tmp_path):
    data = pd.DataFrame({"Sessions": [100, 50], "Add to cart": [20, 5], "Purchasers": [8, 1], "Source": ["a", "b"]})
    data.to_csv(tmp_path / "counts.csv", index=False)
    before = data.copy(deep=True)
    for source in (data, tmp_path / "counts.csv", data.to_dict("list")):
        table = from_table(source, ["visitors", "cart", "pay"], by="channel")
        assert table.counts.tolist() == [[100, 20, 8], [50, 5, 1]]
    pd.testing.assert_frame_equal(data, before)


def test_steps_by_preset_name_header_or_step():
    data = pd.DataFrame({"曝光": [1000], "点击": [50], "加购": [9], "支付": [2], "问询": [30]})
    assert from_table(data, "four_steps").distinct.tolist() == [1000, 50, 9, 2]
    assert from_table(data, ["曝光", "问询", "支付"]).distinct.tolist() == [1000, 30, 2]
    assert from_table(data, ["曝光", Step("加购", optional=True), "支付"]).base == (-1, 0, 0)


def test_levels_of_daily_traffic_are_never_added():
    data = pd.DataFrame(
        {
            "level": ["shop", "source", "source", "item"],
            "channel": ["", "ads", "mail", ""],
            "visitors": [100, 60, 55, 90],
            "cart_users": [10, 6, 5, 9],
            "pay_buyers": [5, 3, 2, 5],
        }
    )
    assert from_table(data).distinct.tolist() == [100, 10, 5]
    assert from_table(data, by="channel").counts.tolist() == [[60, 6, 3], [55, 5, 2]]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("pay", "many", "many stands where a count should be"),
        ("pay", "3.2%", "3.2% stands where"),
        ("pay", -4, "stands where a count should be"),
    ],
)
def test_text_where_counts_should_be(column, value, said):
    data = pd.DataFrame({"visitors": [100, 90], "pay": [5, 6]}).astype({column: object})
    data.loc[1, column] = value
    with pytest.raises(DataError) as caught:
        from_table(data, ["visitors", "pay"])
    assert said in str(caught.value)
    assert caught.value.where == {"column": column, "rows": "3"}


def test_a_missing_step_or_dimension_is_named():
    data = pd.DataFrame({"visitors": [100], "pay_buyers": [5]})
    with pytest.raises(MappingError, match="Did you mean visitors"):
        from_table(data, ["visitor", "pay_buyers"])
    with pytest.raises(MappingError, match="chanel"):
        from_table(data, by="chanel")
    with pytest.raises(MappingError, match="fewer than two"):
        from_table(data[["visitors"]])


def test_rates_above_hundred_and_parallel_steps_are_named():
    data = pd.DataFrame({"访客数": [1000], "收藏人数": [390], "加购人数": [739], "支付买家数": [672]})
    issues = quality(from_table(data, ["访客数", "收藏人数", "加购人数", "支付买家数"]))
    assert kinds(issues) == {"above_100", "parallel_steps"}
    assert issues[0].severity == "error"
    assert "739" in issues[0].message.text("en")
    assert "超过 100%" in issues[0].message.text("zh")
    assert quality(from_table(data, ["访客数", "加购人数", "支付买家数"])) == ()


def test_a_rate_above_hundred_in_one_segment_only():
    data = pd.DataFrame({"channel": ["a", "b"], "visitors": [1000, 10], "pay_buyers": [50, 12]})
    (issue,) = quality(from_table(data, ["visitors", "pay_buyers"], by="channel"))
    assert issue.kind == "above_100"
    assert "b" in issue.message.text()


def test_missing_days_and_a_jump_of_coverage():
    days = pd.date_range("2017-11-24", periods=10).delete(4)
    visitors = [733, 741, 729, 745, 738, 735, 742, 981, 984]
    table = from_table(pd.DataFrame({"date": days, "visitors": visitors, "pay_buyers": [30] * 9}))
    found = {issue.kind: issue for issue in quality(table)}
    assert {"days_missing", "coverage_jump"} <= set(found)
    assert "2 Dec" in found["coverage_jump"].message.text("en")
    assert found["coverage_jump"].share == pytest.approx(0.33, abs=0.01)
    assert found["days_missing"].share == pytest.approx(0.1)
    whole = from_table(pd.DataFrame({"date": days[4:], "visitors": visitors[:5], "pay_buyers": [30] * 5}))
    assert "days_missing" not in {issue.kind for issue in quality(whole)}
    assert level_shift(np.array([100.0, 108, 96, 103, 180, 99, 101])) is None, (
        "a single day is a promotion, not a shift"
    )
    assert level_shift(np.random.default_rng(0).poisson(300, 60).astype(float)) is None


@pytest.mark.parametrize(("usual", "most"), [(1, 1000), (30, 1500)])
def test_an_id_is_many_people_beyond_a_thousand_events_and_fifty_times_the_usual(usual, most):
    log = {f"u{i}": [(at, "pv") for at in range(usual)] for i in range(200)}
    spec = FunnelSpec(["pv", "buy"])
    for events, told in ((most, False), (most + 1, True)):
        data = frame(log | {"robot": [(at, "pv") for at in range(events)]})
        assert ("merged_ids" in kinds(quality(data, spec))) is told


def test_a_log_with_everything_wrong():
    log = {f"u{i}": [(i, "pv"), (i + 10, "pv")] for i in range(200)}
    log |= {f"scrambled{i}": [(0, "pv"), (50, "buy"), (60, "cart")] for i in range(40)}
    log |= {f"direct{i}": [(0, "pv"), (50, "buy")] for i in range(40)}
    log |= {f"tied{i}": [(0, "pv"), (0, "cart"), (0, "buy")] for i in range(60)}
    log["robot"] = [(i, "pv") for i in range(1500)]
    data = frame(log)
    data.loc[:30, "user_id"] = None
    spec = FunnelSpec(["pv", "cart", "buy"], window="1d")
    assert kinds(quality(data, spec)) == {
        "out_of_order", "skipped_step", "ties", "missing_ids", "merged_ids", "window_too_long"
    }  # fmt: skip
    table = from_events(data, spec)
    assert {"out_of_order", "ties"} <= kinds(table.issues), "a small log is checked when it is counted"


@pytest.mark.parametrize("order", ["any", "strict"])
def test_a_window_longer_than_the_log_is_named_in_every_order(order):
    log = {f"u{i}": [(0, "pv"), (3_600, "buy")] for i in range(3)}
    assert "window_too_long" in kinds(quality(frame(log), FunnelSpec(["pv", "buy"], order=order, window="1d")))


def test_truncated_windows_are_named_and_matured_cohorts_are_not():
    log = {f"u{i}": [(i * 3600, "A"), (i * 3600 + 60, "B")] for i in range(100)}
    spec = FunnelSpec(["A", "B"], window="1d")
    (issue,) = quality(frame(log), spec)
    assert issue.kind == "truncated_windows"
    assert issue.share == pytest.approx(0.24, abs=0.02)
    assert quality(frame(log), spec.changed(matured_only=True)) == ()


def test_a_clean_log_has_no_issue():
    log = {f"u{i}": [(0, "A"), (60, "B")] for i in range(100)}
    assert quality(frame(log), FunnelSpec(["A", "B"], window=None)) == ()


def test_an_event_nobody_has_is_named():
    table = from_events(frame({"u": [(0, "view"), (1, "cart")]}), FunnelSpec(["view", "cart", "carts"]))
    (issue,) = [issue for issue in table.issues if issue.kind == "step_missing"]
    assert "Did you mean cart?" in issue.hint.text()


def test_daily_traffic_of_opened_data():
    from ecops.store.inputs import open_data

    data = pd.DataFrame(
        {
            "date": pd.date_range("2026-11-01", periods=4),
            "platform": "taobao",
            "level": "shop",
            "visitors": [100, 120, 110, 90],
            "cart_users": [10, 11, 9, 8],
            "pay_buyers": [3, 4, 2, 3],
            "pay_amount": [300.0, 400.0, 200.0, 300.0],
        }
    )
    table = from_table(open_data({"traffic_daily": data}))
    assert table.names == ("visit", "cart", "pay")
    assert table.distinct.tolist() == [420, 38, 12]
    assert table.amount.tolist() == [1200]
    assert len(table.days) == 4


def test_events_by_day_stand_on_the_day_of_their_first_step():
    stamps = ["2026-01-01 10:00", "2026-01-01 11:00", "2026-01-01 23:00", "2026-01-02 01:00", "2026-01-03 01:00"]
    events = pd.DataFrame({"user_id": list("aabbc"), "event": ["view", "buy", "view", "buy", "view"], "time": stamps})
    table = from_events(events.assign(time=pd.to_datetime(events.time)), FunnelSpec(steps=("view", "buy")))
    assert [str(day) for day in table.days] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert table.daily[:, 0].tolist() == [[2, 2], [0, 0], [1, 0]]
    assert table.counts.tolist() == [[3, 2]]


def test_small_money_and_a_single_visitor_count():
    from types import SimpleNamespace

    from ecops.funnel.paths.segments import segment_rows

    rows = {"channel": ["a", "a", "b"], "device": ["x", "y", "x"], "visitors": [1, 100, 40], "pay_buyers": [1, 30, 10]}
    data = pd.DataFrame({**rows, "pay_amount": [0.5, 15.0, 0.0]})
    table = from_table(data, ["visitors", "pay_buyers"], by=["channel", "device"])
    assert table.order_value.tolist() == pytest.approx([0.5, 0.5, 15.5 / 41])
    found = segment_rows(SimpleNamespace(after=table), "channel", "a")
    assert found[["device", "rate", "amount"]].to_numpy().tolist() == [["y", 0.3, 15.0], ["x", 1.0, 0.5]]
