"""The pictures say what the readout says, in both languages."""

import pytest

from ecops.charts import Look
from ecops.experiments import Design, Experiment, analyse, decide
from ecops.experiments.telling.figures import cumulative, intervals, power_curve
from tests.experiments.shops import shop, totals

USERS = shop(lift=0.25, seed=2)
READOUT = analyse(
    USERS, Experiment(goal="conversion", guardrails=(("aov", 0.1),), secondary=("uv_value",), planned_sample=40_000)
)
DECISION = decide(READOUT)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_intervals_show_every_metric(language):
    figure = intervals(READOUT, DECISION, Look(language=language)).plotly()
    points = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert [trace.x[0] for trace in points] == [result.effect.lift.value for result in READOUT.results]
    bars = [trace for trace in figure.data if trace.mode == "lines"]
    assert tuple(bars[0].x) == (READOUT.goal("B").effect.lift.low, READOUT.goal("B").effect.lift.high)
    assert figure.layout.meta["title"] == DECISION.headline.text(language)
    assert DECISION.headline.text(language) in figure.layout.meta["alt"]
    marks = [trace.x[0] for trace in figure.data if trace.mode == "markers"]
    assert marks == [-0.1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_path_has_a_line_and_a_band(language):
    figure = cumulative(READOUT, DECISION, Look(language=language, dark=True)).plotly()
    low, high, line = figure.data
    assert line.y[-1] == pytest.approx(READOUT.goal("B").effect.difference)
    assert low.y[-1] < line.y[-1] < high.y[-1]
    assert len(line.x) == 21
    assert ("差异" if language == "zh" else "difference") in figure.layout.meta["alt"]


def test_a_path_without_dates_says_so():
    readout = analyse(totals(USERS), Experiment())
    figure = cumulative(readout, decide(readout)).plotly()
    assert "no dates" in figure.layout.meta["alt"]
    assert len(intervals(readout, decide(readout)).data) == 2


def test_the_power_curve_passes_through_its_own_answer():
    figure = power_curve(Design(0.05, looks=4), 0.12).plotly()
    curve, mark = figure.data
    assert mark.y[0] == 0.8
    assert mark.x[0] == pytest.approx(0.12, abs=1e-3)
    assert list(curve.y) == sorted(curve.y)


def test_names_from_data_are_harmless():
    odd = USERS.assign(variant=USERS.variant.replace({"B": "<b>x</b>"}))
    readout = analyse(odd, Experiment(arms={"A": 1, "<b>x</b>": 1}, planned_sample=40_000))
    figure = intervals(readout, decide(readout)).plotly()
    assert "<b>" not in figure.layout.title.text
