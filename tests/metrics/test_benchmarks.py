"""Reference values: the shop's own, uploaded ones, the handbooks' examples; which of them a picture shows."""

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from ecops import Workspace, handbook
from ecops.charts import Look
from ecops.errors import SpecError
from ecops.growth import figures, views
from ecops.metrics import kpis
from ecops.metrics.beside import benchmarks
from ecops.metrics.beside.benchmarks import Benchmark
from ecops.periods import Period
from ecops.store.inputs import open_data

DAY = dt.date(2026, 10, 31)
OWN = Benchmark("pay_conversion", 0.024, "tier", "home, tier 4", "average", DAY, "association", "own")
WEEK = Period(dt.date(2026, 3, 2), dt.date(2026, 3, 8))


def table(*rows):
    return pd.DataFrame(rows, columns=["metric", "value", "population", "statistic", "date", "source"])


def traffic():
    days = pd.date_range("2026-01-05", "2026-03-08")
    return pd.DataFrame(
        {"platform": "jd", "level": "shop", "date": days, "visitors": 1000.0, "pay_buyers": 30.0, "pay_amount": 3000.0}
    )


def values(data):
    return {key: one.value for key, one in kpis(data, WEEK).kpis.items()}


UPLOADED = (
    ("支付转化率", 0.058, "行业", "average", DAY, "handbook"),
    ("支付转化率", 0.031, "家居 第四层级", "top", DAY, "report"),
    ("Payment conversion", 0.025, "家居 第四层级", "average", DAY - dt.timedelta(days=90), "report"),
    ("happiness", 1.0, "行业", "average", DAY, "nobody"),
)


@pytest.fixture
def shop(tmp_path):
    return Workspace.open(tmp_path / "shop")


@pytest.mark.row(71, 72, 168)
def test_the_handbooks_examples_are_listed_and_draw_no_line():
    found = benchmarks.benchmarks({})
    of = {(one.metric, one.id): one.value for one in found}
    assert of["pay_conversion", "funnel.cvr_industry"] == 0.058
    assert of["pay_conversion", "funnel.cvr_example"] == 0.032
    assert of["bounce_rate", "funnel.bounce_industry"] == 0.38
    assert of["bounce_rate", "funnel.bounce_example"] == 0.45
    assert {one.origin for one in found} == {"handbook"}
    assert all("an example" in str(one.source) and one.day for one in found)
    assert benchmarks.chosen({}, "pay_conversion") is None
    assert benchmarks.levels({}, "pay_conversion") == ()


def test_ones_own_comes_before_a_file_the_tier_before_the_industry_the_average_before_the_best(shop):
    data = open_data({"benchmarks": table(*UPLOADED)})
    assert benchmarks.chosen(data, "pay_conversion").value == 0.025
    assert [one.value for one in benchmarks.benchmarks(data, "pay_conversion") if one.origin == "file"] == [
        0.031,
        0.058,
        0.025,
    ]
    name = benchmarks.write_benchmark(shop, OWN, actor="Li")
    found = benchmarks.chosen(shop.data(), "pay_conversion")
    assert found == replace(OWN, id=name)
    (level,) = benchmarks.levels(shop.data(), "pay_conversion")
    assert (level.words.text("en"), level.value) == ("benchmark (home, tier 4, average)", 0.024)
    version = shop.version
    benchmarks.write_benchmark(shop, replace(OWN, id=name, value=0.026))
    assert benchmarks.chosen(shop.data(), "pay_conversion").value == 0.026
    benchmarks.remove_benchmark(shop, name)
    assert benchmarks.chosen(shop.data(), "pay_conversion") is None
    assert shop.version != version


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"source": " "}, "source"),
        ({"value": 5.8}, "0.05 for 5%"),
        ({"value": float("nan")}, "no value"),
        ({"metric": "pay_conversions"}, "pay_conversion"),
        ({"scope": "world"}, "industry"),
        ({"statistic": "mean"}, "median"),
    ],
)
def test_what_is_no_reference_is_refused(shop, changed, words):
    with pytest.raises(SpecError, match=words):
        benchmarks.write_benchmark(shop, replace(OWN, **changed))
    assert benchmarks.chosen(shop.data(), "pay_conversion") is None


@pytest.mark.row(71)
def test_a_figure_stands_beside_its_reference_values_by_hand():
    data = open_data({"traffic_daily": traffic(), "benchmarks": table(UPLOADED[0])})
    found = benchmarks.against(data, values(data))
    told = {one.benchmark.origin: one for one in found if one.benchmark.value == 0.058}
    assert told["file"].value == pytest.approx(0.03)
    assert told["file"].gap == pytest.approx(0.03 - 0.058)
    assert not told["file"].better
    own = open_data({"traffic_daily": traffic()})
    own.choices = {"parameter": {"funnel.cvr_industry": {"value": 0.02, "source": ""}}}
    assert [one.better for one in benchmarks.against(own, values(own)) if one.benchmark.id == "funnel.cvr_industry"]
    assert handbook.get("funnel.cvr_industry", own) == 0.02


@pytest.mark.row(73)
def test_a_goal_and_a_benchmark_are_lines_on_the_picture():
    from ecops.review import Target
    from ecops.review.goals import levels

    data = open_data({"traffic_daily": traffic(), "benchmarks": table(UPLOADED[0])})
    goal = Target("pay_conversion", 0.05, dt.date(2026, 9, 1), dt.date(2026, 3, 1), 0.03)
    across = (*levels([goal], "pay_conversion"), *benchmarks.levels(data, "pay_conversion"))
    rows = views.trend(data, WEEK, "pay_conversion")
    drawn = figures.trend(rows, "pay_conversion", WEEK, "CNY", Look("en"), across).plotly()
    lines = [shape.y0 for shape in drawn.layout.shapes if shape.y0 == shape.y1]
    assert lines == [0.05, 0.058]
    assert drawn.layout.yaxis.range[1] >= 0.058, "the axis reaches the lines"
    words = " ".join(note.text for note in drawn.layout.annotations)
    assert "goal by 1 Sep: 5.0%" in words
    assert "benchmark (行业, average): 5.8%" in words
    gmv = Target("gmv", 70_000, dt.date(2026, 9, 1), dt.date(2026, 3, 1), 1.0)
    assert levels([gmv], "gmv")[0].value == 10_000, "a sum is agreed a week and drawn a day"
    assert levels([gmv], "visitors") == ()


@pytest.mark.row(111)
def test_the_repeat_rate_stands_beside_the_handbooks_groups_each_with_its_name():
    gaps = benchmarks.against({}, {"repeat_rate": 0.30})
    assert {one.benchmark.who.text("en"): (one.benchmark.value, one.better) for one in gaps} == {
        "shops with CRM, average": (0.53, False),
        "customers in the community, average": (0.67, False),
        "ordinary customers, average": (0.28, True),
    }
