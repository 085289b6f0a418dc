"""Choices about how pages speak and look; they follow the reader over all pages and stand in the address."""

from __future__ import annotations

import streamlit as st

from ecops.locale import LANGUAGES
from ui.parts.text import _, paint, red_up, speak
from ui.state import address

_NAMES = {"zh": "中文", "en": "English"}


def language_switch() -> None:
    """The switch between Chinese and English; call it before anything is written."""
    usual = of_browser()
    address.adopt_one("lang", LANGUAGES, usual)
    st.segmented_control(
        "语言 Language",
        LANGUAGES,
        required=True,
        format_func=_NAMES.__getitem__,
        key="lang",
        label_visibility="collapsed",
    )
    chosen = st.session_state["lang"]
    speak(chosen)
    address.publish("lang", [chosen] if chosen != usual else [])


def of_browser() -> str:
    """The language of a first visit: Chinese for a browser in Chinese or one that does not say, else English."""
    locale = (st.context.locale or "zh").lower()
    return "zh" if locale.split("-")[0].split("_")[0] == "zh" else "en"


def colour_switch() -> None:
    """Which colour a rise has, folded. Until chosen it follows the language: in China red is up."""
    options = ("auto", "red", "green")
    address.adopt_one("colours", options, "auto")
    box = st.expander(_("Display"), key="display", type="compact", on_change="rerun")
    if box.open:
        labels = {
            "auto": _("As usual in my language ({colour})", colour=_red() if red_up() else _green()),
            "red": _("Red is up"),
            "green": _("Green is up"),
        }
        box.selectbox(
            _("Colour of a gain"), options, format_func=labels.__getitem__, key="colours", persist_state="session"
        )
    chosen = st.session_state["colours"]
    address.publish("colours", [chosen] if chosen != "auto" else [])
    paint()


def _red() -> str:
    return _("red")


def _green() -> str:
    return _("green")
