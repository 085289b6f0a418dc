"""A manager brings a test of her own: upload, verdict, decision, report; in a real browser."""

import re

import pytest

import ecops
from tests.e2e.test_journeys import load
from tests.experiments.shops import shop

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def sideways(visitor) -> int:
    return visitor.page.evaluate(
        "(() => {const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth})()"
    )


def test_from_a_file_to_a_decision(visit, prepared):
    # What is asked where nothing says the currency is proven in tests/pages/test_upload_questions.py.
    ecops.Workspace.open(prepared.home / "shops" / "trial").set_setting("currency", "CNY")
    visitor = visit()
    visitor.open("/ab_test?ws=trial&part=check")
    assert "还没有可以判断的实验" in visitor.text()
    users = shop(8_000, lift=0.5, seed=2).assign(experiment="hero")
    load(visitor, "hero.csv", users.to_csv(index=False).encode())
    visitor.open("/ab_test?ws=trial")
    assert "没有登记计划人数" in visitor.text()
    visitor.page.get_by_role("button", name="实验已结束：按全部进组的人判断").click()
    visitor.page.get_by_role("heading", name=re.compile("^上线实验组（B）")).wait_for()
    visitor.settle()
    assert visitor.page.locator(".js-plotly-plot").count() == 2
    visitor.page.get_by_role("button", name="登记决定").click()
    visitor.page.get_by_label("理由").fill("提升明确")
    visitor.page.get_by_role("button", name="保存").click()
    visitor.page.get_by_text("已决定：全量上线。提升明确").wait_for()
    visitor.settle()
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="下载报告").click()
    report = waiting.value.path().read_text("utf-8")
    assert "上线实验组（B）" in report
    assert "http://" not in re.sub(r"http://www\.w3\.org/[\w/]*", "", report.split("</head>")[-1].split("<script")[0])
    visitor.open("/ab_test?ws=trial&part=register")
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name="下载 CSV").click()
    register = waiting.value.path().read_text("utf-8-sig")
    assert "hero" in register
    assert "全量上线" in register
    assert visitor.foreign() == []
    assert visitor.errors == []


def test_a_link_to_a_part_opens_it_on_a_telephone(visit):
    for part, seen in (("plan", "found 80% of the time"), ("check", "Any of these three files will do")):
        visitor = visit(width=390, height=844, dark=True)
        visitor.open(f"/ab_test?ws=mine&lang=en&part={part}")
        assert seen in visitor.text()
        assert sideways(visitor) <= 0
