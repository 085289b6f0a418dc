"""In which currency is the money? The files say it, or the report does, or people do; nothing is guessed."""

import json
from dataclasses import replace

import pytest

from ecops.errors import DataError, MappingError, StoreError
from ecops.messages import Money
from ecops.metrics import kpis
from ecops.periods import parse_period
from ecops.sources import sources
from ecops.store import Answers, Wishes
from ecops.store.workspace import Workspace
from ecops.tables import table

BARE = b"Order ID,Created at,SKU,Quantity,Amount\n1,2026-05-04,S1,1,5\n2,2026-05-11,S1,2,10\n"
DOLLARS = b"Order ID,Created at,SKU,Quantity,Amount,Currency\n3,2026-05-04,S1,1,5,USD\n"
SYCM = (
    "流量来源,来源明细,访客数,浏览量,支付金额,下单买家数,支付买家数,日期\n手淘搜索,搜索,100,300,900,9,8,2026-05-04\n"
).encode("gb18030")


def load(workspace, file, name="a.csv", **wishes):
    with workspace.inspect(file, name) as inspection:
        return workspace.load_inspected(inspection, Wishes(**wishes))


@pytest.fixture
def shop(tmp_path):
    return Workspace.open(tmp_path / "shop")


def test_an_upload_asks_before_it_loads(shop):
    with shop.inspect(BARE, "a.csv") as inspection:
        checked, _ = shop.check(inspection)
        assert checked.currency_unknown
        with pytest.raises(MappingError, match="Nothing says in which currency") as refused:
            shop.load_inspected(inspection, Wishes(bare_money=False))
        assert refused.value.asks == "currency"
        assert shop.tables() == {}
        receipt = shop.load_inspected(inspection, Wishes(currency="gbp", bare_money=False))
    assert shop.currency == receipt.sheets[0].currency == "GBP"
    assert not receipt.currency_unknown
    assert shop.query("select distinct currency from order_lines")["currency"].to_pylist() == ["GBP"]
    assert load(shop, BARE, bare_money=False).already_loaded


def test_once_said_it_holds_for_all_files(shop):
    shop.set_setting("currency", "eur")
    assert not load(shop, BARE, bare_money=False).currency_unknown
    assert shop.currency == "EUR"
    with pytest.raises(DataError, match="The file is in USD, not in EUR"):
        load(shop, DOLLARS)
    with pytest.raises(DataError, match="The file is in GBP, the workspace in EUR"):
        load(shop, BARE + b"9,2026-05-12,S1,2,10\n", currency="GBP")


def test_without_a_currency_amounts_are_bare_numbers(shop):
    receipt = shop.load(BARE, name="a.csv")
    assert receipt.currency_unknown
    assert "bare numbers" in receipt.sheets[0].notes[-1].text("en")
    result = kpis(shop, parse_period("2026-05-11..2026-05-17"), "previous")
    assert result.currency == shop.currency == ""
    assert str(Money(result["gross_sales"].value, result.currency).amount) == "10.0"


def test_bare_amounts_never_become_money_in_silence(shop):
    bare = shop.load(BARE, name="a.csv")
    with pytest.raises(DataError, match=r"in USD, and nothing says in which a\.csv is") as refused:
        shop.load(DOLLARS, name="b.csv")
    assert "settings" in refused.value.hint.text("en")
    assert shop.currency == ""
    shop.undo(bare)
    shop.load(DOLLARS, name="b.csv")
    assert shop.currency == "USD"


def test_the_settings_may_say_it_later_but_not_change_it(shop):
    shop.load(BARE, name="a.csv")
    shop.set_setting("currency", "USD")
    shop.load(DOLLARS, name="b.csv")
    with pytest.raises(StoreError, match="cannot be changed"):
        shop.set_setting("currency", "GBP")


@pytest.mark.parametrize("said", ["XYZ", "pounds", "£"])
def test_only_currencies_are_currencies(shop, said):
    with pytest.raises(DataError, match="is not a currency"):
        load(shop, BARE, currency=said)
    with pytest.raises(DataError, match="is not a currency"):
        shop.set_setting("currency", said)


def test_a_report_of_a_chinese_platform_is_in_yuan(shop, tmp_path):
    assert load(shop, SYCM, bare_money=False).sheets[0].currency == "CNY"
    assert shop.currency == "CNY"
    abroad = Workspace.open(tmp_path / "abroad")
    abroad.load(DOLLARS, name="b.csv")
    with pytest.raises(DataError, match="The file is in CNY, not in USD"):
        load(abroad, SYCM)


def test_every_named_report_of_a_chinese_platform_says_so():
    chinese = {"taobao", "tmall", "douyin", "jd", "pdd"}
    silent = [
        name
        for name, entry in sources().items()
        if entry.platform in chinese
        and any(table(entry.table)[column].type == "money" for column in entry.columns)
        and entry.currency != "CNY"
    ]
    assert silent == []


def test_a_sheet_that_says_it_speaks_for_the_whole_file(shop, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for title, text in (("first", BARE), ("second", DOLLARS)):
        sheet = book.create_sheet(title)
        for line in text.decode().splitlines():
            sheet.append(line.split(","))
    del book["Sheet"]
    path = tmp_path / "book.xlsx"
    book.save(path)
    with shop.inspect(path) as inspection:
        receipt = shop.load_inspected(inspection, Wishes(bare_money=False))
    assert [sheet.currency for sheet in receipt.sheets] == ["USD", "USD"]


def test_answers_change_the_mapping(shop, tmp_path):
    file = b"No,Day,What,Sum,Sum,State\n1,03/04/2026,S1,5,7,odd\n2,05/06/2026,S1,6,8,paid\n"
    columns = {"order_id": "no", "ordered_at": "Day", "sku": "What", "paid_amount": "5", "quantity": ""}
    answers = Answers(columns | {"status": "State"}, {"platform": "jd"}, "North", {"odd": "paid"}, "dmy")
    receipt = load(shop, file, source="generic_orders", answers=answers, currency="USD")
    rows = shop.query("select * from order_lines order by order_id").to_pylist()
    assert [(row["paid_amount"], row["status"], f"{row['ordered_at']:%d %b}") for row in rows] == [
        (7, "paid", "03 Apr"),
        (8, "paid", "05 Jun"),
    ]
    assert {(row["platform"], row["shop"]) for row in rows} == {("jd", "North")}
    remembered = json.loads(json.dumps(receipt.to_dict()))["sheets"][0]["mapping"]
    assert remembered["options"] == {"date_order": "dmy"}
    with pytest.raises(MappingError, match="no column Summ"):
        load(shop, file, source="generic_orders", answers=Answers({"paid_amount": "Summ"}))
    answers_by_header = replace(answers, columns=columns | {"paid_amount": "Sum"})
    with pytest.raises(MappingError, match="Several columns"):
        load(Workspace.open(tmp_path / "other"), file, source="generic_orders", answers=answers_by_header)


def test_a_wrong_report_is_named(shop):
    with pytest.raises(MappingError, match="The file is no Taobao") as refused:
        load(shop, BARE, source="taobao_orders")
    assert "It looks like Order lines, any system." in refused.value.hint.text("en")
