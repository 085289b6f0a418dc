"""The whole loop of the weekly review in a browser: upload, finding, action, next week's upload, outcome, deck."""

import datetime as dt
import io
import re

import numpy as np
import pytest
from pptx import Presentation

from tests.e2e.conftest import Visitor
from tests.e2e.test_journeys import upload

browsing = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FIRST = dt.date(2026, 10, 5)
FAILED = dt.date(2026, 11, 9)
"""The Monday on which payments in the live stream began to fail."""

REPAIRED = dt.date(2026, 11, 16)
LAST = dt.date(2026, 11, 22)
HEADER = "日期,平台,店铺,渠道,终端,访客数,加购人数,下单人数,支付人数,支付金额"
FAILING, HEALTHY = 0.3, 0.8
CHANNELS = ("直播间", "短视频", "商品卡", "搜索", "达人")


def export(start: dt.date, end: dt.date) -> bytes:
    """Daily funnel counts of five channels; the same day is the same in every export."""
    lines = [HEADER]
    for number in range((end - start).days + 1):
        day = start + dt.timedelta(days=number)
        generator = np.random.default_rng(day.toordinal())
        for channel in CHANNELS:
            visitors = generator.poisson(900 + 60 * day.weekday())
            carts = generator.binomial(visitors, 0.1)
            orders = generator.binomial(carts, 0.5)
            failing = channel == "直播间" and FAILED <= day < REPAIRED
            paid = generator.binomial(orders, FAILING if failing else HEALTHY)
            lines.append(f"{day},抖音,小店,{channel},移动端,{visitors},{carts},{orders},{paid},{paid * 100}.00")
    return "\n".join([*lines, ""]).encode()


@pytest.fixture
def visitor(browser, fresh_server):
    guest = Visitor(browser, fresh_server)
    yield guest
    guest.close()


def test_from_an_upload_to_a_verified_outcome_in_the_deck(visitor):
    page = visitor.page
    visitor.open("/data?ws=mine")
    upload(visitor, "漏斗_到11月15日.csv", export(FIRST, REPAIRED - dt.timedelta(days=1)))
    # Nothing in the file says what its money is; asked once.
    page.get_by_role("combobox", name="店铺的币种").fill("CNY")
    page.get_by_role("option", name=re.compile("^CNY")).click()
    visitor.settle()
    confirm(visitor)
    visitor.open("/weekly_review?ws=mine")
    assert "直播间" in page.locator("[data-testid=stMain] h2").first.inner_text()
    decide(visitor)
    began(visitor)
    visitor.open("/data?ws=mine")
    upload(visitor, "漏斗_11月16日起.csv", export(REPAIRED, LAST))
    confirm(visitor)
    visitor.open("/weekly_review?ws=mine")
    told = page.get_by_text(re.compile("^已恢复，原因未证实：")).first.inner_text()
    value, low, high = (amount(text) for text in re.findall(r"¥[\d.,]+(?: 万)?", told))
    # The planted repair: half of the orders that the live stream took in that week, 100 each.
    ordered = sum(int(line.split(",")[7]) for line in export(REPAIRED, LAST).decode().split() if "直播间" in line)
    assert 0 < low < (HEALTHY - FAILING) * ordered * 100 < high
    assert low < value < high
    for form in ("PowerPoint", "HTML"):
        said = text_of(visitor, form)
        assert told in said
        assert "先换支付通道" in said
    present(visitor, told)
    assert visitor.foreign() == []
    assert visitor.errors == []


def present(visitor, told: str) -> None:
    """The meeting at the projector, turned with the keyboard alone."""
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 720})
    visitor.open("/weekly_review?ws=mine&meet=1")
    parts = ["一、上周决定的结果", "二、本周数据", "三、变化与原因", "四、本周决定"]
    for part in parts:
        page.keyboard.press("ArrowRight")
        page.get_by_role("heading", name=part).wait_for()
        visitor.settle()
        assert page.locator("[data-testid=stMain] h3").count() == 1
        assert page.locator("[data-testid=stSidebar]").is_hidden()
        if part == parts[0]:
            browsing.expect(page.get_by_text(told)).to_be_in_viewport()
    # Arrows inside a field move its cursor and nothing else.
    page.get_by_text("记下别的决定").click()
    field = page.get_by_label("做什么").first
    field.fill("abc")
    field.press("ArrowLeft")
    visitor.settle()
    assert "part=decisions" in page.url


def amount(text: str) -> float:
    number = float(text.strip("¥ 万").replace(",", ""))
    return number * 10_000 if text.endswith("万") else number


def confirm(visitor) -> None:
    """Load what was checked."""
    visitor.page.get_by_role("button", name=re.compile(r"^载入 [\d,. 万]+ 行$")).click()
    visitor.page.wait_for_selector("text=撤销这次载入", timeout=60_000)
    visitor.settle()


def decide(visitor) -> None:
    """One click on the finding, a name, and it is written down."""
    page = visitor.page
    page.get_by_role("button", name="转成行动").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("做什么").fill("先换支付通道")
    dialog.get_by_label("责任人").fill("小王")
    dialog.get_by_role("button", name="记下来").click()
    dialog.wait_for(state="detached")
    visitor.settle()


def began(visitor) -> None:
    """Say since when it has been in force."""
    page = visitor.page
    page.get_by_role("button", name="已生效").first.click()
    page.get_by_role("group", name="生效日期").get_by_role("spinbutton").first.click()
    page.keyboard.type(f"{REPAIRED:%Y%m%d}")
    page.keyboard.press("Enter")
    visitor.settle()
    page.get_by_role("button", name="保存").first.click()
    visitor.settle()


def text_of(visitor, form: str) -> str:
    """Everything that a downloaded report says."""
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name=form, exact=True).click()
    content = waiting.value.path().read_bytes()
    if form == "HTML":
        return re.sub(r"<[^>]+>", "", re.sub("<script.*?</script>", "", content.decode(), flags=re.DOTALL))
    slides = Presentation(io.BytesIO(content)).slides
    cells = (
        cell.text
        for slide in slides
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
        for cell in row.cells
    )
    return "\n".join(cells)
