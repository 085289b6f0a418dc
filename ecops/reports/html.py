"""A report as one HTML file that needs nothing else: to read, to mail, to print."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from ecops.charts import Look, count_axis, money_axis, percent_axis, plain, title
from ecops.messages import Count, Money, Number, Percent, Points, Value, write
from ecops.reports.model import RECEIPTS, Bullets, Chart, Report, Section, Table

if TYPE_CHECKING:
    import plotly.graph_objects as go

_STYLE = """
:root{color:#1B2430;background:#fff;font:15px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',
'Noto Sans SC','Noto Sans CJK SC',sans-serif;font-variant-numeric:tabular-nums}
body{max-width:960px;margin:0 auto;padding:32px 24px}
h1{font-size:26px;margin:0}h2{font-size:19px;margin:40px 0 8px}
.sub{color:#5B6673;margin:4px 0 16px}.verdict{font-size:18px;border-left:4px solid #0F6E6E;padding:4px 0 4px 16px}
table{border-collapse:collapse;width:100%;margin:12px 0}th,td{padding:6px 8px;border-bottom:1px solid #E3E7EC;
text-align:left;vertical-align:top}th{color:#5B6673;font-weight:600}td.n,th.n{text-align:right}.n,.s{white-space:nowrap}
ul{padding-left:20px}footer{margin-top:48px;border-top:1px solid #E3E7EC;color:#5B6673;font-size:12px}h3{margin:8px 0}
figure{margin:16px 0}@media print{body{max-width:none;padding:0}section{break-inside:avoid-page}
figure,tr{break-inside:avoid}@page{size:A4;margin:16mm}}
"""
_WORD = 8
"""Text up to this many letters is never broken over lines."""

_WEEK, _CROWDED = 7, 21
"""From so many points on, one label a week is written."""

_NUMBERS = (Money, Percent, Points, Count, Number, int, float)


def render(report: Report, language: str) -> bytes:
    """The report in `language` as UTF-8 HTML with its script and style inside."""

    def say(value: Value) -> str:
        # Everything is escaped, our own sentences too: nothing here is markup.
        return html.escape(write(value, language))

    charts = _Charts(language)
    body = "".join(_section(section, say, charts) for section in report.sections)
    receipts = "".join(f"<div>{say(line)}</div>" for line in report.receipts)
    footer = f"<footer><h3>{say(RECEIPTS)}</h3>{receipts}</footer>" if receipts else ""
    page = (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{say(report.title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{say(report.title)}</h1>"
        f'<p class="sub">{say(report.subtitle)}</p><p class="verdict">{say(report.verdict)}</p>'
        f"{body}{footer}</body></html>"
    )
    return page.encode("utf-8")


class _Charts:
    """Draws charts; the first one brings the drawing script with it."""

    def __init__(self, language: str) -> None:
        self.look = Look(language=language)
        self.first = True

    def draw(self, chart: Chart) -> str:
        drawn = figure(chart, self.look).to_html(
            full_html=False, include_plotlyjs=self.first, config={"staticPlot": True}, default_height="360px"
        )
        self.first = False
        return str(drawn)


def _section(section: Section, say: Callable[[Value], str], charts: _Charts) -> str:
    parts = []
    for block in section.blocks:
        if isinstance(block, Bullets):
            parts.append("<ul>" + "".join(f"<li>{say(item)}</li>" for item in block.items) + "</ul>")
        elif isinstance(block, Table):
            parts.append(_table(block, say))
        else:
            parts.append(f'<figure role="img" aria-label="{say(block.title)}">{charts.draw(block)}</figure>')
    return f"<section><h2>{say(section.title)}</h2>{''.join(parts)}</section>"


def _table(table: Table, say: Callable[[Value], str]) -> str:
    numeric = [any(isinstance(row[place], _NUMBERS) for row in table.rows) for place in range(len(table.columns))]

    def cell(tag: str, place: int, value: Value) -> str:
        text = say(value)
        kind = " class=n" if numeric[place] else " class=s" if len(text) <= _WORD else ""
        return f"<{tag}{kind}>{text}</{tag}>"

    head = "".join(cell("th", place, value) for place, value in enumerate(table.columns))
    rows = "".join(
        "<tr>" + "".join(cell("td", place, value) for place, value in enumerate(row)) + "</tr>" for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def figure(chart: Chart, look: Look) -> go.Figure:
    """A `Chart` as a Plotly figure."""
    import plotly.graph_objects as go

    language = look.language
    labels = [plain(write(category, language)) for category in chart.categories]
    drawn = go.Figure(layout={"template": look.template, "showlegend": len(chart.series) > 1})
    plotted = [value for series in chart.series for value in series.values]
    for series in chart.series:
        name = plain(write(series.name, language))
        if chart.kind == "waterfall":
            steps = ["relative"] * (len(labels) - 1) + ["total"]
            drawn.add_trace(go.Waterfall(x=labels, y=series.values, measure=steps, name=name))
            plotted = _reached(series.values)
        elif chart.kind == "bar":
            drawn.add_trace(go.Bar(x=labels, y=series.values, name=name, marker_color=_colour(series.benchmark, look)))
        else:
            line = {"color": look.ink.benchmark, "dash": "dash"} if series.benchmark else {}
            drawn.add_trace(go.Scatter(x=labels, y=series.values, name=name, mode="lines+markers", line=line))
    if chart.unit == "money":
        axis = money_axis(plotted, chart.currency, language)
    else:
        axis = percent_axis(plotted) if chart.unit == "percent" else count_axis(plotted, language)
    drawn.update_yaxes(axis)
    # Labels are words even when they look like dates or numbers.
    drawn.update_xaxes(type="category")
    if len(labels) >= _CROWDED:
        drawn.update_xaxes(tickmode="linear", tick0=0, dtick=_WEEK, tickangle=0)
    return title(drawn, chart.title, chart.subtitle, language)


def _colour(benchmark: bool, look: Look) -> str:
    return look.ink.benchmark if benchmark else look.ink.accent


def _reached(steps: tuple[float, ...]) -> list[float]:
    """Every height a waterfall passes."""
    heights, total = [0.0], 0.0
    for step in steps[:-1]:
        total += step
        heights.append(total)
    return heights
