"""Data reaches a page as text, colours stand in one place."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecops import charts
from ui.parts.text import clean, escape

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))


@given(st.text())
def test_escaped_data_has_no_bare_punctuation(data):
    escaped = escape(data)
    assert list(_bare(escaped)) == []
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped).replace("\u2060", "") == clean(data)


def _bare(text):
    """Places of punctuation that no backslash stands before, reading from the left."""
    place = 0
    while place < len(text):
        if text[place] == "\\":
            place += 2
            continue
        if re.match(r"[!-/:-@\[-`{-~]", text[place]):
            yield place
        place += 1


@pytest.mark.parametrize("letter", ["\u202e", "\u200b", "\ufeff", "\u2066", "\x00", "\ue000"])
def test_letters_that_hide_or_turn_text_are_taken_out(letter):
    assert clean(f"枕头{letter}套") == "枕头套"


@pytest.mark.parametrize(
    "text", ["https://evil.example/a", "see http://evil.example", "www.evil.example", "a@b.example"]
)
def test_a_bare_address_is_no_link(text):
    """What makes links of bare addresses looks for these runs in text, whatever is escaped in it."""
    shown = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escape(text))
    assert not re.search(r"(?i)https?://|www\.|@[-\w]", shown)
    assert shown.replace("\u2060", "") == text


def test_lines_are_joined():
    assert clean("a\nb\t c") == "a b c"


def test_the_theme_has_the_colours_of_the_charts():
    for name, colours in (("light", charts.ink(dark=False)), ("dark", charts.ink(dark=True))):
        theme = CONFIG["theme"][name]
        assert theme["textColor"] == colours.text
        assert theme["backgroundColor"] == colours.paper
        assert theme["redColor"] == colours.loss
        assert theme["greenColor"] == colours.gain
        assert theme["orangeColor"] == colours.watch
        assert theme["linkColor"] == colours.accent
    assert CONFIG["theme"]["font"] == charts.FONT


def test_the_exact_ink_and_paper():
    light, dark = charts.ink(), charts.ink(dark=True)
    assert (light.text, light.paper, light.accent, light.watch, light.loss, light.gain) == (
        "#1B2430",
        "#FFFFFF",
        "#0F6E6E",
        "#B45309",
        "#B42318",
        "#18794E",
    )
    assert (dark.text, dark.paper) == ("#E6EAF0", "#11161D")


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_words_can_be_read(dark):
    colours = charts.ink(dark)
    side = CONFIG["theme"]["dark" if dark else "light"]["sidebar"]["backgroundColor"]
    for name in ("text", "muted", "accent", "gain", "loss", "watch"):
        assert contrast(getattr(colours, name), colours.paper) >= 4.5, name
        assert contrast(getattr(colours, name), side) >= 4.5, name


@pytest.mark.parametrize("dark", [False, True])
def test_every_number_of_a_heat_map_can_be_read_on_its_cell(dark):
    options = charts.numbered(charts.Look(dark=dark))
    assert len(options["colorscale"]) >= 3
    for _, colour in options["colorscale"]:
        assert contrast(options["textfont"]["color"], colour) >= 4.5


def test_nothing_is_fetched_from_outside():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert "http" not in (ROOT / ".streamlit" / "config.toml").read_text("utf-8")
    for path in (ROOT / "ui").glob("*.css"):
        assert "http" not in path.read_text("utf-8")
    for path in [ROOT / "app.py", *(ROOT / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")]:
        assert 'page_icon=":material' not in path.read_text("utf-8")
