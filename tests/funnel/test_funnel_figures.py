import numpy as np
import pandas as pd
import pytest

from ecops.charts import Look
from ecops.funnel import FunnelSpec, diagnose, from_events, from_table, time_to_convert
from ecops.funnel.telling.figures import funnel_bars, money_waterfall, segment_rates, time_histogram
from tests.funnel.oracle import frame


def table(rate, **extra):
    data = {
        "channel": ["ads", "<b>mail"],
        "visitors": [10_000, 5_000],
        "pay_buyers": [int(10_000 * rate), 400],
        **extra,
    }
    return from_table(pd.DataFrame(data), by="channel")


AFTER, BEFORE = table(0.04, pay_amount=[40_000, 40_000]), table(0.08, pay_amount=[80_000, 40_000])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_says_its_take_away_and_has_an_alternative_text(language):
    look = Look(language)
    times = time_to_convert(frame({f"u{i}": [(0, "A"), (i * 7200, "B")] for i in range(1, 20)}), FunnelSpec(["A", "B"]))
    figures = [
        funnel_bars(AFTER, BEFORE, look=look),
        money_waterfall(diagnose(AFTER, BEFORE), look),
        segment_rates(AFTER, "pay", "channel", look),
        time_histogram(times, look),
    ]
    for figure in figures:
        assert figure.layout["meta"]["title"]
        assert figure.layout["meta"]["subtitle"]
        assert figure.layout["meta"]["alt"].startswith(figure.layout["meta"]["title"])
        figure.plotly()
    words = "".join(figure.layout["meta"]["alt"] for figure in figures)
    assert ("访客" in words) == (language == "zh")


def test_bars_are_the_counts_and_the_outline_the_comparison():
    figure = funnel_bars(AFTER, BEFORE).plotly()
    bars, outline = figure.data
    assert list(bars.x) == [15_000, 800]
    assert list(outline.x) == [15_000, 1_200]
    assert "5.3%" in bars.text[1]


def test_the_waterfall_adds_up():
    figure = money_waterfall(diagnose(AFTER, BEFORE))
    values = list(figure.data[0]["y"])
    assert values[0] == pytest.approx(120_000)
    assert values[-1] == pytest.approx(80_000)
    assert sum(values[:-1]) == pytest.approx(values[-1])


def test_data_in_labels_is_harmless():
    figure = segment_rates(AFTER, "pay", "channel")
    assert "&lt;b&gt;mail" in list(figure.data[0]["y"])


def test_figures_without_something_to_show():
    assert money_waterfall(diagnose(AFTER, benchmark={"pay": 0.2})) is None
    assert time_histogram(time_to_convert(frame({"u": [(0, "A"), (1, "x")]}), FunnelSpec(["A", "B"]))) is None
    empty = from_events(frame({"u": [(0, "B")]}), FunnelSpec(["A", "B"]))
    assert np.asarray(funnel_bars(empty).data[0]["x"]).tolist() == [0, 0]


def test_the_waterfall_of_units_without_money():
    figure = money_waterfall(diagnose(table(0.04), table(0.08)))
    assert figure.data[0]["y"][0] == pytest.approx(1_200)


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ("支付<br>转化率", "同渠道<br>客单价")),
        ("en", ("rate to<br>payment", "order<br>value<br>by<br>source")),
    ],
)
def test_the_names_of_the_waterfall_lie_flat_on_several_lines(language, lines):
    axis = money_waterfall(diagnose(AFTER, BEFORE), Look(language)).plotly().layout.xaxis
    assert axis.tickangle == 0
    assert set(lines) <= set(axis.ticktext)
    assert max(len(line) for text in axis.ticktext for line in text.split("<br>")) <= (3 if language == "zh" else 8)


def test_the_value_of_an_order_is_the_same_only_inside_segments():
    whole = [each.along(()) for each in (AFTER, BEFORE)]
    assert "客单价" in money_waterfall(diagnose(*whole), Look("zh")).data[0]["x"]
    assert "同渠道客单价" in money_waterfall(diagnose(AFTER, BEFORE), Look("zh")).data[0]["x"]


def test_rates_beside_each_other_never_read_alike():
    bars = funnel_bars(table(0.274), table(0.268), look=Look("en")).plotly().data[0]
    assert bars.text[1].endswith("20.9% (before 20.5%)")
