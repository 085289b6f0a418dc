"""The page of supported files, and the Chinese of every sentence of the validation report."""

from __future__ import annotations

import re
from pathlib import Path

from ecops.locale import catalogue
from ecops.sources.catalogue import page
from ecops.sources.conversion import checks
from ecops.sources.registry import sources

ROOT = Path(__file__).resolve().parents[2]


def test_page_is_what_the_registry_says() -> None:
    assert (ROOT / "docs" / "sources.md").read_text("utf-8") == page(), "write docs/sources.md again: make docs"


def test_page_names_every_report_in_two_languages() -> None:
    text = page()
    for entry in sources().values():
        if not entry.generic:
            assert entry.label.zh in text
            assert entry.label.en in text


def test_every_sentence_of_the_report_has_its_chinese() -> None:
    chinese = catalogue("zh")
    for _, sentence in checks._SENTENCES.values():
        assert sentence in chinese
        assert set(re.findall(r"\{(\w+)\}", chinese[sentence])) == set(re.findall(r"\{(\w+)\}", sentence))
