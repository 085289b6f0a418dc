"""A table somebody copied: ten rows of sources, of days, of products or of steps, in whatever dress."""

import io

import pandas as pd
import pytest

from ecops.errors import EcopsError
from ecops.funnel.reading.sheet import read_sheet, segment_columns, sheet_funnel, sheet_products

TEXT = """流量来源	访客数	加购人数	下单买家数	支付买家数	支付金额
手淘搜索	5,886	318	63	58	5,812.00
我的淘宝	0.47万	839	263	228	24,079
合计	10,586	1,157	326	286	29,891"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_rows_copied_from_a_dashboard(encoding):
    found = sheet_funnel(read_sheet(TEXT.encode(encoding), "table.csv"))
    assert found.after.by == ("channel",)
    assert found.after.count("visit") == 5886 + 4700
    assert found.after.count("pay", channel="手淘搜索") == 58
    assert [issue.kind for issue in found.issues] == ["total_rows"]
    assert found.diagnosis is None
    assert found.findings == ()


def test_commas_and_a_workbook_say_the_same():
    frame = pd.read_csv(io.StringIO(TEXT), sep="\t", dtype=str)
    book = io.BytesIO()
    frame.to_excel(book, index=False)
    texts = [TEXT.encode(), frame.to_csv(index=False).encode(), book.getvalue()]
    tables = [sheet_funnel(read_sheet(t, n)).after for t, n in zip(texts, ("a.txt", "a.csv", "a.xlsx"), strict=True)]
    assert all((one.counts == tables[0].counts).all() for one in tables)


def test_the_days_before_make_causes():
    before = TEXT.replace("318", "610")
    found = sheet_funnel(read_sheet(TEXT.encode(), "t"), read_sheet(before.encode(), "t"))
    (finding,) = [finding for finding in found.findings if finding.after < finding.before]
    assert finding.subject == {"channel": "手淘搜索", "step": "cart"}
    assert finding.confidence == "watch"
    assert "没有日期" in finding.notes[-1].text("zh")


def test_days_are_compared_with_the_days_before_them():
    rows = ["日期,访客数,加购人数,支付买家数"]
    rows += [f"2026-11-{n:02},1000,{200 if n <= 7 else 120},30" for n in range(1, 15)]
    found = sheet_funnel(read_sheet("\n".join(rows).encode(), "days.csv"))
    assert (found.after.period.days, found.before.period.days) == (7, 7)
    assert found.after.count("cart") == 840
    assert [f.subject["step"] for f in found.findings if f.after < f.before] == ["cart"]


def test_a_row_a_step():
    found = sheet_funnel(read_sheet("步骤,本周,上周\n曝光,10000,9800\n点击,820,1100\n支付,30,44".encode(), "s.csv"))
    assert found.after.names == ("曝光", "点击", "支付")
    assert found.after.distinct.tolist() == [10000, 820, 30]
    assert found.before.distinct.tolist() == [9800, 1100, 44]
    assert found.findings[0].subject["step"] == "点击"


def test_products_of_a_copied_table():
    rows = ["商品名称,商品访客数,商品加购人数,支付买家数,支付金额"]
    rows += [f"p{n},1000,80,20,2000" for n in range(12)] + ["odd,1000,220,6,600", "合计,13000,1180,246,24600"]
    frame = read_sheet("\n".join(rows).encode(), "p.csv")
    assert segment_columns(frame) == ["title"]
    products = sheet_products(frame)
    assert products[products["tier"] == "confirmed"]["product"].tolist() == ["odd"]
    assert sheet_products(read_sheet(TEXT.encode(), "t")).empty


@pytest.mark.parametrize(
    "text",
    [
        "",
        "访客数",
        "a,b\n1,2",
        "流量来源,访客数,支付买家数\nx,abc,3\ny,4,2",
        "流量来源,访客数,支付买家数\nx,-5,3\ny,4,2",
        "\x00\x01\x02",
    ],
)
def test_what_is_no_funnel_is_refused_in_words(text):
    with pytest.raises(EcopsError) as caught:
        sheet_funnel(read_sheet(text.encode(), "t.csv"))
    assert caught.value.text("zh")
