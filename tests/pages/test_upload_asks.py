"""A file that is not understood for certain gets a question and no button that loads; answers are remembered."""

import datetime as dt
from pathlib import Path

import pytest

import ecops
from tests.pages.conftest import sound

LOG = b"1,2268318,2520377,pv,1777600000\n1,2333346,2520771,pv,1777600100\n2,149192,2520771,buy,1777600200\n"
ADS = "日期,计划名称,花费,展现量,点击量\n2026-05-01,一,12.5,1000,30\n2026-05-02,一,10,900,25\n"
TWICE = "商品编码,商品名称,售价\nA,杯,5\nA,杯,5\nA,杯,5\nB,碗,6\n"


@pytest.fixture
def drop(open_app, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    shop = ecops.Workspace.open(tmp_path / "mine")
    shop.set_setting("currency", "CNY")

    def dropped(name, data, language="zh"):
        app = open_app("data", "mine", language)
        app.file_uploader(key="files_0").upload(name, data, "text/csv")
        app.run()
        sound(app, caplog)
        return app, shop

    return dropped


def loads(app):
    return [button for button in app.button if str(button.key).startswith("load_")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_file_without_a_header_is_asked_about(drop, language):
    app, shop = drop("UserBehavior.csv", LOG, language)
    assert loads(app) == []
    (question,) = [radio for radio in app.radio if str(radio.key).endswith("_report")]
    assert question.value is None
    assert any("3" in text.value for text in app.markdown), "what it would load stands beside it"
    question.set_value("generic_events").run()
    assert not app.exception
    (load,) = loads(app)
    load.click().run()
    assert app.success
    assert shop.tables()["events"].rows == 3


def test_a_measure_that_is_missing_is_named_or_waived_before_the_button_comes(drop):
    app, shop = drop("ads.csv", ADS.encode())
    assert loads(app) == []
    assert [box for box in app.selectbox if "_measure_" in str(box.key)]
    (waive,) = [box for box in app.checkbox if "_without_" in str(box.key)]
    waive.check().run()
    loads(app)[0].click().run()
    assert app.success
    assert shop.tables()["ad_spend_daily"].rows == 2
    again = shop.load(ADS.replace("2026-05-01", "2026-05-03").encode(), name="next.csv")
    assert again.sheets[0].rows_kept == 2, "what was said once holds for the same header"


def test_many_rows_left_out_keep_the_button_shut_until_agreed(drop):
    app, shop = drop("products.csv", TWICE.encode())
    (load,) = loads(app)
    assert load.disabled
    (agree,) = [box for box in app.checkbox if str(box.key).startswith("leave_out_")]
    agree.check().run()
    loads(app)[0].click().run()
    assert app.success
    assert shop.tables()["products"].rows == 2


@pytest.mark.parametrize(("name", "day"), [("inventory_export_20260501.csv", "2026-05-01"), ("stock.csv", "")])
def test_a_stock_file_without_a_day_is_offered_its_own_or_today(drop, name, day):
    app, shop = drop(name, Path("tests/fixtures/sources/shopify_inventory.csv").read_bytes())
    offered = dt.date.fromisoformat(day) if day else dt.date.today()
    assert [asked.value for asked in app.date_input] == [offered]
    (load,) = loads(app)
    load.click().run()
    assert app.success
    counted = shop.data().query("SELECT DISTINCT CAST(date AS DATE) AS day FROM inventory_snapshots").to_pylist()
    assert counted == [{"day": offered}]
