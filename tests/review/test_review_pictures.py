"""The pictures of the review: this year stays readable beside a peak of the year before."""

import datetime as dt
import math

import pytest

from ecops.charts import Look
from ecops.messages import Named
from ecops.review.week.agenda import Annotation
from ecops.review.week.charts import Line
from ecops.review.week.figures import line

DAYS = tuple(dt.date(2026, 10, 12) + dt.timedelta(days=number) for number in range(42))


def drawn(year_before, annotations=(), language="en"):
    shown = Line("visitors", DAYS, (100.0, *(90.0,) * 41), tuple(year_before), (False,) * 42, 90.0, 80.0)
    return line(shown, annotations=annotations, look=Look(language=language)).plotly()


def event(name, start, days=1):
    first = DAYS[0] + dt.timedelta(days=start)
    return Annotation(first, first + dt.timedelta(days=days - 1), name, "other", "", "")


def test_an_event_with_an_english_name_is_called_so_in_english():
    events = [event(Named("大促", "Sale"), 5), event("断货", 20)]
    for language, names in (("en", ["Sale", "断货"]), ("zh", ["大促", "断货"])):
        texts = [note.text for note in drawn([100.0] * 42, events, language).layout.annotations]
        assert [name for name in ("Sale", "大促", "断货") if name in texts] == names


def box(note, width=300, height=330):
    """Edges of a note on a small picture, pixels, with letters of 11 points: (left, right, bottom, top)."""
    lines = note.text.split("<br>")
    wide = max(sum(11.0 if sign > "\u2e80" else 5.5 for sign in text) for text in lines)
    at = (dt.date.fromisoformat(note.x) - DAYS[0]).days / 41 * width
    left = at - wide if note.xanchor == "right" else at
    return left, left + wide, note.y * height, note.y * height + 13 * len(lines)


def test_a_peak_of_the_year_before_is_named_and_not_drawn_to_scale():
    figure = drawn([80.0] * 30 + [900.0, 1200.0, 700.0] + [80.0] * 9)
    assert figure.layout.yaxis.range[1] <= 200
    (said,) = [note.text for note in figure.layout.annotations]
    assert "a year before: 1,200" in said
    assert "the axis is cut" in said
    told = [note.text for note in drawn([80.0] * 30 + [900.0] * 12, language="zh").layout.annotations]
    assert "纵轴已截断" in "".join(told)
    assert max(figure.data[0].y) == 1200  # the data stays whole, only the axis ends below it


def test_without_a_peak_everything_is_drawn():
    figure = drawn([140.0] * 42)
    assert figure.layout.yaxis.range[1] >= 140
    assert not figure.layout.annotations


def test_without_this_year_the_year_before_is_drawn():
    shown = Line("visitors", DAYS, (math.nan,) * 42, (500.0,) * 42, (False,) * 42, math.nan, 500.0)
    assert line(shown, look=Look(language="en")).plotly().layout.yaxis.range[1] >= 500


PEAK = [80.0] * 30 + [900.0, 1200.0, 700.0] + [80.0] * 9
EVENTS = [
    event("会员消息推送加量", 14),
    event("2026年双11（本店不参加，年终做新品预售）", 27, 11),
    event("316保温杯断货", 31),
]


def test_an_event_keeps_what_stands_in_brackets():
    told = [note.text for note in drawn([80.0] * 42, EVENTS).layout.annotations]
    assert told == ["会员消息推送加量", "2026年双11<br>（本店不参加，年终做新品预售）", "316保温杯断货"]


@pytest.mark.parametrize("year_before", [[80.0] * 42, PEAK])
@pytest.mark.parametrize(
    "events", [EVENTS, [event("A sale of everything that is left of the summer", day, 3) for day in range(0, 42, 2)]]
)
def test_words_stand_on_no_other_words_and_on_no_line_of_the_picture(year_before, events):
    figure = drawn(year_before, events)
    boxes = [box(note) for note in figure.layout.annotations]
    assert len(boxes) >= 3
    for number, (left, right, bottom, top) in enumerate(boxes):
        assert bottom >= figure.layout.yaxis.domain[1] * 330 - 1e-6
        assert top <= 330
        for other in boxes[:number]:
            assert right <= other[0] or other[1] <= left or top <= other[2] or other[3] <= bottom
    # Every event has its line, and lines of others pass behind the words.
    assert [shape.x0 for shape in figure.layout.shapes] == [item.start.isoformat() for item in events]
    assert {note.bgcolor for note in figure.layout.annotations} == {Look().ink.paper}


def test_an_event_that_began_before_the_picture_stands_at_its_edge_and_one_that_is_over_does_not():
    figure = drawn([80.0] * 42, [event("on", -3, 10), event("over", -9, 2), event("later", 50)])
    assert [(note.text, note.x) for note in figure.layout.annotations] == [("on", DAYS[0].isoformat())]


def test_a_name_too_long_for_two_lines_ends_in_an_ellipsis():
    (said,) = [note.text for note in drawn([80.0] * 42, [event("很" * 60, 3)]).layout.annotations]
    assert said.count("<br>") == 1
    assert said.endswith("…")


def test_months_are_few_and_stand_upright():
    months = tuple(dt.date(2025 + (11 + number) // 12, (11 + number) % 12 + 1, 1) for number in range(12))
    figure = line(
        Line("visitors", months, (90.0,) * 12, (80.0,) * 12, (False,) * 12, 90.0, 80.0), look=Look("zh")
    ).plotly()
    assert (figure.layout.xaxis.dtick, figure.layout.xaxis.tickangle) == ("M3", 0)
