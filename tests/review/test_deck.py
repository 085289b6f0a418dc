"""The report says what the page says, in files that other programs read again, and the command line writes them."""

import dataclasses
import datetime as dt
import html
import io
import json
import math
import re

import openpyxl
import pytest
from pptx import Presentation
from typer.testing import CliRunner

from ecops.charts import Look
from ecops.commands.app import app
from ecops.messages import DateRange, Message, Money, write
from ecops.reports import Bullets, Section
from ecops.reports.axis import axis
from ecops.reports.write import FORMATS, render
from ecops.review import Action, ActionLog, AlertRule, AlertRules, FollowUp, report, weekly
from ecops.review.causes import weekly_money
from ecops.review.week.deck import NONE, causes, changed, shown
from ecops.review.week.figures import line as figure_of

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


def sections(review):
    return {section.title.text("en"): section for section in report(review).sections}


def figures(content):
    """The section of the figures in full."""
    (found,) = [section for section in content.sections if str(section.title) == "Figures"]
    return found


def followed(title):
    """One action that came into force."""
    action = Action("1", title, "design", "gmv", state="done", began=dt.date(2026, 11, 2))
    return (FollowUp(action, "worked", Message("{text}", text="It worked.")),)


def test_the_order_of_the_meeting(review):
    told = [section.title.text("en") for section in report(review).sections]
    rest = ["Figures", "Six weeks, day by day", "Twelve months", "What happened"]
    assert told == ["What changed, and why", "Other findings", "Decisions", *rest]
    action = followed("x")
    told = [section.title.text("en") for section in report(dataclasses.replace(review, followups=action)).sections]
    assert told[2:4] == ["Last week's decisions", "Decisions"]


def test_what_capabilities_add_stands_before_what_happened(review):
    mine = Section(Message("{text}", text="Stock"), (Bullets((Message("{text}", text="12 days left"),)),))
    told = report(review, sections=(mine, mine)).sections
    assert [section.title.text("en") for section in told[-4:]] == ["Twelve months", "Stock", "Stock", "What happened"]


def test_numbers_in_excel_are_the_pages_numbers(review):
    rows = list(sheets(review, "en")["Figures"].iter_rows(values_only=True))
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
    table = figures(content).blocks[0]
    place = [write(column, "en") for column in table.columns].index("Judgement")
    assert [row[place].text("en") for row in table.rows] == ["usual swing", "more than usual", "—"]


def test_what_is_wrong_with_the_data_is_said_once_and_first(review):
    gone, other = Message("{text}", text="No orders of Taobao."), Message("{text}", text="First week.")
    defect = dataclasses.replace(review.findings[0], headline=gone)
    content = report(dataclasses.replace(review, notes=(gone, other), defects=(defect, defect)))
    _, warning = content.opening
    assert warning == Bullets((review.alerts[0].sentence, gone), warning=True)
    assert figures(content).blocks[1:] == (Bullets((other,)),)


def test_the_first_page_has_five_figures_with_their_change_and_judgement(review):
    row = dataclasses.replace(review.kpis[0], value=110.0, before=100.0, change=0.1, sure=True)
    swung, lost = dataclasses.replace(row, change=-0.1, sure=False), dataclasses.replace(row, change=-0.1)
    new = dataclasses.replace(row, change=math.nan)
    (cards,) = report(dataclasses.replace(review, kpis=(row, swung, lost, new, row, row), alerts=())).opening
    told = [(str(card.change), str(card.note), card.tone) for card in cards.items]
    assert told == [
        ("▲ +10.0%", "against before: more than usual", "good"),
        ("▼ -10.0%", "against before: usual swing", ""),
        ("▼ -10.0%", "against before: more than usual", "bad"),
        ("—", "nothing before to compare with", ""),
        ("▲ +10.0%", "against before: more than usual", "good"),
    ]
    assert [card.value for card in cards.items] == [Money(110.0, "CNY")] * 5


def test_charts_in_excel_and_slides_hold_the_series(review):
    sheet = sheets(review, "zh")["近六周（按天）"]
    assert len(sheet._charts) == 4
    values = [cell.value for column in sheet.iter_cols(min_col=2, max_col=2) for cell in column]
    line = review.lines.weeks["gmv"]
    start = values.index(pytest.approx(line.this_year[0]))
    assert values[start : start + 42] == pytest.approx(line.this_year)
    charts = [shape.chart for slide in slides(review, "zh") for shape in slide.shapes if shape.has_chart]
    (drawn,) = [chart for chart in charts if list(chart.plots[0].series[0].values) == pytest.approx(line.this_year)]
    assert drawn.plots[0].series[1].name == "去年同日"
    assert len(charts) == 8 + len(causes(review))


def test_last_years_peak_is_cut_as_on_the_page_and_said(review):
    line = review.lines.weeks["gmv"]
    (chart,) = [
        block for block in sections(review)["Six weeks, day by day"].blocks if block.series[0].values == line.this_year
    ]
    page = figure_of(line, "CNY", look=Look(language="en")).plotly()
    assert axis(chart, "en").places[-1] == page.layout.yaxis.range[1] < max(line.year_before)
    assert "The axis is cut: a year before, 8 Nov, it was up to ¥88.5k" in str(chart.subtitle)
    (whole,) = [block for block in sections(review)["Six weeks, day by day"].blocks if "Visitors" in str(block.title)]
    assert "cut" not in str(whole.subtitle)


def test_days_without_a_neighbour_are_no_picture(review):
    line = review.lines.weeks["gmv"]
    alone = tuple(value if place % 2 else math.nan for place, value in enumerate(line.this_year))
    weeks = review.lines.weeks | {"gmv": dataclasses.replace(line, this_year=alone)}
    few = dataclasses.replace(review, lines=dataclasses.replace(review.lines, weeks=weeks))
    assert (
        len(sections(few)["Six weeks, day by day"].blocks) == len(sections(review)["Six weeks, day by day"].blocks) - 1
    )


def test_the_largest_confirmed_causes_have_a_page_of_their_own(review):
    main = causes(review)
    assert [finding.confidence for finding in main] == ["confirmed"] * 4
    assert all(finding.money is not None for finding in main)
    twice = (*main, *(dataclasses.replace(finding) for finding in main))
    many = dataclasses.replace(review, findings=twice + review.findings[len(main) :])
    assert causes(many) == twice[:6]
    told = report(many).sections
    assert len(told[0].blocks) == 6
    assert len(told[1].blocks[0].rows) == len(many.findings) - 6


def test_without_a_finding_the_deck_says_so(review):
    (first, *_) = report(dataclasses.replace(review, findings=())).sections
    assert [str(item) for item in first.blocks[0].items] == ["Nothing changed beyond chance."]
    watched = tuple(dataclasses.replace(finding, confidence="watch") for finding in review.findings[:2])
    (first, *_) = report(dataclasses.replace(review, findings=watched)).sections
    assert (str(first.title), len(first.blocks[0].rows)) == ("What changed, and why", len(watched))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_finding_stands_in_the_slides_exactly_once_with_its_money(review, language):
    """As the title of its slide or as a row of the table; beside it the money a week."""
    said, paired = [], []
    for slide in slides(review, language):
        texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        rows = [row for shape in slide.shapes if shape.has_table for row in shape.table.rows]
        said += [*texts, *(cell.text for row in rows for cell in row.cells)]
        paired += [(slide.shapes.title.text, text.split("\n")[0]) for text in texts]
        paired += [(row.cells[0].text, row.cells[1].text) for row in rows]
    for finding in review.findings:
        headline, money = write(finding.headline, language), NONE
        if finding.money is not None:
            money = Money(weekly_money(finding.money, finding.period.days), finding.money.currency)
        assert said.count(headline) == 1
        assert paired.count((headline, write(money, language))) == 1


def test_html_and_excel_tell_every_finding_once_and_every_receipt(review):
    page = html.unescape(page_text(review, "zh"))
    book = sheets(review, "zh")
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    for finding in review.findings:
        headline = finding.headline.text("zh")
        assert len(re.findall(f">{re.escape(headline)}<", page)) == 1
        assert cells.count(headline) == 1
    assert "抖音 · 移动端" in page
    for receipt in review.receipts:
        assert receipt.params["hash"] in page
    assert not re.search(r'(?:src|href)="https?:', page)


def test_html_and_excel_have_the_order_of_the_slides(review):
    titles = [section.title.text("zh") for section in report(review).sections]
    page = page_text(review, "zh")
    places = [page.index(f"<h2>{title}</h2>") for title in titles]
    assert places == sorted(places)
    assert sheets(review, "zh").sheetnames[1:-1] == titles
    seen = [slide.shapes.title.text.split("（")[0] for slide in slides(review, "zh")]
    first = [next(place for place, told in enumerate(seen) if told == title.split("（")[0]) for title in titles[1:]]
    assert first == sorted(first)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_html_is_small_enough_to_mail(review, shop, language):
    assert len(render(report(review, data=shop), "html", language)) < 500_000


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


def test_each_form_is_written_whole(review):
    starts = {"pptx": b"PK", "xlsx": b"PK", "html": b"<!doctype html"}
    assert {form: render(report(review), form, "zh")[: len(starts[form])].lower() for form in FORMATS} == {
        form: start.lower() for form, start in starts.items()
    }


@pytest.mark.row(26)
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


@pytest.mark.row(25)
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
