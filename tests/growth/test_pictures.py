"""What-if cases, and pictures that say their take-away and sum."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.charts import Look
from ecops.errors import SpecError
from ecops.growth import diagnose, figures, views, what_if
from ecops.messages import write
from ecops.metrics import kpis
from ecops.periods import Period
from tests.growth.shops import simulate_orders, simulate_traffic

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))


@pytest.fixture(scope="module")
def data():
    return {"traffic_daily": simulate_traffic(2, days=56 + 364)}


def test_what_if_is_the_exact_product(data):
    case = what_if({"visitors": 1000, "conversion": 0.05, "value": 100}, visitors=0.1, conversion=0.2, value=-0.5)
    assert (case.base, case.scenario) == pytest.approx((5000, 1000 * 1.1 * 0.05 * 1.2 * 50))
    figures_now = kpis(data, WEEK)
    live = what_if(figures_now, conversion=0.1)
    assert live.base == pytest.approx(figures_now["gmv"].value)
    assert live.difference == pytest.approx(live.base * 0.1)
    assert live.low < live.difference < live.high
    assert what_if(figures_now).difference == 0


@pytest.mark.parametrize(
    ("changes", "says"), [({"visitor": 0.1}, "visitors"), ({"value": -1.5}, "everything"), ({"conversion": 50}, "100%")]
)
def test_what_if_refuses(changes, says):
    with pytest.raises(SpecError, match=says):
        what_if({"visitors": 1000, "conversion": 0.05, "value": 100}, **changes)


@pytest.mark.parametrize(
    ("name", "value"),
    [("visitors", -1000), ("value", -5), ("conversion", -0.1), ("conversion", 1.2), ("value", float("nan"))],
)
def test_what_if_refuses_a_base_that_means_nothing(name, value):
    with pytest.raises(SpecError, match=f"for {name} means nothing"):
        what_if({"visitors": 1000, "conversion": 0.05, "value": 100} | {name: value}, visitors=0.1)


def test_what_if_needs_traffic():
    with pytest.raises(SpecError, match="visitors"):
        what_if(kpis(simulate_orders(1, days=30), WEEK), visitors=0.1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_picture_says_what_it_shows(data, language):
    look = Look(language=language)
    diagnosis, result = diagnose(data, WEEK), kpis(data, WEEK, by="channel")
    trend = views.trend(data, WEEK)
    drawn = [
        figures.waterfall(diagnosis, look),
        figures.gmv_tree(diagnosis, look),
        figures.segments(result, "gmv", ["channel"], look),
        figures.trend(trend, "gmv", WEEK, look=look),
        figures.heat_map(views.hours(simulate_orders(1, days=30), WEEK), look=look),
    ]
    for figure in drawn:
        text = figures.alt_text(figure)
        assert len(text) > 10
        assert any("一" <= letter <= "鿿" for letter in text) == (language == "zh")
        assert figure.plotly().to_json()


def test_the_waterfall_sums(data):
    diagnosis = diagnose(data, WEEK)
    heights = figures.waterfall(diagnosis).plotly().data[0].y
    assert sum(heights[:-1]) == pytest.approx(heights[-1])


def test_the_trend_stands_against_the_same_weekday_a_year_before(data):
    traffic = data["traffic_daily"]
    table = views.trend(data, WEEK, "visitors").set_index("date")
    daily = traffic.groupby("date").visitors.sum()
    day = WEEK.end
    assert table.loc[day, "value"] == daily[day]
    assert table.loc[day, "year_before"] == daily[day - dt.timedelta(days=364)]
    assert len(table) == 49


@pytest.mark.parametrize(
    ("days", "said"), [(42, "6 weeks"), (28, "4 weeks"), (60, "6 weeks"), (12, "12 days"), (7, "7 days")]
)
def test_the_trend_says_how_much_stood_before(data, days, said):
    traffic = data["traffic_daily"]
    known = {"traffic_daily": traffic[traffic.date >= WEEK.start - dt.timedelta(days=days)]}
    table = views.trend(known, WEEK, "visitors")
    assert f" the {said} before" in figures.alt_text(figures.trend(table, "visitors", WEEK))


def test_hours_are_complete_and_sum():
    orders = simulate_orders(1, days=30)
    table = views.hours(orders, WEEK)
    paid = orders[orders.paid_at.notna()]
    days = paid.paid_at.dt.date
    assert len(table) == 168
    assert table.gross_sales.sum() == pytest.approx(paid[(days >= WEEK.start) & (days <= WEEK.end)].paid_amount.sum())


def test_pictures_without_figures_say_so():
    traffic = simulate_traffic(1)
    empty = diagnose({"traffic_daily": traffic[traffic.date >= WEEK.start]}, WEEK)
    assert "not known" in figures.alt_text(figures.waterfall(empty))
    assert "not known" in figures.alt_text(figures.gmv_tree(empty))


@pytest.mark.parametrize("key", ["gmv", "visitors", "pay_conversion", "value_per_buyer"])
@pytest.mark.parametrize("segment", [(), (("channel", "search"),), (("platform", "jd"), ("device", "mobile"))])
def test_the_days_behind_a_figure_make_it_up(data, key, segment):
    rows = views.compared_days(data, WEEK, "last_week", key, segment)
    names = [name for name, _ in segment]
    result = kpis(data, WEEK, "last_week", by=names or None)
    table = result.table[result.table["metric"] == key]
    for name, value in segment:
        table = table[table[name] == value]
    assert list(rows["date"]) == [WEEK.start + dt.timedelta(days=n) for n in range(7)]
    assert list(rows["before_date"]) == [day - dt.timedelta(days=7) for day in rows["date"]]
    sums = rows[["total", "base", "before_total", "before_base"]].sum()
    if key in ("gmv", "visitors"):
        assert rows["value"].equals(rows["total"])
        sums[["base", "before_base"]] = 1.0
    found = (sums["total"] / sums["base"], sums["before_total"] / sums["before_base"])
    assert found == pytest.approx((table["like"].item(), table["previous"].item()))


def test_days_of_what_is_not_known_are_none(data):
    assert views.compared_days(data, WEEK, "previous", "gmv", (("channel", "moon"),)).empty
    assert views.compared_days(data, WEEK, "previous", "orders").empty


def test_a_peak_a_year_ago_is_named_and_does_not_flatten_this_year(data):
    table = views.trend(data, WEEK)
    high = table["value"].max()
    calm = figures.trend(table, "gmv", WEEK, "CNY").plotly()
    assert len(calm.layout.annotations) == 0
    table.loc[[20, 21, 40], "year_before"] = [30 * high, 20 * high, 5 * high]
    peaked = figures.trend(table, "gmv", WEEK, "CNY").plotly()
    assert peaked.layout.yaxis.range[1] < 2.5 * high
    assert [note.x for note in peaked.layout.annotations] == [table["date"][20], table["date"][40]]
    assert all("a year before: ¥" in note.text for note in peaked.layout.annotations)
    assert list(peaked.data[0].y) == list(table["year_before"]), "what is not in the picture is in its data"
    table["value"] = float("nan")
    assert figures.trend(table, "gmv", WEEK).plotly().layout.yaxis.range[1] >= 30 * high


def test_lines_of_the_tree_reach_their_boxes(data):
    figure = figures.gmv_tree(diagnose(data, WEEK)).plotly()
    boxes = {(note.x, note.y) for note in figure.layout.annotations}
    ends = [((line.x0, line.y0), (line.x1, line.y1)) for line in figure.layout.shapes]
    assert len(ends) == len(boxes) - 1
    assert all(start in boxes and end in boxes for start, end in ends)
    (marks,) = figure.data
    assert set(zip(marks.x, marks.y, strict=True)) == boxes
    assert list(marks.customdata) == ["gmv", "visitors", "pay_conversion", "value_per_buyer"]


@pytest.mark.parametrize("key", ["gross_sales", "value_per_buyer", "order_value", "buyers", "orders_per_buyer", "gmv"])
def test_the_trend_reads_all_that_a_metric_is_made_of(key):
    data = simulate_orders(3, days=60)
    table = views.trend(data, WEEK, key).set_index("date")["value"]
    series = dict(kpis(data, WEEK)[key].series)
    assert table[table.notna()].to_dict() == pytest.approx({day: series[day] for day in table.index[table.notna()]})
    assert table[WEEK.start :].notna().all()


def test_an_empty_value_of_a_dimension_has_a_name_on_the_axis():
    orders = simulate_orders(1, days=30)
    orders["province"] = np.where(np.arange(len(orders)) % 3 == 0, "", "浙江省")
    figure = figures.segments(kpis(orders, WEEK, by=("province",)), "gross_sales", ("province",), Look("zh"))
    assert {name for trace in figure.data for name in trace["y"]} == {"浙江省", "未填写"}


def test_the_calendar_is_told_loud_events_first():
    day = dt.date(2026, 11, 10)
    rows = [
        {"starts_on": dt.date(2026, 11, 1), "ends_on": None, "name": "before", "kind": "other", "platform": None},
        {"starts_on": day, "ends_on": None, "name": "price", "kind": "price", "platform": "taobao"},
        {"starts_on": dt.date(2026, 11, 5), "ends_on": dt.date(2026, 11, 9), "name": "sale", "kind": "promotion",
         "platform": None},
        {"starts_on": day, "ends_on": None, "name": "stock", "kind": "stock_out", "platform": "jd"},
    ]  # fmt: skip
    calendar = {"calendar": pd.DataFrame(rows)}
    assert views.events(calendar, WEEK) == ("sale", "price", "stock")
    assert views.events(calendar, WEEK, ("jd",)) == ("sale", "stock")
    assert views.events(simulate_orders(1, days=30), WEEK) == ()
    named = pd.DataFrame([{**row, "name_en": "Sale!" if row["name"] == "sale" else None} for row in rows])
    told = views.events({"calendar": named}, WEEK)
    assert [write(name, "en") for name in told] == ["Sale!", "price", "stock"]
    assert [write(name, "zh") for name in told] == ["sale", "price", "stock"]
