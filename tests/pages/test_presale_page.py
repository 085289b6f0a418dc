"""The page of presales: it names what is planted in the sample shop, answers sliders, teaches when there is nothing."""

import pandas as pd
import pytest

import ecops
from ecops.presale.campaigns.setup import Product, SetUp, keep
from tests.pages.test_pages import said
from tests.presale.conftest import deposits, history


@pytest.mark.row(134, 136, 158, 160)
def test_it_names_what_is_planted_and_answers_sliders(open_app):
    app = open_app("presale", "sample", "zh")
    assert not app.exception
    text = " ".join(said(app))
    assert "95白鹅绒冬被" in app.header[0].value
    assert "164" in app.header[0].value
    assert "手册规则" in text
    assert "峰值日" in text
    assert "nan" not in text.casefold().split()
    before = {metric.label: metric.value for metric in app.metric}
    app.select_slider(key="pservice").set_value("0.5").run()
    assert not app.exception
    after = {metric.label: metric.value for metric in app.metric}
    assert int(after["现在下单"]) < int(before["现在下单"])
    assert after["已收定金"] == before["已收定金"] == "164"
    assert app.query_params["pservice"] in ("0.5", ["0.5"])


def test_it_speaks_english(open_app):
    app = open_app("presale", "sample", "en")
    assert not app.exception
    text = " ".join(said(app))
    assert "The rule 1.2" in text
    assert "arrive on 3 Dec" in app.header[0].value
    assert "keep room for" in text


def test_an_empty_shop_is_told_what_is_missing(open_app):
    app = open_app("presale", "mine", "en")
    assert not app.exception
    assert "no presale deposits yet" in " ".join(said(app))


def test_a_price_that_no_table_has_is_set_up_on_the_page(open_app, home):
    shop = ecops.Workspace.open(home / "priceless")
    rows = pd.concat([deposits(units=(30, 10, 10)), *history()]).drop(columns="presale_price")
    shop.load(rows.to_csv(index=False).encode(), "generic_presale", name="deposits.csv")
    app = open_app("presale", "priceless", "en")
    assert "has no price" in " ".join(said(app))
    assert "Set up the campaign" in [box.label for box in app.expander]
    keep(shop, SetUp("D11", products=(Product("A", price=99.0),)))
    assert "of the futures" in " ".join(said(open_app("presale", "priceless", "en")))
