"""The same numbers and words in every file, readable again by the libraries that others use."""

import dataclasses
import datetime as dt
import io
import itertools
import re

import openpyxl
import pptx
import pytest
from pptx.oxml.ns import qn

from ecops.errors import SpecError
from ecops.messages import Count, Message, Money, Percent
from ecops.reports import (
    Bullets,
    Card,
    Cards,
    Cause,
    Chart,
    Report,
    Section,
    Series,
    Table,
    measure,
    svg,
    write,
)
from ecops.reports.axis import axis, number_format
from ecops.reports.write import render

REPORT = Report(
    title=Message("{text}", text="周会报告"),
    subtitle=Message("{text}", text="2026年11月9日–15日"),
    verdict=Message("{text}", text="抖音移动端支付率由 76% 降到 37%"),
    sections=(
        Section(
            Message("{text}", text="指标/核心"),
            (
                Bullets((Message("{text}", text="=cmd|' /C calc'!A0 <script>alert(1)</script>"),)),
                Table(
                    (Message("{text}", text="指标"), Message("{text}", text="本周")),
                    (("支付金额", Money(123_456.78, "CNY")), ("转化率", Percent(0.0312)), ("访客数", Count(4_200))),
                ),
                Chart(
                    "line",
                    Message("{text}", text="访客在涨"),
                    Message("{text}", text="每周访客数"),
                    ("W44", "W45", "W46"),
                    (Series("今年", (1.0, 2.0, float("nan"))), Series("去年", (1.0, 1.0, 1.0), benchmark=True)),
                ),
                Chart(
                    "waterfall",
                    Message("{text}", text="转化拖了后腿"),
                    Message("{text}", text="支付金额，元"),
                    ("上周", "访客", "转化", "本周"),
                    (Series("金额", (100.0, 30.0, -50.0, 80.0)),),
                    unit="money",
                ),
            ),
        ),
    ),
    receipts=(Message("{text}", text="订单.csv · 1a2b3c4d · 1,000 行"),),
)


def test_workbook_has_the_numbers_as_numbers_and_native_charts():
    book = openpyxl.load_workbook(io.BytesIO(render(REPORT, "xlsx", "zh")))
    assert book.sheetnames == ["周会报告", "指标 核心", "数字来自哪些文件"]
    assert book["数字来自哪些文件"]["A3"].value == "订单.csv · 1a2b3c4d · 1,000 行"
    assert "订单.csv" not in " ".join(str(cell.value) for row in book["周会报告"].iter_rows() for cell in row)
    sheet = book["指标 核心"]
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert {123_456.78, 0.0312, 4_200} <= set(cells)
    assert all(cell.data_type != "f" for cell in cells.values())
    assert len(sheet._charts) == 2
    # The stack under the waterfall: base, rise, fall, total.
    stack = [[cell.value for cell in row] for row in sheet.iter_rows(min_col=3, max_col=6) if row[0].value is not None]
    assert stack[-4:] == [[0, 100, 0, 0], [100, 30, 0, 0], [80, 0, 50, 0], [0, 0, 0, 80]]


def test_slides_are_editable():
    deck = pptx.Presentation(io.BytesIO(render(REPORT, "pptx", "zh")))
    shapes = [shape for slide in deck.slides for shape in slide.shapes]
    charts = [shape.chart for shape in shapes if shape.has_chart]
    assert [list(chart.plots[0].categories) for chart in charts] == [
        ["W44", "W45", "W46"],
        ["上周", "访客", "转化", "本周"],
    ]
    assert list(charts[0].plots[0].series[1].values) == [1.0, 1.0, 1.0]
    (table,) = [shape.table for shape in shapes if shape.has_table]
    assert [cell.text for cell in table.rows[1].cells] == ["支付金额", "¥12.3 万"]
    said = " ".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)
    assert "抖音移动端支付率由 76% 降到 37%" in said
    assert "订单.csv" in said


def shapes_of(report, language="en"):
    """Kinds of shapes on each slide between the cover and the end, and the texts of each slide."""
    slides = list(pptx.Presentation(io.BytesIO(render(report, "pptx", language))).slides)[1:]
    kinds = ["".join("c" * shape.has_chart + "t" * shape.has_table for shape in slide.shapes) for slide in slides]
    texts = [[shape.text_frame.text for shape in slide.shapes if shape.has_text_frame] for slide in slides]
    # Mark, subject and number stand on every slide behind the heading.
    assert all(told[1] == "ecops" and told[3] == str(place) for place, told in enumerate(texts, start=2))
    return kinds, [[told[0], *told[4:]] for told in texts]


def filled(*blocks):
    return dataclasses.replace(REPORT, sections=(Section(Message("Figures"), blocks),), receipts=())


def sentences(*words):
    return Bullets(tuple(Message("{text}", text=word) for word in words))


def test_sentences_share_a_slide_with_each_other_and_with_a_short_table():
    table = Table((Message("Metric"), Message("This week")), (("GMV", Money(12.0)), ("Visitors", Count(3))))
    kinds, texts = shapes_of(filled(table, sentences("one"), sentences("two", "three")))
    assert (kinds, texts[0][1:]) == (["t"], ["• one", "• two\n• three"])
    kinds, texts = shapes_of(filled(sentences("one"), sentences("two")))
    assert (kinds, texts[0][1:]) == ([""], ["• one", "• two"])


@pytest.mark.parametrize(("word", "times", "rows"), [("long ", 250, 2), ("长", 250, 5)])
def test_sentences_go_to_their_own_slide_where_the_table_fills_its(word, times, rows):
    tall = Table((Message("Finding"),), ((word * times,),) * rows)
    kinds, texts = shapes_of(filled(tall, sentences("one", *["two"] * 10)))
    assert kinds == ["t", ""]
    assert [told[0] for told in texts] == ["Figures (1/2)", "Figures (2/2)"]
    assert texts[1][1].startswith("• one")


def test_a_long_table_goes_on_under_its_heading_and_a_row_of_any_length_is_whole():
    rows = (*[("short", Money(1.0))] * 40, ("word " * 3_000, Money(2.0)))
    deck = pptx.Presentation(io.BytesIO(render(filled(Table(("Finding", "Money"), rows)), "pptx", "en")))
    tables = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]
    assert len(tables) > 3
    assert {table.cell(0, 0).text for table in tables} == {"Finding"}
    cells = [row.cells[0].text for table in tables for row in list(table.rows)[1:]]
    assert cells[:40] == ["short"] * 40
    assert " ".join(cells[40:]).split() == ["word"] * 3_000


def test_two_charts_share_a_slide_and_stay_inside_it():
    chart = REPORT.sections[0].blocks[2]
    report = filled(chart, chart, chart)
    assert shapes_of(report)[0] == ["cc", "c"]
    deck = pptx.Presentation(io.BytesIO(render(report, "pptx", "en")))
    drawn = [shape for shape in deck.slides[1].shapes if shape.has_chart]
    assert drawn[0].left + drawn[0].width <= drawn[1].left
    assert drawn[1].left + drawn[1].width <= deck.slide_width


@pytest.mark.parametrize(("files", "more"), [(24, ""), (40, "and 17 more files")])
def test_the_appendix_is_one_slide_however_many_files_there_are(files, more):
    receipts = tuple(Message("{text}", text=f"{number}.csv") for number in range(files))
    report = dataclasses.replace(filled(), receipts=receipts)
    _, texts = shapes_of(report)
    assert len(texts) == 1
    told = texts[0][1].splitlines()
    assert len(told) == 24
    assert told[:23] == [f"{number}.csv" for number in range(23)]
    assert told[-1].startswith(more or "23.csv")
    page = render(report, "html", "en").decode()
    assert all(f">{number}.csv<" in page for number in range(files))


def test_html_stands_alone_and_runs_nothing_of_the_data():
    page = render(REPORT, "html", "zh").decode("utf-8")
    assert '<html lang="zh-CN">' in page
    assert "¥12.3 万" in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert not re.search(r"(src|href|url)\s*[=(]", page), "nothing is fetched"
    assert page.count("<svg viewBox") == 2


def of_days(count, *values):
    """A chart by day."""
    title = Message("{text}", text="x")
    days = tuple(dt.date(2026, 10, 5) + dt.timedelta(days=number) for number in range(count))
    return Chart("line", title, title, days, (Series("a", values or tuple(float(n) for n in range(count))),))


def test_a_crowded_axis_has_a_label_a_week():
    drawn = svg.draw(of_days(42), "en")
    assert re.findall(r">(\d+ \w{3})</text>", drawn) == ["5 Oct", "12 Oct", "19 Oct", "26 Oct", "2 Nov", "9 Nov"]
    assert re.findall(r">(\d+ \w{3})</text>", svg.draw(of_days(5), "en")) == [f"{day} Oct" for day in range(5, 10)]


def test_every_value_is_read_by_pointing_at_it_and_gaps_stay_gaps():
    drawn = svg.draw(of_days(4, 1.0, float("nan"), 3.0, 2.0), "en")
    assert re.findall("<title>(.*?)</title>", drawn) == ["5 Oct · a: 1", "7 Oct · a: 3", "8 Oct · a: 2"]
    (path,) = re.findall(r'<path d="(M[^"]*)" fill="none"', drawn)
    assert path.count("M") == 2


def test_a_peak_beyond_the_ceiling_stays_in_the_data_and_not_in_the_picture():
    chart = dataclasses.replace(of_days(4, 1.0, 2.0, 90.0, 2.0), ceiling=3.0)
    assert axis(chart, "en").places[-1] == 2.0
    deck = pptx.Presentation(io.BytesIO(render(filled(chart), "pptx", "en")))
    (native,) = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert native.value_axis.maximum_scale == 2.0
    assert list(native.plots[0].series[0].values) == [1.0, 2.0, 90.0, 2.0]
    book = openpyxl.load_workbook(io.BytesIO(render(filled(chart), "xlsx", "en")))
    assert book["Figures"]._charts[0].y_axis.scaling.max == 2.0
    drawn = svg.draw(chart, "en")
    heights = [float(y) for y in re.findall(r'cy="([-\d.]+)"', drawn)]
    assert heights[2] < 0, "above the sheet, where the inner picture cuts it off"
    assert "5 Oct · a: 1" in drawn


def test_intervals_are_drawn_to_their_ends():
    title = Message("{text}", text="x")
    bars = Series("a", (0.5, 0.2), low=(0.4, float("nan")), high=(0.7, float("nan")))
    chart = Chart("bar", title, title, ("one", "two"), (bars,), unit="percent")
    drawn = svg.draw(chart, "en")
    (whisker,) = re.findall(r'<path d="M[\d.]+ ([\d.]+)V([\d.]+)M', drawn)
    (half,) = re.findall(r'<rect [^>]*?y="([\d.]+)"[^>]*><title>one', drawn)
    low, high = (float(end) for end in whisker)
    # The top of the bar lies a third of the way from the lower to the upper end.
    assert (low - float(half)) / (low - high) == pytest.approx(1 / 3, abs=0.01)
    deck = pptx.Presentation(io.BytesIO(render(filled(chart), "pptx", "en")))
    (native,) = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    (ends,) = native._chartSpace.iter(qn("c:errBars"))
    told = [[float(value.text) for value in ends.find(qn(f"c:{side}")).iter(qn("c:v"))] for side in ("plus", "minus")]
    assert told == [pytest.approx([0.2]), pytest.approx([0.1])]


@pytest.mark.parametrize(
    ("unit", "language", "form"),
    [
        ("money", "zh", '[>=100000000]"¥"0\\.00,,"亿";[>=10000]"¥"0\\.0,"万";"¥"#,##0'),
        ("money", "en", '[>=1000000]"¥"0.0,,"M";[>=10000]"¥"0,"k";"¥"#,##0'),
        ("percent", "zh", "0.0%"),
        ("count", "en", "#,##0"),
    ],
)
def test_native_numbers_are_written_as_the_locale_does(unit, language, form):
    assert number_format(unit, "CNY", language) == form


def test_days_are_dates_in_excel_and_slides():
    book = openpyxl.load_workbook(io.BytesIO(render(filled(of_days(3)), "xlsx", "zh")))
    (sheet,) = [one for one in book if one._charts]
    assert sheet["A4"].value == dt.datetime(2026, 10, 5)
    assert sheet["A4"].number_format == 'm"月"d"日"'
    deck = pptx.Presentation(io.BytesIO(render(filled(of_days(42)), "pptx", "zh")))
    (native,) = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert native.category_axis._element.tag == qn("c:dateAx")
    assert native.category_axis._element.find(qn("c:majorUnit")).get("val") == "7"


def cause(**changes):
    title = Message("{text}", text="78% before, 36% now")
    told = Cause(
        headline=Message("{text}", text="Payment fell"),
        money=Money(-5_077.0, "CNY"),
        unit=Message("a week"),
        interval=Message("95% interval: {interval}", interval="-6034 to -3992"),
        certainty=Message("confirmed"),
        tone="bad",
        picture=Chart("bar", title, title, ("x",), (Series("a", (0.78,)), Series("b", (0.36,))), unit="percent"),
        facts=((Message("Evidence"), "84 of 232"), (Message("Owner"), "Operations")),
        notes=(Message("{text}", text="Seen in two weeks."),),
    )
    return dataclasses.replace(told, **changes)


TOLD = ("Payment fell", "-¥5,077", "95% interval: -6034 to -3992", "84 of 232", "Operations", "Seen in two weeks.")


def test_a_cause_stands_whole_in_every_file():
    report = filled(cause())
    kinds, texts = shapes_of(report)
    assert kinds == ["c"]
    said = "\n".join(texts[0])
    page = render(report, "html", "en").decode()
    book = openpyxl.load_workbook(io.BytesIO(render(report, "xlsx", "en")))
    cells = [cell.value for row in book["Figures"].iter_rows() for cell in row]
    for line in TOLD:
        assert said.count(line) == 1
        assert page.count(f">{line}<") == 1
        assert cells.count(-5_077 if line.startswith("-¥") else line) == 1
    assert len(book["Figures"]._charts) == 1


def test_a_cause_without_a_picture_or_with_too_much_to_say_goes_on():
    assert shapes_of(filled(cause(picture=None)))[0] == [""]
    long = Message("{text}", text="many words " * 400)
    kinds, texts = shapes_of(filled(cause(notes=(long,))))
    assert kinds[0] == "c"
    assert len(kinds) > 1
    assert sum(told.count("many words") for text in texts for told in text) == 400


def test_cards_and_warnings_open_the_report():
    card = Card("GMV", Money(12_000.0, "CNY"), Message("{text}", text="▲ +3%"), Message("usual swing"))
    warning = Bullets((Message("{text}", text="No orders of Taobao."),), warning=True)
    report = dataclasses.replace(REPORT, opening=(Cards((card,) * 5), warning))
    first = pptx.Presentation(io.BytesIO(render(report, "pptx", "en"))).slides[0]
    said = [shape.text_frame.text for shape in first.shapes if shape.has_text_frame]
    assert said.count("GMV\n¥12k\n▲ +3%\nusual swing") == 5
    assert "To be known first\n• No orders of Taobao." in said
    page = render(report, "html", "en").decode()
    assert page.index("¥12k") < page.index("No orders of Taobao.") < page.index("<section>")
    sheet = openpyxl.load_workbook(io.BytesIO(render(report, "xlsx", "en"))).worksheets[0]
    cells = [cell.value for row in sheet.iter_rows() for cell in row]
    assert cells.count(12_000) == 5
    assert "No orders of Taobao." in cells


def test_every_page_of_excel_and_paper_bears_mark_and_number():
    book = openpyxl.load_workbook(io.BytesIO(render(REPORT, "xlsx", "zh")))
    for sheet in book:
        assert sheet.oddFooter.left.text == "ecops · 周会报告"
        assert sheet.oddFooter.right.text == "&P / &N"
    page = render(REPORT, "html", "zh").decode()
    assert '<footer><p><span class="mark">ecops</span>' in page
    assert "counter(page)" in page


@pytest.mark.parametrize("text", ["word " * 300, "长" * 900, "x" * 700, "中文 and English，" * 80, ""])
@pytest.mark.parametrize("size", [11, 24])
def test_wrapped_text_is_the_text_and_no_line_is_wider_than_its_box(text, size):
    starts = measure.breaks(text, 4.0, size)
    assert "".join(text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)) == text
    lines = measure.wrapped(text, 4.0, size)
    assert all(measure.width(line, size) <= 4.0 for line in lines)
    # No line could have taken the first word of the next.
    for line, following in itertools.pairwise(lines):
        word = re.match("[\u2e80-\uffff]|[^\\s\u2e80-\uffff]+", following).group()
        assert measure.width(f"{line} {word}", size) > 4.0 * 0.9 or len(word) > 100


def test_columns_are_as_wide_as_their_text_needs():
    rows = [["Finding", "Money", "Certainty"], *[["a sentence of many words " * 8, "¥1,200", "confirmed"]] * 4]
    finding, money, certainty = measure.columns(rows, 12.0, 12)
    assert finding + money + certainty == pytest.approx(12.0)
    assert money < certainty < 1.6
    assert finding > 9.0
    even = measure.columns([["a", "b"], ["c", "d"]], 10.0, 12)
    assert even == pytest.approx([5.0, 5.0])


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("form", ["html", "xlsx", "pptx"])
def test_written_whole_to_a_path(tmp_path, form, language):
    path = write(REPORT, tmp_path / f"report.{form}", language)
    assert path.stat().st_size > 1_000
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(SpecError, match="pdf"):
        write(REPORT, tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []
