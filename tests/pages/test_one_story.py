"""Overview, funnel and weekly review tell one cause with the same figures."""

import re

import pytest

from tests.pages.test_pages import said

CAUSES = (
    "淘宝「访客→加购」转化率按现在的流量结构本应 9.8%，实际 7.6%，每周少收约 ¥6,001（¥4,822 至 ¥7,190），已确认。",
    "抖音 · 移动端「下单→支付」转化率由 78% 降到 57%，每周少收约 ¥2,679（¥1,869 至 ¥3,515），已确认。",
)


@pytest.mark.parametrize("page", ["overview", "funnel"])
def test_the_causes_of_four_weeks_read_alike(open_app, page):
    texts = " ".join(said(open_app(page, "sample", "zh", span="d28"))).replace("**", "")
    assert [cause for cause in CAUSES if cause not in texts] == []


def test_the_overview_says_that_the_total_alone_would_be_no_news(open_app):
    app = open_app("overview", "sample", "zh", span="d28")
    sentence = app.header[0].value
    assert sentence.startswith("GMV 下降 8.7%，为 ¥16.2 万，总量仍在正常波动内，但有确认的变化：淘宝「访客→加购」")
    confirmed = [text for text in said(app) if re.search(r"badge\[已确认\]", text)]
    assert len(confirmed) == 2
