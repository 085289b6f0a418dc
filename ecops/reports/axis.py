"""What the pictures of all files share: their axis, how numbers stand beside it, and a waterfall as a stack of bars."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ecops.charts import ticks
from ecops.locale import currency_symbol, write_count, write_money
from ecops.messages import Message, Value
from ecops.reports.model import Chart, Unit

DAY_FORMATS = {"zh": 'm"月"d"日"', "en": "d mmm"}
"""How a spreadsheet or a native chart writes days."""


@dataclass(frozen=True, slots=True)
class Axis:
    """The upright axis of a chart.

    Attributes:
        places: where it has a line, lowest first, in the chart's unit; the ends are those of the axis.
        labels: what is written there.
        digits: decimals of its numbers (of the per cent, for shares).
    """

    places: tuple[float, ...]
    labels: tuple[str, ...]
    digits: int

    @property
    def step(self) -> float:
        """From one line to the next."""
        return self.places[1] - self.places[0]


def axis(chart: Chart, language: str) -> Axis:
    """The axis of `chart`, which holds zero and every value that is not above its ceiling."""
    values = [value for value in _heights(chart) if math.isfinite(value) and value <= chart.ceiling]
    places = ticks(values)
    whole = chart.unit == "count" and all(float(value).is_integer() for value in values)
    if whole and places[1] - places[0] < 1:
        places = [float(place) for place in range(math.floor(places[0]), math.ceil(places[-1]) + 1)]
    step = (places[1] - places[0]) * (100 if chart.unit == "percent" else 1)
    digits = max(0, math.ceil(-math.log10(step) - 1e-9))
    return Axis(tuple(places), tuple(_label(place, chart, language, digits) for place in places), digits)


def _heights(chart: Chart) -> list[float]:
    if chart.kind == "waterfall":
        return reached(chart.series[0].values)
    return [value for series in chart.series for value in (*series.values, *series.low, *series.high)]


def _label(place: float, chart: Chart, language: str, digits: int) -> str:
    if chart.unit == "money" and not digits:
        return write_money(place, chart.currency, language)
    if chart.unit == "percent":
        return f"{place * 100:.{digits}f}%"
    return f"{place:,.{digits}f}" if digits else write_count(place, language)


def number_format(unit: Unit, currency: str, language: str, digits: int | None = None) -> str:
    """How a spreadsheet or a native chart writes numbers as the locale does: ¥1.5万 and ¥15k, 3.1%.

    Args:
        unit: of the numbers.
        currency: ISO code, for money.
        language: "zh" or "en".
        digits: decimals of small numbers; as many as are usual for the unit when None.
    """
    if unit == "percent":
        return "0" + _decimals(1 if digits is None else digits) + "%"
    sign = f'"{symbol}"' if unit == "money" and (symbol := currency_symbol(currency)) else ""
    small = f"{sign}#,##0{_decimals(digits or 0)}"
    if language == "zh":
        # A format can divide by thousands only: the point of 1.5万 is put before the last digit of 15.
        return f'[>=100000000]{sign}0\\.00,,"亿";[>=10000]{sign}0\\.0,"万";{small}'
    if unit == "money":
        return f'[>=1000000]{sign}0.0,,"M";[>=10000]{sign}0,"k";{small}'
    return small


def _decimals(digits: int) -> str:
    return f".{'0' * digits}" if digits else ""


def reached(steps: tuple[float, ...]) -> list[float]:
    """Every height a waterfall passes."""
    heights, total = [0.0], 0.0
    for step in steps[:-1]:
        total += step
        heights.append(total)
    return heights


def stack(chart: Chart) -> list[tuple[Value, list[float]]]:
    """A waterfall as a stack of bars: invisible base, rises, falls, total. Exact while the running sum is positive."""
    base, up, down, total = ([0.0] * len(chart.categories) for _ in range(4))
    height = 0.0
    values = chart.series[0].values
    for place, value in enumerate(values):
        if place == len(values) - 1:
            total[place] = height
        else:
            base[place] = min(height, height + value)
            (up if value >= 0 else down)[place] = abs(value)
            height += value
    return [
        (Message("Base"), base),
        (Message("Rise"), up),
        (Message("Fall"), down),
        (Message("Total"), total),
    ]
