"""The pictures of the review: this year stays readable beside a peak of the year before."""

import datetime as dt
import math

from ecops.charts import Look
from ecops.review.charts import Line
from ecops.review.figures import line

DAYS = tuple(dt.date(2026, 10, 12) + dt.timedelta(days=number) for number in range(42))


def drawn(year_before):
    shown = Line("visitors", DAYS, (100.0, *(90.0,) * 41), tuple(year_before), (False,) * 42, 90.0, 80.0)
    return line(shown, look=Look(language="en"))


def test_a_peak_of_the_year_before_is_named_and_not_drawn_to_scale():
    figure = drawn([80.0] * 30 + [900.0, 1200.0, 700.0] + [80.0] * 9)
    assert figure.layout.yaxis.range[1] <= 200
    (said,) = [note.text for note in figure.layout.annotations]
    assert "a year before: 1,200" in said
    assert max(figure.data[0].y) == 1200  # the data stays whole, only the axis ends below it


def test_without_a_peak_everything_is_drawn():
    figure = drawn([140.0] * 42)
    assert figure.layout.yaxis.range[1] >= 140
    assert not figure.layout.annotations


def test_without_this_year_the_year_before_is_drawn():
    shown = Line("visitors", DAYS, (math.nan,) * 42, (500.0,) * 42, (False,) * 42, math.nan, 500.0)
    assert line(shown, look=Look(language="en")).layout.yaxis.range[1] >= 500
