"""A report as one HTML file that needs nothing else: to read, to mail, to print."""

from __future__ import annotations

import html
import math

from ecops.messages import Count, Message, Money, Number, Percent, Points, Value, write
from ecops.reports import svg
from ecops.reports.model import (
    MARK,
    RECEIPTS,
    WARNING,
    Block,
    Bullets,
    Card,
    Cards,
    Cause,
    Chart,
    Report,
    Section,
    Table,
)

_STYLE = """
:root{color:#1B2430;background:#fff;font:15px/1.6 system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',
'Noto Sans SC','Noto Sans CJK SC',sans-serif;font-variant-numeric:tabular-nums}
body{max-width:960px;margin:0 auto;padding:32px 24px}
h1{font-size:26px;margin:0}h2{font-size:19px;margin:48px 0 8px}h3{font-size:16px;margin:0}
.sub,figcaption span,summary,.unit{color:#5B6673}.sub{margin:4px 0 16px}
.verdict{font-size:18px;border-left:4px solid #0F6E6E;padding:4px 0 4px 16px}
table{border-collapse:collapse;width:100%;margin:12px 0}th,td{padding:6px 8px;border-bottom:1px solid #E3E7EC;
text-align:left;vertical-align:top}th{color:#5B6673;font-weight:600}td.n,th.n{text-align:right}.n,.s{white-space:nowrap}
ul{padding-left:20px}.warning{border-left:4px solid #B45309;padding:4px 0 4px 16px}.warning ul{margin:0}
.cards{display:flex;flex-wrap:wrap;gap:16px;margin:24px 0}.card{flex:1 1 150px;background:#F3F7F7;padding:12px 16px}
.card b{display:block;font-size:24px;line-height:1.3}.card div{color:#5B6673;font-size:13px}
.card .good,.good{color:#18794E}.card .bad,.bad{color:#B42318}
article{margin:24px 0 40px}article header{display:flex;gap:24px;justify-content:space-between;align-items:flex-start}
.money{text-align:right;white-space:nowrap}.money b{font-size:24px;line-height:1.2}.money div{font-size:13px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:8px 0}dt{color:#5B6673}dd{margin:0}
figure{margin:16px 0}figcaption{line-height:1.4}figcaption b,figcaption span{display:block}
figcaption span{font-size:13px}
svg{display:block;width:100%;height:auto;margin-top:8px;font-family:inherit}svg svg{margin:0}
.legend{display:flex;flex-wrap:wrap;gap:4px 24px;color:#5B6673;font-size:13px}
.legend i{display:inline-block;width:20px;height:0;border-top:3px solid;margin-right:6px;vertical-align:middle}
details{font-size:13px}summary{cursor:pointer}footer{margin-top:48px;border-top:1px solid #E3E7EC;color:#5B6673;
font-size:12px}footer p{display:flex;justify-content:space-between}.mark{color:#0F6E6E;font-weight:600}
@media print{body{max-width:none;padding:0}h2,h3,figcaption,article header{break-after:avoid}details{display:none}
figure,tr,.card,article header{break-inside:avoid}figure>svg{height:58mm;width:auto;max-width:100%}
.cards{gap:8px}.card{flex-basis:90px;padding:8px 10px}.card b{font-size:18px}article{margin:12px 0 20px}
@page{size:A4;margin:16mm;@bottom-right{content:counter(page) " / " counter(pages);color:#5B6673;font-size:9pt}
@bottom-left{content:"ecops";color:#0F6E6E;font-size:9pt}}}
"""
_WORD = 8
"""Text up to this many letters is never broken over lines."""

_NUMBERS = (Money, Percent, Points, Count, Number, int, float)


def render(report: Report, language: str) -> bytes:
    """The report in `language` as UTF-8 HTML with its style and pictures inside, and no script."""
    page = _Page(language)
    say = page.say
    body = "".join(page.section(section) for section in report.sections)
    receipts = "".join(f"<div>{say(line)}</div>" for line in report.receipts)
    appendix = f"<section><h2>{say(RECEIPTS)}</h2>{receipts}</section>" if receipts else ""
    text = (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{say(report.title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{say(report.title)}</h1>"
        f'<p class="sub">{say(report.subtitle)}</p><p class="verdict">{say(report.verdict)}</p>'
        f"{page.blocks(report.opening)}{body}{appendix}"
        f'<footer><p><span class="mark">{MARK}</span><span>{say(report.title)} · {say(report.subtitle)}</span></p>'
        f"</footer></body></html>"
    )
    return text.encode("utf-8")


class _Page:
    """Writes blocks as HTML in one language. Everything is escaped, our own sentences too: nothing here is markup."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, value: Value) -> str:
        return html.escape(write(value, self.language))

    def section(self, section: Section) -> str:
        return f"<section><h2>{self.say(section.title)}</h2>{self.blocks(section.blocks)}</section>"

    def blocks(self, blocks: tuple[Block, ...]) -> str:
        return "".join(self.block(block) for block in blocks)

    def block(self, block: Block) -> str:
        """One block of any kind."""
        match block:
            case Bullets():
                return self.bullets(block)
            case Table():
                return self.table(block)
            case Cards():
                return f'<div class="cards">{"".join(self.card(card) for card in block.items)}</div>'
            case Cause():
                return self.cause(block)
            case Chart():
                return self.chart(block)

    def bullets(self, block: Bullets) -> str:
        items = "<ul>" + "".join(f"<li>{self.say(item)}</li>" for item in block.items) + "</ul>"
        return f'<div class="warning"><h3>{self.say(WARNING)}</h3>{items}</div>' if block.warning else items

    def card(self, card: Card) -> str:
        return (
            f'<div class="card"><div>{self.say(card.label)}</div><b>{self.say(card.value)}</b>'
            f'<div class="{card.tone}">{self.say(card.change)}</div><div>{self.say(card.note)}</div></div>'
        )

    def cause(self, cause: Cause) -> str:
        """Headline and money side by side, the picture, and what stands beside it."""
        interval = f"<div>{self.say(cause.interval)}</div>" if cause.interval is not None else ""
        facts = "".join(f"<dt>{self.say(name)}</dt><dd>{self.say(value)}</dd>" for name, value in cause.facts)
        notes = self.bullets(Bullets(cause.notes)) if cause.notes else ""
        return (
            f"<article><header><h3>{self.say(cause.headline)}</h3>"
            f'<div class="money"><b class="{cause.tone}">{self.say(cause.money)}</b>'
            f'<div class="unit">{self.say(cause.unit)} · {self.say(cause.certainty)}</div>{interval}</div></header>'
            f"{self.chart(cause.picture) if cause.picture else ''}<dl>{facts}</dl>{notes}</article>"
        )

    def table(self, table: Table) -> str:
        """Rows, numbers to the right."""
        numeric = [any(isinstance(row[place], _NUMBERS) for row in table.rows) for place in range(len(table.columns))]

        def cell(tag: str, place: int, value: Value) -> str:
            text = self.say(value)
            kind = " class=n" if numeric[place] else " class=s" if len(text) <= _WORD else ""
            return f"<{tag}{kind}>{text}</{tag}>"

        head = "".join(cell("th", place, value) for place, value in enumerate(table.columns))
        rows = "".join(
            "<tr>" + "".join(cell("td", place, value) for place, value in enumerate(row)) + "</tr>"
            for row in table.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def chart(self, chart: Chart) -> str:
        """The picture with its take-away above, what each line is, and its numbers one click away."""
        names = [
            f'<span><i style="border-color:{svg.colour(chart, place)};border-top-style:'
            f'{"dashed" if series.benchmark else "solid"}"></i>{self.say(series.name)}</span>'
            for place, series in enumerate(chart.series)
        ]
        legend = f'<div class="legend">{"".join(names)}</div>' if len(names) > 1 else ""
        return (
            f"<figure><figcaption><b>{self.say(chart.title)}</b><span>{self.say(chart.subtitle)}</span></figcaption>"
            f"{svg.draw(chart, self.language)}{legend}<details><summary>{self.say(Message('The numbers'))}</summary>"
            f"{self.table(_numbers(chart))}</details></figure>"
        )


def _numbers(chart: Chart) -> Table:
    """What a chart shows as a table; days without any number are left out."""
    rows = tuple(
        (category, *(svg.value(series.values[place], chart) for series in chart.series))
        for place, category in enumerate(chart.categories)
        if any(math.isfinite(series.values[place]) for series in chart.series)
    )
    return Table(("", *(series.name for series in chart.series)), rows)
