"""Axes tell their ticks apart."""

import json
import math

import plotly.graph_objects as go
import pytest
from plotly.io.json import to_json_plotly

from ecops.charts import Level, Look, count_axis, level_lines, title
from ecops.messages import Message, Percent


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


LOOKS = [Look("en"), Look("zh"), Look("en", dark=True), Look("zh", red_up=True)]


@pytest.mark.parametrize("look", LOOKS)
def test_a_figure_is_the_one_that_plotly_makes(look):
    mine = look.figure(showlegend=False)
    plotlys = go.Figure(layout={"template": look.template, "showlegend": False})
    for figure in (mine, plotlys):
        figure.add_bar(x=["a", "b"], y=[2, 3], text=None).add_scatter(x=["a"], y=[2], mode="lines")
        figure.add_heatmap(z=[[1, 2]]).add_waterfall(x=["a"], y=[1]).add_scatterpolar(r=[1], theta=["a"])
        figure.add_shape(type="rect", x0=0, x1=1, y0=0, y1=1).add_annotation(x=0, y=1, text="here")
        figure.add_hline(y=2, line={"width": 1}).add_vline(x=0, line={"dash": "dot"})
        figure.update_layout(height=300, margin={"l": 3}).update_layout(height=200, margin={"t": 5})
        figure.update_xaxes({"type": "category"}, side="top").update_xaxes(showgrid=False)
        figure.update_yaxes(range=[0, 4]).update_yaxes({"autorange": "reversed"})
    assert mine.plotly() == plotlys
    sent = json.loads(to_json_plotly({"data": mine.data, "layout": mine.layout}))
    assert go.Figure(sent) == plotlys, "what is sent needs nobody who looks at it"


@pytest.mark.parametrize("look", LOOKS)
def test_the_template_is_one_that_plotly_knows(look):
    assert go.layout.Template(look.template).layout.font.size == 13
    assert look.figure().layout["template"] is look.template, "figures share it"


def test_what_plotly_does_not_know_is_found():
    figure = Look().figure().add_bar(x=[1], y=[2], marker={"colour": "red"})
    with pytest.raises(ValueError, match="colour"):
        figure.plotly()
    figure.data.clear()
    figure.update_layout(heigth=300)
    with pytest.raises(ValueError, match="heigth"):
        figure.plotly()
    del figure.layout["heigth"]


def test_a_title_keeps_the_margins_and_the_words_stay_whole():
    figure = title(Look().figure().update_layout(margin={"l": 90}), "<b>Half</b>", Message("Below"), "en")
    assert figure.layout["margin"] == {"l": 90, "t": 72}
    assert figure.layout["meta"] == {"title": "<b>Half</b>", "subtitle": "Below"}
    assert figure.layout["title"]["text"] == "&lt;b&gt;Half&lt;/b&gt;"


def test_levels_are_lines_with_words_above_the_first_and_below_the_second():
    known = [Level(Message("goal"), 0.05), Level(Message("unknown"), math.nan), Level(Message("benchmark"), 0.04)]
    figure = level_lines(Look().figure(), known, Percent, Look())
    assert [(line["y0"], line["y1"], line["xref"]) for line in figure.layout["shapes"]] == [
        (0.05, 0.05, "x domain"),
        (0.04, 0.04, "x domain"),
    ]
    words = [(note["text"], note["y"], note["yanchor"]) for note in figure.layout["annotations"]]
    assert words == [("goal: 5.0%", 0.05, "bottom"), ("benchmark: 4.0%", 0.04, "top")]
