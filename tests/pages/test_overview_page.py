"""The overview: filters that do not meet, what the days held, and how figures are written."""

import pandas as pd
import pytest

import sample_data
from ecops import Workspace, door
from ecops.messages import Message
from ecops.metrics import metrics, reasons
from tests.pages.test_pages import said
from ui import glossary, navigation


def test_filters_that_do_not_meet_are_named_and_can_be_cleared(open_app):
    app = open_app("overview", "sample", "zh", platform="taobao", channel="直播间")
    texts = said(app)
    (told,) = (text for text in texts if "没有同时符合" in text)
    assert "平台 淘宝 · 渠道 直播间" in told
    assert not app.metric
    assert not any("没有上传" in text or "没有超出正常波动" in text for text in texts)
    app.button(key="clear_filters").click().run()
    assert app.metric
    assert not any("没有同时符合" in text for text in said(app))
    assert app.multiselect(key="platform").value == app.multiselect(key="channel").value == []
    assert "platform" not in app.query_params


def test_filters_that_meet_leave_the_page_alone(open_app):
    app = open_app("overview", "sample", "zh", platform="douyin", channel="直播间")
    assert app.metric
    assert not any(button.key == "clear_filters" for button in app.button)


def test_days_that_held_a_promotion_are_told_under_the_verdict(open_app):
    app = open_app("overview", "sample", "zh", span="d28", vs="last_year")
    (line,) = (text for text in said(app) if "去年同期有" in text)
    assert "去年同期有：2025年双11" in line
    assert "本期有：" in line
    assert "另有" not in line or "2026年双11" in line
    quiet = open_app("overview", "sample", "zh", span="custom", dates="2026-08-10..2026-08-12")
    assert not any("期有：" in text for text in said(quiet))


def test_events_of_other_platforms_are_left_out(open_app):
    app = open_app("overview", "sample", "zh", span="d28", vs="last_year", platform="douyin")
    (line,) = (text for text in said(app) if "去年同期有" in text)
    assert "2025年双11" in line
    assert "会员消息推送" not in line


def test_the_guard_of_spreadsheets_stays_out_of_the_screen(open_app):
    app = open_app("overview", "sample", "zh")
    app.session_state["all_metrics"] = True
    app.run()
    (table,) = (frame.value for frame in app.dataframe if "change" in frame.value.columns and "formula" in frame.value)
    assert any(cell.startswith("+") and cell.endswith("个百分点") for cell in table["change"])
    assert not any(cell.startswith("'") for cell in table["change"])


def test_a_screen_hides_what_a_download_hides():
    shown = door.visible(pd.DataFrame({"title": ["=1"], "cost": [1.0]}))
    assert shown.to_dict("list") == {"title": ["=1"]}
    assert door.release(shown).to_dict("list") == {"title": ["'=1"]}


@pytest.mark.parametrize("entry", metrics().values(), ids=lambda entry: entry.key)
def test_the_glossary_names_places_that_exist(entry):
    titles = {title.zh for title in navigation.pages().values()}
    told = " ".join(text.zh for text in (entry.meaning, entry.gap) if text is not None)
    assert "设置" not in told
    assert "客户页" not in told
    assert "」页" not in told or any(f"「{title}」页" in told for title in titles)
    assert "负责人：负责人" not in glossary.entry(entry)


def test_pages_that_work_out_more_are_called_as_in_the_menu():
    waiting = [entry for entry in metrics().values() if entry.page and entry.gap is None]
    known = [entry for entry in waiting if entry.page in navigation.pages()]
    assert known
    for entry in waiting:
        told = reasons.missing_reason(entry, None, frozenset(), lambda _: True)
        if entry in known:
            assert told == Message("Worked out on the page {page}.", page=navigation.pages()[entry.page])
        else:
            assert told == Message("No page works this out yet.")


def test_a_part_of_the_shop_is_not_called_the_whole_shop(open_app):
    texts = said(open_app("overview", "sample", "zh", channel="直播间"))
    assert any("整体" in text for text in texts)
    assert not any("全店" in text for text in texts)


def test_margin_is_shown_to_finance_and_not_to_a_manager(open_app, monkeypatch):
    def labels():
        app = open_app("overview", "sample", "en")
        app.session_state["all_metrics"] = True
        app.run()
        table = next(frame.value for frame in app.dataframe if "formula" in frame.value.columns)
        per_buyer = table.set_index("metric")["now"]["Orders per buyer"]
        assert 1 <= float(per_buyer) < 1.06, (
            "orders of nobody (a fifth of all) are not divided among those who are known"
        )
        return set(table["metric"]), said(app)

    monkeypatch.delenv("ECOPS_ROLE", raising=False)
    shown, texts = labels()
    assert "Gross margin" not in shown
    assert {"Promotion cost", "Return on ad spend", "Orders per buyer"} <= shown
    assert any("name their buyer" in text and "Taobao" in text and "Douyin" not in text for text in texts)
    monkeypatch.setenv("ECOPS_ROLE", "finance")
    assert labels()[0] - shown == {"Gross margin", "Net margin", "Net profit"}


def test_ad_spend_is_shown_on_the_data_page_and_what_goods_cost_is_not(open_app, monkeypatch):
    def columns(table):
        app = open_app("data", "sample", "en")
        app.session_state["look"] = True
        app.run()
        app.selectbox(key="look_table").select(table).run()
        return set(next(frame.value for frame in app.dataframe if "platform" in frame.value or "sku" in frame.value))

    monkeypatch.delenv("ECOPS_ROLE", raising=False)
    assert "cost" in columns("ad_spend_daily")
    assert "cost" not in columns("products")
    monkeypatch.setenv("ECOPS_ROLE", "owner")
    assert "cost" in columns("products")


@pytest.mark.row(5, 6, 14, 17, 20, 25, 38, 52, 53)
def test_the_board_opens_under_the_details(open_app):
    app = open_app("overview", "sample", "zh")
    for part in ("by_step", "unusual", "scorecards"):
        app.session_state[f"part_{part}"] = True
    app.run()
    assert not app.exception
    texts = said(app)
    assert any("环比" in text and "GMV" in text for text in texts)
    assert any(text.startswith("- 访客数") and "12 周" in text for text in texts)
    cards = [text for text in texts if "项指标里" in text]
    assert [text.strip("*")[:2] for text in cards] == ["流量", "转化", "复购", "供应"]
    # Turnover and slow movers are worked out from costs, which a manager may not see, so her card does not count them.
    assert "3 项指标里" in cards[-1]
    assert any("考核表" in text for text in texts)
    assert any(button.label.startswith("Excel") or "Excel" in button.label for button in app.get("download_button"))
    weeks = next(frame.value for frame in app.dataframe if "refund_rate" in frame.value and "days" in frame.value)
    assert list(weeks["days"])[:3] == [7, 7, 7]


def test_the_sample_shop_is_built_when_it_is_first_asked_for(tmp_path, monkeypatch, open_app):
    small = [file for file in sample_data.files() if file.name in {"products.xlsx", "jd_daily.xlsx"}]
    monkeypatch.setattr(sample_data, "files", lambda: small)
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    app = open_app("overview", "sample", "zh")
    assert app.metric
    assert sorted(receipt.file for receipt in Workspace.open(tmp_path / "sample").receipts()) == [
        "jd_daily.xlsx", "products.xlsx",
    ]  # fmt: skip


@pytest.mark.row(60, 284)
def test_pivot_tiers_and_teams_open_under_the_details(open_app):
    app = open_app("overview", "sample", "en")
    app.session_state["part_pivot"] = True
    app.run()
    assert not app.exception
    table = next(frame.value for frame in app.dataframe if "place" in frame.value.columns)
    assert table["place"].tolist()[-1] == "All"
    app.number_input(key="tier_gmv_0").set_value(10_000.0).run()
    assert not app.exception
    assert any("Tier 1: " in item.value for item in app.markdown)
    app.session_state["part_pivot"] = False
    app.session_state["part_scorecards"] = True
    app.run()
    app.segmented_control(key="board_by").set_value("family").run()
    assert not app.exception
    assert any("Operations to design to service: 4 : 2 : 5" in item.value for item in app.markdown)


@pytest.mark.row(231, 304, 306)
def test_short_lists_open_under_the_details(open_app):
    app = open_app("overview", "sample", "en")
    app.session_state["part_lists"] = True
    app.run()
    assert not app.exception
    assert any("of the returns." in item.value for item in app.markdown)
    for key in ("tiers", "shipping", "creators"):
        app.pills(key="board_list").set_value(key).run()
        assert not app.exception
        assert not app.error
    assert any("say nothing of this in these days" in item.value for item in app.markdown)
