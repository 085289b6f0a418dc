"""The presale page in a browser: from the decision over what if and a kept set-up to the order."""

import shutil

import pandas as pd

import ecops
from ecops.presale.campaigns.setup import setups
from tests.presale.conftest import deposits, history

LONG = 120_000


def test_from_the_decision_over_a_kept_set_up_to_the_order(visit, prepared):
    home = prepared.home / "shops" / "presale"
    shop = ecops.Workspace.open(home)
    rows = pd.concat([deposits(units=(30, 10, 10, 10, 10, 10)), *history()])
    shop.load(rows.to_csv(index=False).encode(), "generic_presale", name="deposits.csv")
    visitor = visit(width=390)
    page = visitor.page
    visitor.open("/presale?ws=presale&lang=zh&pservice=0.5")
    page.locator(".st-key-figure_cards").wait_for(timeout=LONG)
    visitor.settle(LONG)
    # The decision stands first; the certainty that the address supposes decides below it.
    assert "已收 80 件定金" in page.locator("[data-testid=stMain] h2, [data-testid=stMain] h3").first.inner_text()
    assert "有 50% 的把握" in visitor.text()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    page.locator(".st-key-presale_setup_box summary").click()
    late = page.get_by_label("尾款发货把握（%）")
    late.wait_for(timeout=LONG)
    late.fill("99")
    page.get_by_role("button", name="保存设置").click()
    page.get_by_text("按这场活动的设置").wait_for(timeout=LONG)
    visitor.settle(LONG)
    with page.expect_download(timeout=LONG) as download:
        page.locator(".st-key-csv_presale_orders button").click()
    assert "D11" in download.value.path().read_text("utf-8-sig")
    (kept,) = setups(shop).values()
    assert (kept.campaign, kept.service, kept.opens) == ("D11", 0.99, None)
    assert visitor.errors == []
    assert visitor.foreign() == []
    shutil.rmtree(home)
