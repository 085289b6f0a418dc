"""Every page, in every state of the data, in both languages: nothing breaks, nothing is left in the other language."""

import functools
import re

import pytest

from ecops import locale
from ecops.tables import tables
from ui import navigation

PAGES = list(navigation.pages())
SHOPS = ("mine", "sample", "loaded")
LATIN = re.compile(r"[A-Za-z]{3}")
HAN = re.compile(r"[\u4e00-\u9fff]")
SMALL = re.compile(r"^:gray\[:small\[(.*)\]\]$", re.DOTALL)
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def said(app) -> list[str]:
    """Everything the page says: headings, text, labels, buttons, help."""
    found = []
    for kind in (
        "title", "header", "subheader", "markdown", "caption", "metric", "button", "download_button", "selectbox",
        "multiselect", "text_input", "slider", "number_input", "checkbox", "toggle", "radio", "segmented_control",
        "expander", "tabs", "status", "info", "warning", "success", "error", "file_uploader", "date_input", "page_link",
    ):  # fmt: skip
        for element in app.get(kind):
            for name in ("value", "label", "help", "placeholder", "delta", "delta_description"):
                text = getattr(element, name, None)
                if isinstance(text, str) and text:
                    # Several sentences may be sent as one text, the small ones marked.
                    found += [SMALL.sub(r"\1", ESCAPE.sub(r"\1", part)) for part in re.split(r"\n\n|  \n", text)]
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("page", PAGES)
def test_pages_open(open_app, page, shop, language):
    app = open_app(page, shop, language)
    assert app.title, page
    assert HAN.search(app.title[0].value) if language == "zh" else not HAN.search(app.title[0].value)


@functools.cache
def english() -> list[re.Pattern]:
    """What each sentence of the catalogue with at least three letters in a row looks like."""
    chinese = locale.catalogue("zh")
    parts = {entry: re.split(r"\{\w+\}", entry) for entry in chinese if chinese[entry] != entry and len(entry) > 3}
    return [
        re.compile(".+?".join(map(re.escape, around))) for around in parts.values() if LATIN.search("".join(around))
    ]


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("page", PAGES)
def test_no_english_sentence_on_a_chinese_page(open_app, page, shop):
    app = open_app(page, shop, "zh")
    # What a choice is called inside and the names of tables in queries are no sentences.
    names = {str(box.value) for box in app.selectbox} | {
        f"**{table.label.zh}**  {name}" for name, table in tables().items()
    }
    told = [text for text in said(app) if text not in names and LATIN.search(text)]
    assert [text for text in told if any(pattern.fullmatch(text) for pattern in english())] == []


@pytest.mark.row(285)
@pytest.mark.parametrize("page", PAGES)
def test_no_chinese_sentence_on_an_english_page(open_app, page):
    own = {chinese for english, chinese in locale.catalogue("zh").items() if chinese != english and "{" not in chinese}
    wrong = [text for text in said(open_app(page, "sample", "en")) if text in own]
    assert wrong == []


def test_the_scope_survives_a_change_of_page(open_app):
    app = open_app("overview", "sample", "zh", span="d7", vs="last_year", platform="douyin")
    assert app.selectbox(key="span").value == "d7"
    app.switch_page("pages/glossary.py").run()
    assert app.selectbox(key="span").value == "d7"
    assert app.selectbox(key="vs").value == "last_year"
    assert app.multiselect(key="platform").value == ["douyin"]
    assert app.query_params["span"] == "d7"


def test_nonsense_in_the_address_is_ignored(open_app):
    app = open_app("overview", "sample", "zh", span="yesterday", vs="'; drop", platform="nowhere", dates="x")
    assert app.selectbox(key="span").value == "d28"
    assert app.multiselect(key="platform").value == []


@pytest.mark.parametrize("name", ["../../etc", "/etc", "a/b", "..", ".hidden", "A B"])
def test_a_workspace_outside_the_home_is_not_opened(open_app, name):
    assert open_app("data", name).selectbox(key="ws").value == "sample"


def test_own_dates_stand_in_the_address(open_app):
    app = open_app("overview", "sample", "zh", span="custom", dates="2026-11-01..2026-11-07")
    assert [str(day) for day in app.date_input(key="dates").value] == ["2026-11-01", "2026-11-07"]
    assert any("11月1日" in caption.value for caption in app.caption)


def test_an_empty_shop_teaches(open_app):
    app = open_app("overview", "mine", "zh")
    texts = " ".join(said(app))
    assert "千牛" in texts
    assert any(button.label == "看看示例店铺" for button in app.button)
    next(button for button in app.button if button.label == "看看示例店铺").click().run()
    assert app.selectbox(key="ws").value == "sample"
    assert app.metric
