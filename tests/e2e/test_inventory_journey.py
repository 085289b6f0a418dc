"""The stock page in a browser: from the verdict over a planned promotion to the purchase list."""

import pytest


@pytest.mark.parametrize(
    ("language", "width", "dark", "out", "planned"),
    [("zh", 1440, False, "断货", "按平时的 3"), ("en", 390, True, "out of stock", "3 times the usual sales")],
)
def test_from_the_verdict_to_the_purchase_list(visit, language, width, dark, out, planned):
    visitor = visit(width=width, dark=dark)
    visitor.open(f"/inventory?ws=sample&lang={language}")
    visitor.page.get_by_text("NW-B01").or_(visitor.page.get_by_text("500ml")).first.wait_for(timeout=180_000)
    visitor.settle(180_000)
    assert out in visitor.text()
    assert visitor.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
    if not dark:
        visitor.page.locator(".st-key-iplan_box summary").click()
        factor = visitor.page.locator(".st-key-iplan_factor input")
        factor.fill("3")
        factor.press("Tab")
        visitor.page.locator(".st-key-iplan_box button[kind=secondaryFormSubmit]").first.click()
        visitor.page.get_by_text(planned).first.wait_for(timeout=60_000)
        visitor.settle(60_000)
    with visitor.page.expect_download() as download:
        visitor.page.locator(".st-key-csv_stock_purchase button").click()
    listed = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(listed) > 1
    assert visitor.errors == []
    assert visitor.foreign() == []
