"""The same numbers and words in every file, readable again by the libraries that others use."""

import dataclasses
import io
import re

import openpyxl
import pptx
import pytest

from ecops.errors import SpecError
from ecops.messages import Count, Message, Money, Percent
from ecops.reports import Bullets, Chart, Report, Section, Series, Table, write
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
    return kinds, texts


def filled(*blocks):
    return dataclasses.replace(REPORT, sections=(Section(Message("Figures"), blocks),), receipts=())


def sentences(*words):
    return Bullets(tuple(Message("{text}", text=word) for word in words))


def test_sentences_share_a_slide_with_each_other_and_with_a_short_table():
    table = Table((Message("Metric"), Message("This week")), (("GMV", Money(12.0)), ("Visitors", Count(3))))
    kinds, texts = shapes_of(filled(table, sentences("one"), sentences("two", "three")))
    assert (kinds, texts[0][1:]) == (["t"], ["• one\n• two\n• three"])
    kinds, texts = shapes_of(filled(sentences("one"), sentences("two")))
    assert (kinds, texts[0][1:]) == ([""], ["• one\n• two"])


@pytest.mark.parametrize(("word", "times"), [("long ", 300), ("长", 300)])
def test_sentences_go_to_their_own_slide_where_the_table_fills_its(word, times):
    tall = Table((Message("Finding"),), ((word * times,),) * 4)
    kinds, texts = shapes_of(filled(tall, sentences("one")))
    assert (kinds, texts[1][1:]) == (["t", ""], ["• one"])


def test_two_charts_share_a_slide_and_stay_inside_it():
    chart = REPORT.sections[0].blocks[2]
    report = filled(chart, chart, chart)
    assert shapes_of(report)[0] == ["cc", "c"]
    deck = pptx.Presentation(io.BytesIO(render(report, "pptx", "en")))
    drawn = [shape for shape in deck.slides[1].shapes if shape.has_chart]
    assert drawn[0].left + drawn[0].width <= drawn[1].left
    assert drawn[1].left + drawn[1].width <= deck.slide_width


@pytest.mark.parametrize(("files", "more"), [(18, ""), (40, "and 23 more files")])
def test_the_appendix_is_one_slide_however_many_files_there_are(files, more):
    receipts = tuple(Message("{text}", text=f"{number}.csv") for number in range(files))
    report = dataclasses.replace(filled(), receipts=receipts)
    _, texts = shapes_of(report)
    assert len(texts) == 1
    told = texts[0][1].splitlines()
    assert len(told) == 18
    assert told[:17] == [f"{number}.csv" for number in range(17)]
    assert told[-1].startswith(more or "17.csv")
    page = render(report, "html", "en").decode()
    assert all(f">{number}.csv<" in page for number in range(files))


def test_html_stands_alone_and_runs_nothing_of_the_data():
    page = render(REPORT, "html", "zh").decode("utf-8")
    assert '<html lang="zh-CN">' in page
    assert "¥12.3 万" in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    own = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.S)
    assert not re.search(r"(src|href)\s*=", own), "nothing is fetched"
    assert page.count("plotly.js v") == 1


def test_a_crowded_axis_has_a_label_a_week():
    from ecops.charts import Look
    from ecops.reports.html import figure

    def axis(points):
        days = tuple(str(number) for number in range(points))
        title = Message("{text}", text="x")
        chart = Chart("line", title, title, days, (Series("a", tuple(float(n) for n in range(points))),))
        return figure(chart, Look(language="zh")).layout.xaxis

    assert (axis(42).tick0, axis(42).dtick) == (0, 7)
    assert axis(12).dtick is None


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
