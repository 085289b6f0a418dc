"""The customer page: every shop, both languages, its choices, a coupon, a list."""

import datetime as dt
import io
import shutil

import pandas as pd
import pytest

import ecops
from ecops import handbook
from tests.customers.test_programme import assert_nowhere
from tests.pages import exports
from tests.pages.conftest import sound


def said(app):
    return [part.value for kind in ("markdown", "caption", "header") for part in getattr(app, kind)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_shop_is_taught(open_app, language):
    app = open_app("customers", "mine", language)
    assert any("买家" in text or "with a buyer" in text for text in said(app))
    assert not app.metric


@pytest.mark.row(100)
@pytest.mark.row(104)
@pytest.mark.row(105)
@pytest.mark.row(106)
@pytest.mark.row(110)
@pytest.mark.row(125)
def test_the_sample_shop_from_segments_to_the_list(open_app, caplog):
    app = open_app("customers", "sample", "en")
    cards = {card.label: card.value for card in app.metric}
    assert set(cards) == {"Customers", "Repeat rate", "Second order in 30 days", "Stayed away"}
    texts = said(app)
    assert any("are one order below the next tier" in text for text in texts)
    assert any("order again in the period after their first" in text for text in texts)
    assert any("customers moved by what they did" in text for text in texts)
    assert any("Wake high" in text for text in texts)
    assert any("held back. Keep the list" in text for text in texts)
    assert any("None of their orders reaches ¥199" in text for text in texts)
    assert any("Tiers count every order there is, of 12,850 customers" in text for text in texts)
    app.toggle(key="coupon_told").set_value(True).run()
    sound(app, caplog)
    assert any("gross profit more than without" in text for text in said(app))
    app.selectbox(key="cust_scheme").select("cn8").run()
    sound(app, caplog)
    assert any("High means" in text for text in said(app))
    assert app.query_params["cust_scheme"] in ("cn8", ["cn8"])
    app.number_input(key="tier_orders_1").set_value(1).run()
    sound(app, caplog)
    assert any("must rise" in error.value for error in app.error)


def member_shop(folder):
    """Orders of 120 buyers through two channels over 13 months, a member list without points, and what ads cost."""
    days = [dt.date(2025, 8, 1) + dt.timedelta(days=one) for one in range(390)]
    orders = pd.DataFrame(
        {
            "订单号": [f"91{number:016d}" for number in range(480)],
            "下单时间": [days[number * 37 % 390] for number in range(480)],
            "客户ID": [f"u{number % 120}" for number in range(480)],
            "商品编码": "A-1",
            "数量": 1,
            "单价": 60,
            "实付金额": 60,
            "渠道": ["直播" if number % 2 else "搜索" for number in range(480)],
        }
    )
    people = pd.DataFrame({"会员名": [f"u{one}" for one in range(0, 120, 3)], "会员等级": "金卡", "省份": "浙江省"})
    ads = pd.DataFrame({"日期": days, "推广工具": "直播", "展现量": 100, "点击量": 5, "花费": 20, "成交金额": 100})
    brand = ecops.Workspace.open(folder / "brand")
    brand.set_setting("currency", "CNY")
    for source, rows in (("generic_orders", orders), ("generic_customers", people), ("generic_ads", ads)):
        brand.load(rows.to_csv(index=False).encode(), source=source)
    return brand


@pytest.mark.row(120)
def test_what_cases_quote_stands_beside_the_shops_own_figures_and_can_be_changed(open_app, tmp_path, monkeypatch):
    brand = member_shop(tmp_path)
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    told = "\n".join(said(open_app("customers", "brand", "en"))).replace("\\", "")
    assert "of the members ordered in the last 90 days" in told
    assert "keep 18.0% more members, a customer system raises the lifetime value by 31%" in told
    assert "won customers for 40% less" in told
    assert "more members kept (a case): 18.0% (handbook 004, row 120)" in told
    handbook.set("customer.quoted_points_retention", 0.05, brand, reason="our own test")
    told = "\n".join(said(open_app("customers", "brand", "en"))).replace("\\", "")
    assert "keep 5.0% more members" in told


def test_a_list_without_points_says_so(open_app, tmp_path, monkeypatch):
    member_shop(tmp_path)
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    told = "\n".join(said(open_app("customers", "brand", "zh")))
    assert "客户表里没有积分。" in told
    assert "积分未使用" not in told


def test_an_uploaded_export_is_too_small_for_a_forecast_and_says_so(open_app):
    app = open_app("customers", "loaded", "zh")
    assert any("做预测至少需要" in warning.value for warning in app.warning)
    assert {card.label for card in app.metric} == {"客户数", "复购率", "30 天内第二单", "90 天流失"}


def test_a_list_that_is_none_is_said(open_app, caplog):
    app = open_app("customers", "sample", "en")
    rows = pd.DataFrame({"customer": ["a"], "segment": ["new"]})
    app.file_uploader(key="outcome_file").upload("list.csv", rows.to_csv(index=False).encode(), "text/csv").run()
    sound(app, caplog)
    assert any("no column group" in error.value for error in app.error)
    app.file_uploader(key="outcome_file").upload("list.csv", io.BytesIO(b"\xff\xfe\x00").getvalue(), "text/csv").run()
    sound(app, caplog)
    assert app.error


@pytest.mark.row(125)
def test_the_platforms_names_leave_once_and_the_log_says_who_took_them(open_app, home, tmp_path, monkeypatch):
    shutil.copytree(home / "loaded", tmp_path / "brand")
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    app = open_app("customers", "brand", "zh")
    app.session_state["names_box"] = True
    app.run().file_uploader(key="names_file").upload("ExportOrderList.csv", exports.taobao_orders(), "text/csv").run()
    app.button(key="names_make").click().run()
    assert not app.error
    assert "下载买家名单" in [button.proto.label for button in app.get("download_button")]
    last = ecops.Workspace.open(tmp_path / "brand").audit_trail()[-1]
    assert (last.action, last.actor) == ("export", "app")
    assert_nowhere([f"买家{number}" for number in range(1, 161)], tmp_path)
