"""Axes tell their ticks apart."""

import plotly.graph_objects as go
import pytest

from ecops.charts import Look, count_axis


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "values",
    [[1.02, 1.31], [0.4, 1.3], [0.0004, 0.0011], [0], [1], [2, 3], [7, 12], [0.5, 40.25], [12_000, 98_000], [None, 3]],
)
@pytest.mark.parametrize("zero", [True, False])
def test_no_two_ticks_of_a_count_are_written_alike(values, language, zero):
    axis = count_axis(values, language, zero)
    assert len(set(axis["ticktext"])) == len(axis["ticktext"]) == len(axis["tickvals"]) >= 2
    told = [value for value in values if value is not None]
    assert axis["range"][0] <= min(told) <= max(told) <= axis["range"][1]


def test_ticks_have_the_decimals_of_their_step():
    assert count_axis([1.02, 1.31])["ticktext"] == ["0.0", "0.5", "1.0", "1.5"]
    assert count_axis([1.02, 1.06], zero=False)["ticktext"][0] == "1.02"
    assert count_axis([0, 2])["ticktext"] == ["0", "1", "2"]
    assert count_axis([0, 12_000], "zh")["ticktext"][-1] == "1.5 万"
    assert count_axis([0, 12_000])["ticktext"][-1] == "15,000"


@pytest.mark.parametrize("look", [Look("en"), Look("zh"), Look("en", dark=True), Look("zh", red_up=True)])
def test_a_figure_is_the_one_that_plotly_makes_with_the_template(look):
    mine, plotlys = look.figure(showlegend=False), go.Figure(layout={"template": look.template, "showlegend": False})
    for figure in (mine, plotlys):
        figure.add_bar(x=["a"], y=[2]).update_layout(height=300, xaxis_title="x")
    assert mine.to_json() == plotlys.to_json()
    assert mine.layout.template == look.template
    mine.layout.template.layout.font.size = 40
    assert look.figure().layout.template.layout.font.size == look.template.layout.font.size == 13
