import datetime as dt
import io

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from ecops.door import defuse, may_see, reader, release, to_csv, to_xlsx
from ecops.metrics import metrics

HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_a_spreadsheet_would_run_is_defused(text):
    assert defuse(text) == "'" + text


@pytest.mark.parametrize("cell", ["-5", "+3.5%", "1,200", "plain", "", "a=b", -5, None, 1.5])
def test_everything_else_is_left_alone(cell):
    assert defuse(cell) == cell


@pytest.mark.row(273)
def test_cost_is_left_out_for_a_manager_and_kept_for_finance():
    table = pa.table({"sku": ["A"], "cost": [913.37]})
    assert list(release(table, "manager").columns) == ["sku"]
    assert release(table, "finance")["cost"].tolist() == [913.37]
    assert b"913.37" not in to_csv(table, "manager")
    assert b"913.37" in to_csv(table, "owner")


def test_input_is_not_changed():
    frame = pd.DataFrame({"title": ["=1"], "cost": [1.0]})
    release(frame)
    assert frame.equals(pd.DataFrame({"title": ["=1"], "cost": [1.0]}))


def test_csv_opens_in_excel_as_chinese():
    text = to_csv(pd.DataFrame({"title": ["=1", "棉袜"]}), labels={"title": "商品标题"})
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.decode("utf-8-sig").splitlines() == ["商品标题", "'=1", "棉袜"]


def test_xlsx_reads_back_with_types_and_without_formulas():
    frame = pd.DataFrame(
        {
            "title": [*HOSTILE, "棉袜"],
            "n": [*range(8), None],
            "day": pd.to_datetime(["2026-11-15"] * 9),
            "on": [dt.date(2026, 11, 15)] * 9,
        }
    )
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx({"a/b": frame, "a b": frame})))
    assert book.sheetnames == ["a b", "a b 2"]
    sheet = book["a b"]
    titles = [cell.value.replace("_x000D_", "\r") for cell in sheet["A"]]  # how the format spells a carriage return
    assert titles[1:] == [defuse(text) for text in frame["title"]]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert [cell.value for cell in sheet["B"]][1:] == [*range(8), None]
    assert sheet["C2"].value == dt.datetime(2026, 11, 15)
    assert sheet["D2"].value.date() == dt.date(2026, 11, 15)


def test_what_advertising_costs_is_no_secret_and_what_goods_cost_is():
    import pandas as pd

    from ecops import door

    rows = pd.DataFrame({"date": ["2026-05-01"], "cost": [12.5]})
    assert list(door.visible(rows, "manager", "ad_spend_daily")) == ["date", "cost"]
    assert list(door.visible(rows, "manager", "inventory_snapshots")) == ["date"]
    assert list(door.visible(rows, "manager")) == ["date"], "of a table nobody names the name alone decides"
    assert b"12.5" in door.to_csv(rows, "manager", source="ad_spend_daily")
    assert b"12.5" not in door.to_csv(rows, "manager", source="order_lines")


def test_a_figure_made_of_a_secret_is_one():
    from ecops import door

    assert not door.may_see(["order_lines.paid_amount", "order_lines.cost"], "manager")
    assert door.may_see(["order_lines.paid_amount", "order_lines.cost"], "finance")
    assert door.may_see(["ad_spend_daily.cost", "ad_spend_daily.paid_amount"], "manager")


def test_the_reader_is_a_manager_unless_the_owner_of_the_server_says_otherwise(monkeypatch):
    for told, role in (("", "manager"), ("finance", "finance"), ("owner", "owner"), ("boss", "manager")):
        monkeypatch.setenv("ECOPS_ROLE", told)
        assert reader() == role
    monkeypatch.delenv("ECOPS_ROLE")
    assert reader() == "manager"


def test_a_figure_is_as_secret_as_what_it_is_made_of():
    hidden = {key for key, entry in metrics().items() if not may_see(entry.needs)}
    assert {"gross_margin", "net_margin"} <= hidden
    assert not {"ad_cost", "roi", "cac", "gmv", "discount_rate"} & hidden
    assert all(may_see(entry.needs, "finance") for entry in metrics().values())
