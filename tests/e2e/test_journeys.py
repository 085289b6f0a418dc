"""What a manager does, in a real browser: look around, load her own export, send a link, take a table home."""

import io
import re

import openpyxl
import pytest

from tests.pages import exports
from ui import navigation

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
HAN = re.compile(r"[\u4e00-\u9fff]")
HOSTILE = (
    '<img src=x onerror="window.__pwn=1">枕头',
    "![x](http://outside.example/pixel.png)",
    '[click](javascript:window.__pwn=1)<a href="http://outside.example/">套</a>',
    '=HYPERLINK("http://outside.example","x")',
)


def upload(visitor, name: str, data: bytes) -> None:
    visitor.page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )
    visitor.page.wait_for_selector(f"text={name}")
    visitor.settle()


def load(visitor, name: str, data: bytes, report: str = "") -> None:
    upload(visitor, name, data)
    visitor.page.get_by_text(f"识别为：{report}").first.wait_for(timeout=60_000)
    visitor.page.get_by_role("button", name=re.compile(r"^载入 [\d,. 万]+ 行$")).click()
    visitor.page.wait_for_selector("text=撤销这次载入", timeout=60_000)
    visitor.settle()


@pytest.mark.row(277)
def test_a_look_at_the_sample_shop(visit):
    visitor = visit()
    visitor.open("/")
    assert visitor.page.locator("h1").inner_text() == "生意怎么样，变化在哪里？"
    assert len(visitor.figures()) == 5
    assert visitor.page.locator(".js-plotly-plot").count() >= 4
    visitor.page.get_by_text("抖音", exact=False).first.wait_for()
    for link, heading in (("数据", "现在有哪些数据？"), ("指标词典", "每个数字是什么意思？")):
        visitor.page.locator("[data-testid=stSidebarNav]").get_by_text(link, exact=True).click()
        visitor.page.get_by_role("heading", name=heading).wait_for()
        visitor.settle()
    visitor.page.get_by_text("English", exact=True).click()
    visitor.page.get_by_role("heading", name="What does each figure mean?").wait_for()
    assert "lang=en" in visitor.page.url
    assert visitor.foreign() == []
    assert visitor.errors == []


def test_a_gbk_order_export_becomes_an_overview(visit):
    visitor = visit()
    visitor.open("/data?ws=mine")
    drop_zone = "Array.from(document.querySelectorAll('[data-testid=stFileUploaderDropzone] :is(button p, span)'))"
    shown = visitor.page.evaluate(f"{drop_zone}.map(e => getComputedStyle(e, '::after').content).join()")
    assert "选择文件" in shown
    assert "200 MB" in shown
    load(visitor, "ExportOrderList.csv", exports.taobao_orders(), "淘宝/天猫 订单报表，把握 99%")
    load(visitor, "ExportItemList.csv", exports.taobao_items(), "淘宝/天猫 宝贝报表，把握 99%")
    visitor.page.locator("[data-testid=stSidebarNav]").get_by_text("经营概览", exact=True).click()
    visitor.page.get_by_role("heading", name="生意怎么样，变化在哪里？").wait_for()
    visitor.page.wait_for_selector("[data-testid=stMetric]")
    visitor.settle()
    assert "ws=mine" in visitor.page.url
    sales = visitor.page.locator("[data-testid=stMetricValue]").first.inner_text()
    paid = sum(amount for _n, _b, amount, _s, _o, day, _t in exports._rows() if day and inside(day.date()))
    assert sales == f"¥{paid / 1e4:.2f}".rstrip("0").rstrip(".") + " 万"
    for _ in range(2):
        undo_newest(visitor)
    assert "还没有任何数据" in visitor.text()
    assert visitor.foreign() == []


def undo_newest(visitor) -> None:
    """Take back the newest load that stands, on a fresh data page."""
    visitor.open("/data?ws=mine")
    visitor.page.get_by_text("查看某次载入的回执").click()
    visitor.page.get_by_role("button", name="撤销这次载入").click()
    visitor.page.wait_for_timeout(500)
    visitor.settle()


def inside(day) -> bool:
    return 0 <= (exports.LAST_DAY - day).days < 28


def test_an_unknown_status_waits_for_an_answer(visit):
    visitor = visit()
    visitor.open("/data?ws=mine")
    upload(visitor, "strange.csv", exports.taobao_orders(status="神秘状态", seed=3, days=10))
    visitor.page.get_by_text("请逐一说明含义", exact=False).wait_for()
    assert visitor.page.get_by_role("button", name="按以上说明重新校验").is_disabled()
    visitor.page.get_by_label("神秘状态", exact=False).click()
    visitor.page.get_by_role("option", name="交易完成").click()
    visitor.settle()
    visitor.page.get_by_role("button", name="按以上说明重新校验").click()
    visitor.page.get_by_role("button", name=re.compile(r"^载入 [\d,. 万]+ 行$")).wait_for(timeout=60_000)


def test_a_link_opens_its_page_right_after_the_start(visit, fresh_server):
    visitor = visit(at=fresh_server)
    for page in reversed(list(navigation.pages())):  # the first that a server ever draws is not the one it opens with
        visitor.open(f"/{page}?ws=mine&lang=en")
        visitor.page.wait_for_selector("[data-testid=stSidebarNav] >> text=Glossary")
        assert not HAN.search(visitor.page.locator("h1").first.inner_text()), page
        assert visitor.page.get_by_role("dialog").count() == 0, page


def test_a_link_carries_the_scope_to_a_colleague(visit, prepared):
    first = visit()
    first.open("/overview?span=d14&platform=douyin&vs=last_year&lang=en")
    shown = first.figures()
    assert len(shown) == 5
    first.page.locator("[data-testid=stSidebarNav]").get_by_text("Data", exact=True).click()
    first.settle()
    first.page.locator("[data-testid=stSidebarNav]").get_by_text("Overview", exact=True).click()
    first.page.wait_for_selector("[data-testid=stMetric]")
    first.settle()
    assert all(part in first.page.url for part in ("span=d14", "platform=douyin", "vs=last_year"))
    second = visit()
    second.open(first.page.url.removeprefix(prepared.url))
    assert second.figures() == shown


@pytest.mark.row(281, 284)
def test_a_table_is_taken_home_through_the_door(visit):
    visitor = visit()
    visitor.open("/overview")
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="下载 Excel").first.click()
    book = openpyxl.load_workbook(io.BytesIO(waiting.value.path().read_bytes()))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert {row[0] for row in rows[1:]} == {"淘宝", "抖音", "京东", "Shopify"}
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="下载 CSV").first.click()
    assert waiting.value.path().read_bytes().startswith(b"\xef\xbb\xbf")


def test_hostile_titles_stay_text(visit):
    visitor = visit()
    visitor.open("/data?ws=mine")
    load(visitor, "ExportItemList.csv", exports.taobao_items(titles=HOSTILE, seed=11))
    visitor.open("/overview?ws=mine&by=title")
    visitor.page.mouse.wheel(0, 2_000)
    visitor.page.wait_for_timeout(1_000)
    for chart in visitor.page.locator(".js-plotly-plot").all():
        chart.hover()
    visitor.open("/data?ws=mine")
    visitor.page.get_by_text("查看表内数据").click()
    visitor.settle()
    assert visitor.page.evaluate("window.__pwn") is None
    assert visitor.foreign() == []
    assert visitor.page.locator("a[href*='outside.example'], img[src*='outside.example']").count() == 0
    undo_newest(visitor)


def test_security_headers(prepared):
    import urllib.request

    with urllib.request.urlopen(prepared.url) as answer:
        headers = answer.headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
