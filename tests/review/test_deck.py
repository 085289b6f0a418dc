"""The report says what the page says, in files that other programs read again, and the command line writes them."""

import dataclasses
import datetime as dt
import html
import io
import json
import math
import re
import time

import openpyxl
import pytest
from pptx import Presentation
from typer.testing import CliRunner

from ecops.commands.app import app
from ecops.messages import DateRange, Message, write
from ecops.reports import Bullets
from ecops.reports.write import FORMATS, render
from ecops.review import ActionLog, AlertRule, AlertRules, report, weekly
from ecops.review.deck import changed, shown

RUN = CliRunner()


@pytest.fixture(scope="module")
def review(shop):
    return weekly(shop)


def sheets(review, language):
    return openpyxl.load_workbook(io.BytesIO(render(report(review), "xlsx", language)))


def page_text(review, language):
    """The page without the drawing script that it carries along."""
    return re.sub("<script.*?</script>", "", render(report(review), "html", language).decode(), flags=re.DOTALL)


def slides(review, language):
    return Presentation(io.BytesIO(render(report(review), "pptx", language))).slides


def test_the_order_of_the_meeting(review):
    told = [section.title.text("en") for section in report(review).sections]
    assert told == [
        "Last week's decisions", "Figures of the week", "Six weeks, day by day", "Twelve months",
        "What changed, and why", "Decisions", "What happened",
    ]  # fmt: skip


def test_numbers_in_excel_are_the_pages_numbers(review):
    rows = list(sheets(review, "en")["Figures of the week"].iter_rows(values_only=True))
    found = {row[0]: row[1:6] for row in rows if row[0]}
    for kpi in review.kpis:
        value, before, change, judgement, _ = found[kpi.metric.label.en]
        assert (value, before) == (pytest.approx(kpi.value), pytest.approx(kpi.before))
        assert change == pytest.approx(kpi.change)
        assert judgement == ("more than usual" if kpi.sure else "usual swing")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_figure_of_the_page_stands_in_html_and_slides(review, language):
    cells = [
        [cell.text for cell in row.cells]
        for slide in slides(review, language)
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
    ]
    page = re.sub("<[^>]+>", "|", html.unescape(page_text(review, language)))
    for row in review.kpis:
        # What the page writes, see ui/review.py: label, this week, the week before, a year before and its change.
        values = [
            write(value, language)
            for value in (
                row.metric.label,
                shown(row, row.value, review.currency),
                shown(row, row.before, review.currency),
                changed(row.change),
                Message("more than usual") if row.sure else Message("usual swing"),
                shown(row, row.year_before, review.currency),
                changed(row.year_change),
            )
        ]
        assert values in [line[:7] for line in cells]
        assert "||".join(values) in page


def test_a_change_that_is_no_more_than_the_usual_swing_is_told_as_such(review):
    swung = dataclasses.replace(review.kpis[0], value=0.069, before=0.042, change=0.66, sure=False)
    rows = [swung, dataclasses.replace(swung, sure=True), dataclasses.replace(swung, change=math.nan)]
    content = report(dataclasses.replace(review, kpis=tuple(rows)))
    table = content.sections[1].blocks[0]
    place = [column.text("en") for column in table.columns].index("Judgement")
    assert [row[place].text("en") for row in table.rows] == ["usual swing", "more than usual", "—"]


def test_what_is_wrong_with_the_data_is_said_once(review):
    gone = Message("{text}", text="No orders of Taobao.")
    defect = dataclasses.replace(review.findings[0], headline=gone)
    content = report(dataclasses.replace(review, notes=(gone,), defects=(defect, defect)))
    (told,) = [
        block.items for block in content.sections[1].blocks if isinstance(block, Bullets) and gone in block.items
    ]
    assert told == (gone,)


def test_charts_in_excel_and_slides_hold_the_series(review):
    sheet = sheets(review, "zh")["近六周（按天）"]
    assert len(sheet._charts) == 4
    values = [cell.value for column in sheet.iter_cols(min_col=2, max_col=2) for cell in column]
    line = review.lines.weeks["gmv"]
    start = values.index(pytest.approx(line.this_year[0]))
    assert values[start : start + 42] == pytest.approx(line.this_year)
    charts = [shape.chart for slide in slides(review, "zh") for shape in slide.shapes if shape.has_chart]
    assert len(charts) == 8
    assert list(charts[0].plots[0].series[0].values) == pytest.approx(line.this_year)
    assert charts[0].plots[0].series[1].name == "去年同日"


def test_slides_and_html_tell_every_finding_and_receipt(review):
    text = "\n".join(
        cell.text
        for slide in slides(review, "zh")
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
        for cell in row.cells
    )
    page = page_text(review, "zh")
    for finding in review.findings:
        assert finding.headline.text("zh") in text
    assert "抖音 · 移动端" in page
    for receipt in review.receipts:
        assert receipt.params["hash"] in page
    assert not re.search(r'(?:src|href)="https?:', page)


def test_a_receipt_names_rows_days_and_a_short_checksum(review, shop):
    (receipt,) = [one for one in shop.receipts() if one.file == "jd_daily.xlsx"]
    (sheet,) = receipt.sheets
    (told,) = [line for line in review.receipts if line.params["file"] == receipt.file]
    days = write(DateRange(sheet.first_day, sheet.last_day), "en")
    assert told.text("en") == f"jd_daily.xlsx: {receipt.rows:,} rows, {days}, checksum {receipt.sha256[:8]}"


def test_no_letter_is_lost_and_nothing_is_left_in_english(review):
    for section in report(review).sections:
        assert re.search("[\u4e00-\u9fff]", section.title.text("zh"))
    page = page_text(review, "zh")
    assert "\ufffd" not in page


def test_all_three_within_five_seconds(review):
    begin = time.process_time()
    for form in FORMATS:
        render(report(review), form, "zh")
    assert time.process_time() - begin < 5


def test_the_command_writes_three_files_and_its_exit_code_says_that_a_rule_fired(shop, tmp_path):
    told = RUN.invoke(app, ["report", "--period", "week", "--out", str(tmp_path), "-w", str(shop.folder), "--json"])
    assert told.exit_code == 3, told.output
    answer = json.loads(told.output)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        f"ecops_2026-11-09_2026-11-15.{form}" for form in sorted(FORMATS)
    ]
    assert answer["week"] == ["2026-11-09", "2026-11-15"]
    assert len(answer["alerts"]) == 1


def test_without_a_rule_that_fires_the_command_ends_well(own_shop, tmp_path):
    AlertRules(own_shop.state).add("li", AlertRule("gmv", "below", 1.0))
    out = tmp_path / "out"
    told = RUN.invoke(
        app, ["report", "--period", "2026-11-02..2026-11-08", "--out", str(out), "-w", str(own_shop.folder), "-l", "en"]
    )
    assert told.exit_code == 0, told.output
    assert "GMV was" in told.output
    assert len(list(out.iterdir())) == 3
    told = RUN.invoke(app, ["alerts", "-w", str(own_shop.folder)])
    assert (told.exit_code, told.output) == (0, "No alert rule fires.\n")


@pytest.mark.parametrize(("asked", "told"), [([], "GMV was"), (["-l", "zh"], "本周 GMV"), (None, "本周 GMV")])
def test_the_report_speaks_english_like_every_command_unless_asked(shop, tmp_path, asked, told):
    command = ["report", "--out", str(tmp_path), "-w", str(shop.folder), *(asked or [])]
    said = RUN.invoke(app, command, env={"ECOPS_LANGUAGE": "zh"} if asked is None else {})
    assert said.exit_code == 3, said.output
    assert said.output.startswith(told)
    page = next(tmp_path.glob("*.html")).read_text("utf-8")
    assert f'<html lang="{"en" if told == "GMV was" else "zh-CN"}">' in page


def test_alerts_in_json(shop):
    told = RUN.invoke(app, ["alerts", "--json", "-w", str(shop.folder)])
    (alert,) = json.loads(told.output)["alerts"]
    assert told.exit_code == 3
    assert (alert["metric"], alert["where"], alert["owner"]) == (
        "payment_rate", {"platform": "douyin", "device": "mobile"}, "operations",
    )  # fmt: skip


@pytest.mark.parametrize("period", ["2026-11-09..2026-11-12", "yesterday"])
def test_what_is_no_week_is_said(shop, tmp_path, period):
    told = RUN.invoke(app, ["report", "--period", period, "--out", str(tmp_path), "-w", str(shop.folder)])
    assert told.exit_code == 2


def test_decisions_and_outcomes_are_in_the_report(own_shop):
    log = ActionLog(own_shop.state)
    log.add("li", title="=HYPERLINK(1)", owner="design", metric="gmv", person="小王", due=dt.date(2026, 11, 10))
    log.add("li", title="早先的决定", owner="design", metric="gmv", state="done", began=dt.date(2026, 11, 2))
    book = sheets(weekly(own_shop), "zh")
    cells = [cell.value for row in book["本周决定"].iter_rows() for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert "已逾期" in cells
    assert "早先的决定" in [cell.value for row in book["上周决定的结果"].iter_rows() for cell in row]
