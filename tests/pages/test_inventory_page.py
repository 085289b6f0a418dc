"""The page of stock: it names what is planted in the sample shop, answers sliders, teaches when there is nothing."""

import re

import pytest

from tests.pages.test_pages import said

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def spoken():
    return {}


def headlines(app):
    return [element.value for element in app.markdown if element.value.startswith("**")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_names_what_is_planted(open_app, language):
    app = open_app("inventory", "sample", language)
    app.session_state["stock_rest"] = True
    text = " ".join(said(app.run()))
    assert app.header[0].value
    findings = [line for line in headlines(app) if "¥" in line or "%" in line]
    out = [line for line in findings if "保温杯500ml" in line and ("断货" in line or "out of stock" in line)]
    dead = [line for line in findings if "死库存" in line or "dead stock" in line]
    late = [line for line in findings if "浙江安杯制品厂" in line]
    assert len(out) == 1
    assert len(dead) == 1
    assert "铸铁珐琅炖锅24cm" in dead[0]
    assert len(late) == 1
    assert "真皮首饰收纳盒" in text
    assert "nan" not in text.casefold().split()


def test_sliders_answer(open_app):
    app = open_app("inventory", "sample", "en")
    before = [metric.value for metric in app.metric]
    app.select_slider(key="itarget").set_value("0.99").run()
    assert not app.exception
    app.slider(key="ilonger").set_value(7).run()
    assert not app.exception
    app.slider(key="ibudget").set_value(50).run()
    assert not app.exception
    assert "no choice could bring more than" in " ".join(said(app))
    app.select_slider(key="itarget").set_value("0.8").run()
    assert [metric.value for metric in app.metric][1] != before[1]


def test_the_order_comes_first_and_the_rule_is_told_in_money(open_app):
    app = open_app("inventory", "sample", "en")
    headings = [element.value for element in app.subheader]
    assert headings[0] == "Today's purchase"
    text = " ".join(said(app))
    assert re.search(r"In money: the 7/30-day rule would have cost ¥\S+ more in four weeks", text)
    folded = [element.label for element in app.expander]
    # Every supplier of the sample shop stands alone for what it delivers.
    assert any("products have fewer than 2 suppliers" in label for label in folded)
    app.toggle(key="itrees").set_value(True).run()
    assert not app.exception
    assert "LightGBM" in " ".join(element.value for element in app.caption)


def test_a_shop_without_stock_still_knows_its_demand(open_app):
    app = open_app("inventory", "loaded", "en")
    assert not app.exception
    assert "stock report" in " ".join(said(app)) or "too few" in " ".join(said(app))


def test_an_empty_shop_is_told_what_is_missing(open_app):
    app = open_app("inventory", "mine", "en")
    assert "no demand is known" in " ".join(said(app))
