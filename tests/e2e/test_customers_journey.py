"""The customer page in a browser: both languages, light and dark, on a desk and on a telephone."""

import pytest


@pytest.mark.parametrize(
    ("language", "width", "dark", "last"),
    [("zh", 1440, False, "效果怎么样？"), ("en", 390, True, "What did it bring?")],
)
def test_from_the_verdict_to_the_list(visit, language, width, dark, last):
    visitor = visit(width=width, dark=dark)
    visitor.open(f"/customers?ws=sample&lang={language}")
    visitor.page.get_by_text(last, exact=True).wait_for(timeout=180_000)
    visitor.settle(180_000)
    text = visitor.text()
    assert ("核心客户" if language == "zh" else "Champions") in text
    assert ("位客户再下 1 单就能升级" if language == "zh" else "one order below the next tier") in text
    assert visitor.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
    with visitor.page.expect_download() as download:
        visitor.page.locator(".st-key-csv_audience button").click()
    listed = download.value.path().read_text("utf-8-sig").splitlines()
    assert listed[0] == "customer,segment,action,group"
    assert len(listed) > 100
    assert visitor.errors == []
    assert visitor.foreign() == []
