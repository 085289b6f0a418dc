"""One slide at a time: headings, text of a set height, panels, tables; everything in inches from the upper left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches, Pt

from ecops.charts import ink
from ecops.reports import measure, native
from ecops.reports.model import MARK

WIDTH, HEIGHT = 13.333, 7.5
LEFT = 0.6
WIDE = WIDTH - 2 * LEFT
TOP, FLOOR = 1.2, 6.85
"""Where the content of a slide begins and ends."""

GAP = 0.2
HEADINGS = (24, 20, 18, 16, 14)
INK = ink()
BODY, CELL, SMALL = 14, 12, 11

_HEAD, _FOOT = 0.4, 7.02
_ABOUT = 9
_MARGINS = (0.08, 0.06)
"""Beside and above the text of a cell."""

_PLAIN_TABLE = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
"""PowerPoint's table style without fills and lines."""


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph as it will be written.

    Attributes:
        text: what it says.
        size: points.
        bold: heavy type.
        colour: as #RRGGBB.
        after: space below it, points.
        right: set to the right.
    """

    text: str
    size: float = BODY
    bold: bool = False
    colour: str = INK.text
    after: float = 6.0
    right: bool = False

    def tall(self, wide: float) -> float:
        """Inches it needs in a box `wide` inches wide, the space after it included."""
        return measure.height(len(self._breaks(wide)), self.size) + self.after / 72

    def _breaks(self, wide: float) -> list[int]:
        return measure.breaks(self.text, wide, self.size, bold=self.bold)

    def split(self, wide: float, tall: float) -> tuple[str, str]:
        """What of the text fits `tall` inches, up to the end of a line, and the rest."""
        starts = self._breaks(wide)
        count = max(0, int(tall / measure.height(1, self.size) + 1e-6))
        if count >= len(starts):
            return self.text, ""
        return self.text[: starts[count]].rstrip(), self.text[starts[count] :]

    def shortened(self, wide: float, tall: float) -> str:
        """The text, cut with an ellipsis where it does not fit."""
        shown, rest = self.split(wide, tall)
        return f"{shown[:-1]}…" if rest else shown


def total(lines: Sequence[Line], wide: float) -> float:
    """Inches that paragraphs need below each other."""
    return sum(line.tall(wide) for line in lines)


class Sheet:
    """A new slide of a deck, with its heading, mark and page number.

    Args:
        deck: the presentation.
        heading: of the slide; the largest of `sizes` at which it fits is taken.
        about: what the deck is about, for the foot.
        sizes: points, largest first.
        tall: inches the heading may take.
        head: where it begins.
    """

    def __init__(
        self,
        deck: Any,
        heading: str,
        about: str,
        sizes: Sequence[float] = HEADINGS,
        tall: float = 0.8,
        head: float = _HEAD,
    ) -> None:
        self.slide = deck.slides.add_slide(deck.slide_layouts[5])
        size = measure.fitting(heading, WIDE, tall, sizes, bold=True)
        line = Line(heading, size, bold=True, after=0)
        # A line more, so that a number in brackets still fits behind it.
        used = min(tall, line.tall(WIDE))
        shape = self.slide.shapes.title
        shape.left, shape.top, shape.width, shape.height = (Inches(one) for one in (LEFT, head, WIDE, used))
        fill(shape.text_frame, [Line(line.shortened(WIDE, tall), size, bold=True, after=0)])
        self.below = head + used + GAP
        self._foot(about, len(deck.slides))

    def retitle(self, heading: str) -> None:
        """Another wording of the heading, about as long."""
        self.slide.shapes.title.text_frame.paragraphs[0].runs[0].text = heading

    def _foot(self, about: str, number: int) -> None:
        """Mark, what the deck is about, and a number that stays right when slides are moved."""
        self.box([Line(MARK, SMALL, bold=True, colour=INK.accent, after=0)], (LEFT, _FOOT, 0.9, 0.25))
        told = Line(about, _ABOUT, colour=INK.muted, after=0)
        short = Line(told.shortened(9.5, 0.2), _ABOUT, colour=INK.muted, after=0)
        self.box([short], (LEFT + 1, _FOOT + 0.03, 9.7, 0.22))
        frame = self.box([Line("", SMALL, after=0, right=True)], (WIDTH - LEFT - 0.9, _FOOT, 0.9, 0.25))
        field = parse_xml(
            f'<a:fld {nsdecls("a")} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum">'
            f'<a:rPr lang="en-US" sz="{100 * SMALL}"><a:solidFill><a:srgbClr val="{INK.muted[1:]}"/></a:solidFill>'
            f'<a:latin typeface="{native.LATIN}"/></a:rPr><a:t>{number}</a:t></a:fld>'
        )
        paragraph = frame.paragraphs[0]._p
        paragraph.replace(paragraph.r_lst[0], field)

    def box(self, lines: Sequence[Line], place: tuple[float, float, float, float]) -> Any:
        """A text box at `place` (left, top, width, height); returns its frame."""
        frame = self.slide.shapes.add_textbox(*(Inches(one) for one in place)).text_frame
        fill(frame, lines)
        return frame

    def panel(self, place: tuple[float, float, float, float], colour: str) -> None:
        """A filled area behind text, or a thick line."""
        shape = self.slide.shapes.add_shape(1, *(Inches(one) for one in place))
        shape.fill.solid()
        shape.fill.fore_color.rgb = native.rgb(colour)
        shape.line.fill.background()
        # Without the theme's style there is no shadow.
        shape._element.remove(shape._element.find(qn("p:style")))

    def table(self, rows: Sequence[Sequence[Line]], widths: Sequence[float], top: float) -> float:
        """A native table, its first row the heading; returns the inches it takes."""
        heights = [row_height(row, widths) for row in rows]
        place = (Inches(one) for one in (LEFT, top, sum(widths), sum(heights)))
        frame = self.slide.shapes.add_table(len(rows), len(widths), *place)
        table = frame.table
        table.horz_banding = False
        frame._element.find(".//" + qn("a:tableStyleId")).text = _PLAIN_TABLE
        for column, wide in zip(table.columns, widths, strict=True):
            column.width = Inches(wide)
        for number, (row, tall) in enumerate(zip(rows, heights, strict=True)):
            table.rows[number].height = Inches(tall)
            for column, line in enumerate(row):
                _cell(table.cell(number, column), line, INK.muted if number == 0 else INK.grid)
        return sum(heights)


def row_height(row: Sequence[Line], widths: Sequence[float]) -> float:
    """Inches that a row of a table needs."""
    beside, above = _MARGINS
    return 2 * above + max(line.tall(wide - 2 * beside) for line, wide in zip(row, widths, strict=True))


def cut_row(row: Sequence[Line], widths: Sequence[float], tall: float) -> tuple[list[str], list[str]]:
    """The texts of a row as far as they fit `tall` inches, and what is left of them."""
    beside, above = _MARGINS
    parts = [line.split(wide - 2 * beside, tall - 2 * above) for line, wide in zip(row, widths, strict=True)]
    return [first for first, _ in parts], [rest for _, rest in parts]


def _cell(cell: Any, line: Line, border: str) -> None:
    """One cell with a thin line below it."""
    beside, above = _MARGINS
    cell.margin_left = cell.margin_right = Inches(beside)
    cell.margin_top = cell.margin_bottom = Inches(above)
    cell.fill.background()
    _write(cell.text_frame.paragraphs[0], line)
    properties = cell._tc.get_or_add_tcPr()
    rule = parse_xml(
        f'<a:lnB {nsdecls("a")} w="9525"><a:solidFill><a:srgbClr val="{border[1:]}"/></a:solidFill></a:lnB>'
    )
    # The schema wants lines before the fill.
    properties.insert(0, rule)


def fill(frame: Any, lines: Sequence[Line]) -> None:
    """Fill a text frame: no margins, lines of a set height, a Chinese typeface beside the Latin one."""
    frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for place, line in enumerate(lines):
        _write(frame.paragraphs[0] if place == 0 else frame.add_paragraph(), line)


def _write(paragraph: Any, line: Line) -> None:
    paragraph.space_before, paragraph.space_after = Pt(0), Pt(line.after)
    paragraph.line_spacing = Pt(round(line.size * measure.LINE, 1))
    paragraph.alignment = PP_ALIGN.RIGHT if line.right else PP_ALIGN.LEFT
    run = paragraph.add_run()
    run.text = line.text
    font = run.font
    font.size, font.bold, font.name = Pt(line.size), line.bold, native.LATIN
    font.color.rgb = native.rgb(line.colour)
    properties = run._r.get_or_add_rPr()
    properties.find(qn("a:latin")).addnext(properties.makeelement(qn("a:ea"), {"typeface": native.CHINESE}))
