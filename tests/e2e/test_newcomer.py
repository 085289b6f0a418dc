"""A newcomer's first minutes in a real browser: her own two files, then the first verdict."""

import datetime as dt
import random
import re
import time
from pathlib import Path

import pytest

from tests.pages import exports

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
CORPUS = Path(__file__).resolve().parents[1] / "sources" / "corpus"
LONGEST = 60
"""Seconds from the empty page to the first verdict."""
MOST_QUESTIONS = 2


def daily_report(days: int = 70) -> bytes:
    """The 生意参谋 report of the corpus, with its lines above and its header, for the days of the orders."""
    lines = (CORPUS / "sycm_shop_with_lines_above.csv").read_bytes().decode("gb18030").splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("统计日期"))
    header = lines[place].split(",")
    dice = random.Random(5)
    for back in range(days, -1, -1):
        visitors, buyers = dice.randint(180, 220), dice.randint(4, 9)
        told = {
            "统计日期": exports.LAST_DAY - dt.timedelta(days=back),
            "访客数": visitors,
            "浏览量": visitors * 3,
            "加购人数": visitors // 10,
            "下单买家数": buyers + 1,
            "支付金额": f"{buyers * 130}.00",
            "支付买家数": buyers,
            "支付转化率": f"{buyers / visitors:.2%}",
            "客单价": "130.00",
        }
        lines[place + 1 + days - back :] = [",".join(str(told.get(name, "")) for name in header)]
    return "\r\n".join(lines).encode("gb18030")


def questions(visitor) -> int:
    """What the page wants to be answered before the newest file can be loaded: choices, boxes to tick, warnings."""
    newest = visitor.page.locator("[class*=st-key-intake_]").last
    return sum(newest.get_by_test_id(kind).count() for kind in ("stRadio", "stCheckbox", "stAlertContentWarning"))


def test_own_files_give_a_first_verdict_within_a_minute(visit, fresh_server):
    visitor = visit(at=fresh_server)
    visitor.open("/data?ws=mine")
    began = time.monotonic()
    asked = 0
    for name, data in (("ExportOrderList.csv", exports.taobao_orders()), ("生意参谋.csv", daily_report())):
        visitor.page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": data}
        )
        button = visitor.page.get_by_role("button", name=re.compile(r"^载入 [\d,. 万]+ 行$"))
        button.wait_for(timeout=LONGEST * 1000)
        visitor.settle()
        asked += questions(visitor)
        button.click()
        visitor.page.get_by_text(f"{name}：已载入").wait_for(timeout=LONGEST * 1000)
        visitor.settle()
    visitor.page.locator("[data-testid=stSidebarNav]").get_by_text("经营概览", exact=True).click()
    visitor.page.get_by_role("heading", name="生意怎么样，变化在哪里？").wait_for()
    sales, visitors = visitor.figures()[:2]
    verdict = visitor.page.locator("[data-testid=stMain] h2").first.inner_text()
    took = time.monotonic() - began
    assert f"GMV 为 {sales}" in verdict
    assert visitors == "5,534"  # of the daily report: the orders alone know no visitors
    assert took < LONGEST
    assert asked <= MOST_QUESTIONS
    assert visitor.errors == []
