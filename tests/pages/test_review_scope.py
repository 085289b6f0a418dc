"""The weekly review of a part of the shop says so: on the page, on every cover, in the names of the files."""

import io
import re

import openpyxl
import pytest
from pptx import Presentation

from ecops.messages import write
from ui.weekly_review import review

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def downloaded(monkeypatch):
    """Name -> bytes of the files that the page offers, in Chinese."""
    import streamlit as st

    found = {}

    def offer(_label, *, data, file_name, **_options):
        if "2026" in file_name:  # those of tables are named otherwise
            found[file_name] = data()

    monkeypatch.setattr(st, "download_button", offer)
    return found


def captions(app):
    return [caption.value for caption in app.caption]


def test_the_part_stands_on_the_page_on_the_covers_and_in_the_names(open_app, downloaded):
    app = open_app("weekly_review", platform="douyin")
    (line,) = [text for text in captions(app) if "平台 抖音" in text]
    assert line.startswith("2026年11月9日–15日")
    assert sorted(downloaded) == [f"ecops_2026-11-09_2026-11-15_平台-抖音.{form}" for form in ("html", "pptx", "xlsx")]
    page, slides, book = (downloaded[name] for name in sorted(downloaded))
    assert "平台 抖音" in page.decode().split("</p>")[0]
    cover = Presentation(io.BytesIO(slides)).slides[0]
    assert any("平台 抖音" in shape.text_frame.text for shape in cover.shapes if shape.has_text_frame)
    first = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
    assert any("平台 抖音" in str(cell.value) for row in first.iter_rows() for cell in row)


def test_the_whole_shop_has_plain_names(open_app, downloaded):
    app = open_app("weekly_review")
    assert sorted(downloaded) == [f"ecops_2026-11-09_2026-11-15.{form}" for form in ("html", "pptx", "xlsx")]
    assert not any("平台 " in text for text in captions(app))


@pytest.mark.parametrize(
    ("query", "also", "not_there"),
    [
        ({}, {"主图 A/B 测试", "会员消息推送加量"}, set()),
        ({"platform": "douyin"}, set(), {"会员消息推送加量"}),
        ({"platform": "taobao"}, {"会员消息推送加量"}, set()),
        ({"channel": "直播间"}, set(), {"会员消息推送加量"}),
    ],
)
def test_events_that_name_no_platform_stay_under_every_filter(home, open_app, query, also, not_there):
    import ecops
    from ecops.review import weekly
    from ui.state.filtering import Filtered

    open_app("data")
    workspace = ecops.Workspace.open(home / "sample")
    where = tuple((name, (value,)) for name, value in query.items())
    data = Filtered(workspace.data(), where) if where else workspace.data()
    assert data.has("calendar")
    names = {row["name"] for row in data.query("select name from calendar").to_pylist()}
    assert names >= {"2025年双11", "316保温杯断货", *also}
    assert not names & not_there
    told = weekly(workspace, view=data)
    assert any(note.params.get("events") == "2025年双11" for note in told.notes)
    assert "2026年双11（本店不参加，年终做新品预售）" in [item.name for item in told.annotations]
    assert not [item for item in told.annotations if HAN.search(write(item.name, "en") + write(item.note, "en"))]
    assert [note.text("en") for note in told.notes if "events" in note.params] == [
        "In the same week a year before: Double 11 of 2025."
    ]


def test_filters_without_a_row_are_told_and_can_be_cleared(open_app):
    app = open_app("weekly_review", language="en", platform="jd", channel="直播间")
    assert not app.subheader
    app.button(key="clear_filters").click().run()
    assert not app.exception
    assert app.subheader


def test_the_due_date_of_a_target_is_called_so(open_app):
    app = open_app("weekly_review")
    app.session_state["targets"] = True
    assert app.run().date_input(key="target_due").label == "截止日期"


def test_the_days_chosen_for_other_pages_are_hidden_and_kept(open_app):
    app = open_app("weekly_review", span="d90")
    hiding = [body.value for body in app.get("html") if "display: none" in str(body.value)]
    assert any(all(f".st-key-{key}" in text for key in ("span", "dates", "vs")) for text in hiding)
    assert app.query_params["span"] in ("d90", ["d90"])


@pytest.mark.parametrize(
    ("words", "part"),
    [("平台 抖音 / 京东 · 渠道 a/b:c", "平台-抖音-京东-渠道-a-b-c"), ("..\\..", ""), ("x" * 99, "x" * 60)],
)
def test_words_make_a_part_of_a_file_name(words, part):
    assert review._file_part(words) == part
