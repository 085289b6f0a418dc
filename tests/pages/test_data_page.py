"""The data page and the list of shops: what a newcomer loads, takes back, and makes."""

import io

import openpyxl
import pytest

import ecops
from tests.pages import exports
from tests.pages.conftest import sound
from tests.pages.test_pages import said

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0"


@pytest.fixture
def shop(open_app, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    ecops.Workspace.open(tmp_path / "mine")

    def drop(name, data, language="en"):
        app = open_app("data", "mine", language)
        app.file_uploader(key="files_0").upload(name, data, "application/octet-stream").run()
        sound(app, caplog)
        return app

    return drop


def press(app, start):
    next(button for button in app.button if str(button.key).startswith(start)).click().run()
    assert not app.exception


def test_a_load_taken_back_says_so_where_it_was_made(shop):
    app = shop("ExportOrderList.csv", exports.taobao_orders())
    press(app, "load_")
    assert app.success
    press(app, "undo_done_")
    assert not app.success
    assert any("this load was taken back" in note.value for note in app.info)
    assert not any(str(button.key).startswith("undo_") for button in app.button)


def test_a_file_that_was_loaded_before_says_so_before_the_click(shop):
    app = shop("ExportOrderList.csv", exports.taobao_orders())
    assert not any("loaded before" in note.value for note in app.info)
    press(app, "load_")
    app = shop("again.csv", exports.taobao_orders())
    assert any("loaded before" in note.value for note in app.info)
    press(app, "undo_history_")
    app = shop("again.csv", exports.taobao_orders())
    assert not any("loaded before" in note.value for note in app.info)


def test_a_picture_is_refused_with_what_can_be_loaded(shop):
    (told,) = shop("photo.png", PNG).error
    assert "xlsx" in told.value


def test_an_unknown_file_is_taken_for_orders_until_the_reader_says_what_it_is(shop):
    app = shop("unknown.csv", b"colour,weather\nred,fine\nblue,wet\n")
    (kind,) = (box for box in app.selectbox if str(box.key).endswith("_source"))
    assert kind.value == "generic_orders"
    texts = " ".join(said(app))
    assert "No column was recognised" in texts
    assert "Guesses are filled in" not in texts


def test_rows_are_counted_exactly(shop):
    lines = "".join(f"{n},2026-05-04 10:00:00,S1,1,5\n" for n in range(14_312))
    app = shop("orders.csv", f"Order ID,Created at,SKU,Quantity,Amount\n{lines}".encode(), "zh")
    assert any("读取 14,312 行，保留 14,312 行" in text for text in said(app))
    if currency := [box for box in app.selectbox if str(box.key).startswith("currency_")]:
        currency[0].select("CNY").run()
    assert any(button.label == "载入 14,312 行" for button in app.button), [button.label for button in app.button]
    press(app, "load_")
    (told,) = app.success
    assert "14,312 行" in told.value
    assert not any("1.43 万 行" in text for text in said(app))


def test_only_texts_have_an_encoding(shop):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["Order ID", "Created at", "SKU", "Quantity", "Amount"], ["1", "2026-05-04 10:00:00", "S1", 1, 5]):
        book.active.append(row)
    book.save(file)
    assert not any("encoding" in caption.value for caption in shop("orders.xlsx", file.getvalue()).caption)
    text = b"Order ID,Created at,SKU,Quantity,Amount\n1,2026-05-04 10:00:00,S1,1,5\n"
    assert any("encoding" in caption.value for caption in shop("orders.csv", text).caption)


@pytest.mark.usefixtures("shop")
def test_the_list_of_shops_has_only_workspaces(open_app, tmp_path):
    (tmp_path / "data").mkdir()
    ecops.Workspace.open(tmp_path / "other")
    assert open_app("data", "mine", "en").selectbox(key="ws").options == ["Sample shop", "My shop", "other"]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", ["brand-us", "美国店"])
def test_a_new_shop_is_made_and_chosen(open_app, tmp_path, name):
    app = open_app("data", "mine", "en")
    app.session_state["new_shop_box"] = True
    app.run().text_input(key="new_shop").input(name)
    press(app, "FormSubmitter:new_shop_form")
    assert app.selectbox(key="ws").value == name
    assert app.query_params["ws"] == name
    assert (tmp_path / name / "workspace.json").exists()
    assert any(f"--workspace '{tmp_path / name}'" in caption.value.replace("\\", "") for caption in app.caption)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "Mine", "sample", "data"])
def test_a_name_that_will_not_do_is_refused_in_words(open_app, tmp_path, name):
    (tmp_path / "data").mkdir()
    before = sorted(path.name for path in tmp_path.iterdir())
    app = open_app("data", "mine", "en")
    app.session_state["new_shop_box"] = True
    app.run().text_input(key="new_shop").input(name)
    press(app, "FormSubmitter:new_shop_form")
    assert app.error
    assert app.selectbox(key="ws").value == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_money_of_another_currency_is_sent_to_a_new_shop(shop, tmp_path):
    ecops.Workspace.open(tmp_path / "mine").set_setting("currency", "CNY")
    dollars = b"Order ID,Created at,SKU,Quantity,Amount,Currency\n1,2026-05-04 10:00:00,S1,1,5,USD\n"
    (told,) = shop("orders.csv", dollars).error
    assert "New shop" in told.value


def test_a_shop_of_orders_alone_has_no_sliders_of_visitors(open_app):
    app = open_app("overview", "loaded", "en")
    assert not app.slider
    assert any("daily traffic report" in text for text in said(app))
