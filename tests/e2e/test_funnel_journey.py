"""A manager looks for lost orders, tries what mending would bring, and pastes ten rows of her own."""

import io

import openpyxl
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_from_the_verdict_to_the_rows_and_what_it_would_bring(visit):
    visitor = visit()
    visitor.open("/funnel?span=d14")
    page = visitor.page
    page.get_by_role("heading", name="订单在哪一步流失？").wait_for()
    page.get_by_role("heading", name="抖音 · 移动端「下单→支付」转化率由 78% 降到 36%", exact=False).first.wait_for()
    page.locator(".js-plotly-plot").nth(3).wait_for()
    page.get_by_role("button", name="恢复到对比期水平", exact=False).click()
    page.get_by_text("这段时间可多收", exact=False).wait_for()
    visitor.settle()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="下载 Excel").first.click()
    rows = list(openpyxl.load_workbook(io.BytesIO(waiting.value.path().read_bytes())).worksheets[0].iter_rows())
    assert {row[0].value for row in rows[1:]} == {"抖音", "淘宝", "京东", "Shopify"}
    assert visitor.foreign() == []
    assert visitor.errors == []


def test_a_pasted_table_in_the_dark_on_a_telephone(visit):
    visitor = visit(width=390, height=844, dark=True)
    visitor.open("/funnel?fsrc=paste&lang=en")
    page = visitor.page
    rows = "流量来源\t访客数\t加购人数\t支付买家数\n搜索\t{}\n推荐\t4,000\t200\t60"
    for label, cells in (("The table", "5,000\t250\t75"), ("The same table of the days before", "5,000\t500\t150")):
        box = page.get_by_label(label, exact=label == "The table").first
        box.fill(rows.format(cells))
        box.press("Control+Enter")
        visitor.settle()
    page.get_by_role("heading", name="visit to add to cart fell from 10.0% to 5.0%", exact=False).first.wait_for()
    wide = page.evaluate(
        "(() => {const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth})()"
    )
    assert wide <= 0
    assert visitor.errors == []
