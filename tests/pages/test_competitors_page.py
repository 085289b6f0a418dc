"""The page of rivals: it names what is planted in the sample shop, answers choices, teaches when there is nothing."""

import pytest

from tests.pages.test_pages import said

PARTS = ("peers", "prices", "shelf", "titles", "reviews", "moves", "market", "whatif", "plan")


@pytest.mark.row(18, 27, 166)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_names_what_is_planted(open_app, language):
    app = open_app("competitors", "sample", language)
    text = " ".join(said(app))
    assert app.header[0].value
    assert "1.8%" in app.header[0].value
    cut = [
        element.value
        for element in app.markdown
        if element.value.startswith("**") and "木与全棉四件套" in element.value
    ]
    assert len(cut) == 1
    assert "319" in cut[0]
    assert "259" in cut[0]
    assert "同行丁" in text
    assert "nan" not in text.casefold().split()
    assert len(app.metric) == 5


SAID = {
    "peers": ("3,290",),
    "prices": ("香薰蜡烛无花果", "¥79"),
    "titles": ("82%", "羽绒被"),
    "moves": ("木与棉家居", "首屏放面料特写与尺寸对照"),
    "plan": ("HHI",),
}
IN = {
    ("reviews", "zh"): "买家在夸什么",
    ("reviews", "en"): "What they praise",
    ("whatif", "zh"): "第二十四条",
    ("whatif", "en"): "article 24",
}


@pytest.mark.row(174, 175, 180, 181, 186, 309)
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_shows_what_it_is_for(open_app, part, language):
    app = open_app("competitors", "sample", language, cpart=part)
    text = " ".join(said(app))
    assert not app.exception
    assert all(word in text for word in SAID.get(part, ()))
    assert IN.get((part, language), "") in text
    assert "nan" not in text.casefold().split()


@pytest.mark.row(163)
def test_a_price_idea_is_planned_with_one_click(open_app, own_sample):  # noqa: ARG001 - it writes
    app = open_app("competitors", "sample", "en", cpart="prices")
    (button,) = [one for one in app.button if one.key == "plan_idea_price_0"]
    button.click().run()
    assert not app.exception
    assert "price_NW-A02" in " ".join(said(app))
    assert not [one for one in app.button if one.key == "plan_idea_price_0"]


def test_a_tier_can_be_chosen(open_app):
    app = open_app("competitors", "sample", "en", ctier="第四层级")
    assert "7 peers" in " ".join(said(app))
    assert not app.exception


def test_an_empty_shop_is_told_what_is_missing(open_app):
    app = open_app("competitors", "mine", "en")
    assert "Nothing about peers or rivals" in " ".join(said(app))


@pytest.mark.row(18)
@pytest.mark.parametrize(("page", "rate"), [("overview", "2.4%"), ("funnel", "2.4%")])
def test_figures_stand_beside_last_year_and_others(open_app, page, rate):
    app = open_app(page, "sample", "en")
    app.session_state[f"beside_{page}"] = True
    app.run()
    (table,) = [frame.value for frame in app.dataframe if "peers" in frame.value]
    row = table.set_index("metric").loc["Payment conversion"]
    assert rate in row["peers"]
    assert "8 shops" in row["peers"]
    assert row["year"] != "—"
