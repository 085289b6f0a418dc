"""A report as slides with native charts and tables, so that a manager can edit what she shows.

Nothing is left to the program that shows them: lines have a set height, text is measured before it is placed, and what
does not fit one slide goes on to the next, which says so in its heading: (2/3).
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pptx import Presentation
from pptx.util import Inches

from ecops.messages import Count, Message, Money, Number, Percent, Points, Value, write
from ecops.reports import measure, native
from ecops.reports.model import RECEIPTS, WARNING, Block, Bullets, Card, Cards, Cause, Chart, Report, Section, Table
from ecops.reports.sheet import (
    BODY,
    CELL,
    FLOOR,
    GAP,
    HEADINGS,
    HEIGHT,
    INK,
    LEFT,
    SMALL,
    TOP,
    WIDE,
    WIDTH,
    Line,
    Sheet,
    cut_row,
    row_height,
    total,
)

_TONES = {"good": INK.gain, "bad": INK.loss, "": INK.muted}
_TITLES, _VERDICTS, _TEXTS = (32, 28, 24, 20), (22, 20, 18, 16, 14, 12), (14, 13, 12, 11)
_PANEL = "#F3F7F7"
_CARD, _CARDS = 1.75, 0.16
"""Height of a row of cards, and the space between them."""

_CHART = 3.6
"""Least height of a chart with its take-away."""

_ASIDE, _KICKER = 4.7, 0.28
"""Width of the text beside a picture, and height of the line above a cause's headline."""

_RECEIPTS = 24
"""Lines of the appendix, which is one slide: who asks for the others finds them in the workbook."""

_NUMBERS = (Money, Percent, Points, Count, Number, int, float)


def render(report: Report, language: str) -> bytes:
    """The report in `language` as a presentation."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    slides = _Slides(deck, language, report)
    slides.cover(report)
    for section in report.sections:
        slides.section(section)
    slides.receipts(report.receipts)
    target = io.BytesIO()
    deck.save(target)
    return target.getvalue()


class _Slides:
    """Adds slides to one deck in one language.

    Attributes:
        sheet: the slide that is being filled; None before the first of a section.
        top: where its next block begins.
        fresh: whether nothing stands on it yet.
        sheets: those that bear the heading of the section.
    """

    def __init__(self, deck: Any, language: str, report: Report) -> None:
        self.deck, self.language = deck, language
        self.about = f"{self.say(report.title)} · {self.say(report.subtitle)}"
        self.heading = ""
        self.sheet: Sheet | None = None
        self.top, self.fresh = FLOOR, False
        self.sheets: list[Sheet] = []

    def say(self, value: Value) -> str:
        return write(value, self.language)

    def cover(self, report: Report) -> None:
        """Title, period, the verdict, and the figures it rests on."""
        self.heading = self.say(report.title)
        self.sheet = Sheet(self.deck, self.heading, self.about, _TITLES)
        self.sheets, self.top = [self.sheet], self.sheet.below - GAP / 2
        self.lines([Line(self.say(report.subtitle), BODY, colour=INK.muted)])
        verdict = self.say(report.verdict)
        self.top += GAP
        size = measure.fitting(verdict, WIDE, 1.9, _VERDICTS, bold=True)
        self.lines([Line(verdict, size, bold=True, colour=INK.accent, after=12)])
        self.blocks(report.opening)
        self.number()

    def section(self, section: Section) -> None:
        """The slides of one section."""
        self.heading, self.sheet, self.sheets = self.say(section.title), None, []
        self.blocks(section.blocks)
        self.number()

    def receipts(self, receipts: Sequence[Value]) -> None:
        """The appendix, one slide however many files there are."""
        lines = [self.say(line) for line in receipts]
        if len(lines) > _RECEIPTS:
            more = Message(
                "and {n} more files, all of them named in the Excel and HTML report", n=len(lines) - _RECEIPTS + 1
            )
            lines = [*lines[: _RECEIPTS - 1], self.say(more)]
        if lines:
            self.heading, self.sheet, self.sheets = self.say(RECEIPTS), None, []
            shown = [Line(line, SMALL, colour=INK.muted, after=2) for line in lines]
            # A name that is too long for its line must not push the others off the slide.
            self.lines([replace(line, text=line.shortened(WIDE, measure.height(1, SMALL))) for line in shown])

    def number(self) -> None:
        """Which slide of how many, where the section has several."""
        for place, sheet in enumerate(self.sheets, start=1):
            if len(self.sheets) > 1:
                sheet.retitle(self.say(self.counted(place, len(self.sheets))))

    def counted(self, place: int, count: int) -> Message:
        return Message("{heading} ({n}/{total})", heading=self.heading, n=place, total=count)

    def open(self) -> Sheet:
        """The next slide of the section."""
        self.sheet = Sheet(self.deck, self.heading, self.about)
        self.sheets.append(self.sheet)
        self.top, self.fresh = max(self.sheet.below, TOP), True
        return self.sheet

    def room(self, tall: float) -> Sheet:
        """A slide with `tall` inches free, or a fresh one."""
        if self.sheet is None or (FLOOR - self.top < tall and not self.fresh):
            return self.open()
        return self.sheet

    def take(self, tall: float) -> None:
        """Note that the next inches are filled."""
        self.top, self.fresh = self.top + tall, False

    def blocks(self, blocks: Sequence[Block]) -> None:
        """Blocks below each other; two charts share a row."""
        causes = [block for block in blocks if isinstance(block, Cause)]
        for kind, group in itertools.groupby(blocks, key=type):
            members: list[Any] = list(group)
            if kind is Chart:
                for first in range(0, len(members), 2):
                    self.charts(members[first : first + 2])
                continue
            for block in members:
                match block:
                    case Bullets():
                        self.bullets(block)
                    case Table():
                        self.table(block)
                    case Cards():
                        self.cards(block.items)
                    case Cause():
                        self.cause(block, self.counted(causes.index(block) + 1, len(causes)))

    def bullets(self, block: Bullets) -> None:
        """Sentences, as many slides as they need."""
        lines = [Line(f"• {self.say(item)}") for item in block.items]
        if block.warning:
            self.take(GAP / 2)
            lines = [Line(self.say(WARNING), bold=True, colour=INK.watch), *lines]
        self.lines(lines)

    def lines(self, lines: Sequence[Line]) -> None:
        """Paragraphs, together where there is room for them all; what does not fit any slide is cut at a line's end."""
        waiting = list(lines)
        if waiting:
            self.room(min(total(waiting, WIDE), 3.0))
        while waiting:
            sheet = self.room(min(waiting[0].tall(WIDE), 1.0))
            shown: list[Line] = []
            while waiting and total(shown, WIDE) + waiting[0].tall(WIDE) <= FLOOR - self.top:
                shown.append(waiting.pop(0))
            if not shown and not self.fresh:
                self.open()
                continue
            if not shown:
                first, rest = waiting[0].split(WIDE, FLOOR - self.top)
                shown, waiting[0] = [replace(waiting[0], text=first)], replace(waiting[0], text=rest)
            tall = min(total(shown, WIDE), FLOOR - self.top)
            sheet.box(shown, (LEFT, self.top, WIDE, tall))
            self.take(tall)
            if waiting:
                self.open()
        self.top += GAP / 2

    def cards(self, cards: Sequence[Card]) -> None:
        """Figures side by side on pale panels."""
        sheet = self.room(_CARD)
        wide = (WIDE - _CARDS * (len(cards) - 1)) / len(cards)
        for place, card in enumerate(cards):
            left = LEFT + place * (wide + _CARDS)
            sheet.panel((left, self.top, wide, _CARD), _PANEL)
            inner = wide - 0.3
            value = self.say(card.value)
            size = measure.fitting(value, inner, 0.5, (26, 22, 18, 14), bold=True)
            parts = (
                (Line(self.say(card.label), 12, colour=INK.muted, after=2), 1),
                (Line(value, size, bold=True, after=2), 1),
                (Line(self.say(card.change), 13, bold=True, colour=_TONES[card.tone], after=1), 1),
                (Line(self.say(card.note), SMALL, colour=INK.muted, after=0), 2),
            )
            shown = [replace(line, text=line.shortened(inner, measure.height(most, line.size))) for line, most in parts]
            sheet.box(shown, (left + 0.15, self.top + 0.12, inner, _CARD - 0.2))
        self.take(_CARD + GAP)

    def table(self, table: Table) -> None:
        """Rows with columns as wide as their text; the heading is repeated on every slide."""
        texts = [[self.say(value) for value in row] for row in (table.columns, *table.rows)]
        right = [any(isinstance(row[place], _NUMBERS) for row in table.rows) for place in range(len(table.columns))]
        # A table that a smaller type brings onto one slide has it; any other is read more easily in the larger one.
        for size in (CELL, SMALL, CELL):
            widths = measure.columns(texts, WIDE, size)
            rows = [_row(row, size, right, heading=number == 0) for number, row in enumerate(texts)]
            if sum(row_height(row, widths) for row in rows) <= FLOOR - TOP:
                break
        heading, waiting = rows[0], rows[1:]
        head = row_height(heading, widths)
        self.room(head + sum(row_height(row, widths) for row in waiting))
        while waiting or heading:
            sheet = self.sheet or self.open()
            shown, used = [heading], head
            while waiting and self.top + used + row_height(waiting[0], widths) <= FLOOR:
                used += row_height(waiting[0], widths)
                shown.append(waiting.pop(0))
            if waiting and len(shown) == 1:
                first, rest = cut_row(waiting[0], widths, FLOOR - self.top - used)
                shown.append([replace(line, text=text) for line, text in zip(waiting[0], first, strict=True)])
                waiting[0] = [replace(line, text=text) for line, text in zip(waiting[0], rest, strict=True)]
            self.take(sheet.table(shown, widths, self.top) + GAP)
            if not waiting:
                break
            self.open()

    def charts(self, charts: Sequence[Chart]) -> None:
        """One or two native charts side by side, each with its take-away above."""
        sheet = self.room(_CHART)
        wide = (WIDE - 0.3 * (len(charts) - 1)) / len(charts)
        for place, chart in enumerate(charts):
            self.chart(sheet, chart, LEFT + place * (wide + 0.3), wide)
        self.take(FLOOR - self.top)

    def chart(self, sheet: Sheet, chart: Chart, left: float, wide: float) -> None:
        """A native chart from the left edge `left` down to the foot, its take-away and what is plotted above."""
        title = Line(self.say(chart.title), BODY, bold=True, after=2)
        below = Line(self.say(chart.subtitle), SMALL, colour=INK.muted, after=0)
        lines = [
            replace(line, text=line.shortened(wide, measure.height(most, line.size)))
            for line, most in ((title, 2), (below, 3))
        ]
        tall = total(lines, wide)
        sheet.box(lines, (left, self.top, wide, tall))
        place = (left, self.top + tall + 0.1, wide, FLOOR - self.top - tall - 0.1)
        x, y, width, height = (Inches(one) for one in place)
        native.add(sheet.slide, chart, (x, y, width, height), self.language)

    def cause(self, cause: Cause, counted: Message) -> None:
        """A slide of its own: headline, money, the picture that proves it, and what stands beside it."""
        headline = self.say(cause.headline)
        sheet = Sheet(self.deck, headline, self.about, HEADINGS, tall=1.5, head=0.4 + _KICKER)
        kicker = Line(self.say(counted), SMALL, colour=INK.muted, after=0)
        sheet.box([kicker], (LEFT, 0.36, WIDE, _KICKER - 0.02))
        self.sheet, self.top = sheet, sheet.below
        money = self.money(cause)
        tall = total(money, _ASIDE)
        sheet.box(money, (LEFT, self.top, _ASIDE, tall))
        left, beside = LEFT + _ASIDE + 0.4, WIDE - _ASIDE - 0.4
        if cause.picture is not None:
            self.chart(sheet, cause.picture, left, beside)
            place = (LEFT, self.top + tall + GAP, _ASIDE, FLOOR - self.top - tall - GAP)
        else:
            place = (left, self.top, beside, FLOOR - self.top)
        rest = self.facts(sheet, cause, place)
        if "…" in sheet.slide.shapes.title.text_frame.text and "…" not in headline:
            rest = [Line(headline), *rest]
        heading, self.heading = self.heading, self.say(counted)
        self.fresh, self.top = False, FLOOR
        self.lines(rest)
        self.heading, self.sheet, self.sheets = heading, None, []

    def money(self, cause: Cause) -> list[Line]:
        """The money, what it is for, and its interval."""
        told = [
            Line(self.say(cause.money), 30, bold=True, colour=_TONES[cause.tone], after=2),
            Line(f"{self.say(cause.unit)} · {self.say(cause.certainty)}", 12, colour=INK.muted, after=2),
        ]
        if cause.interval is not None:
            told.append(Line(self.say(cause.interval), 12, colour=INK.muted, after=0))
        return told

    def facts(self, sheet: Sheet, cause: Cause, place: tuple[float, float, float, float]) -> list[Line]:
        """Evidence, advice, owner and caveats at the largest size that fits; returns what found no room."""
        _, _, wide, tall = place
        for size in _TEXTS:
            lines = [
                line
                for name, value in cause.facts
                for line in (
                    Line(self.say(name), SMALL, bold=True, colour=INK.muted, after=0),
                    Line(self.say(value), size, after=8),
                )
            ]
            lines += [Line(self.say(note), min(size, SMALL), colour=INK.muted, after=4) for note in cause.notes]
            if total(lines, wide) <= tall:
                break
        shown: list[Line] = []
        while lines and total(shown, wide) + lines[0].tall(wide) <= tall:
            shown.append(lines.pop(0))
        if lines and shown and shown[-1].bold:
            # A name does not stay behind without what it names.
            lines.insert(0, shown.pop())
        if shown:
            sheet.box(shown, place)
        return lines


def _row(texts: Sequence[str], size: float, right: Sequence[bool], *, heading: bool) -> list[Line]:
    """One row of a table; numbers are set to the right."""
    return [
        Line(text, size, bold=heading, colour=INK.muted if heading else INK.text, after=0, right=to_the_right)
        for text, to_the_right in zip(texts, right, strict=True)
    ]
