"""Languages: gettext catalogues (`zh_CN/*.po`, read with Babel) and how numbers, dates and money are written.

English is the language the sentences are written in, so only Chinese has catalogues of them. One catalogue a part of
the product keeps them short; together they are one dictionary. `en/words.toml` and `en/plurals.po` hold how English
reads when it counts one thing; Chinese has no plural.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

_FOLDER = Path(__file__).parent
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$"}
_PLACES = {
    "file": "文件",
    "sheet": "工作表",
    "rows": "行",
    "row": "行",
    "column": "列",
    "table": "表",
    "value": "取值",
    "receipt": "回执",
}


@functools.cache
def catalogue(language: str) -> dict[str, str]:
    """Every translation of `language`, English sentence -> sentence. Empty for English."""
    if language == "en":
        return {}
    from babel.messages.pofile import read_po

    found: dict[str, str] = {}
    for path in sorted((_FOLDER / "zh_CN").glob("*.po")):
        with path.open("rb") as file:
            found.update({str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string})
    return found


@functools.cache
def singulars() -> dict[str, str]:
    """English sentences that read otherwise when the first number in them is one -> how they read then."""
    from babel.messages.pofile import read_po

    with (_FOLDER / "en" / "plurals.po").open("rb") as file:
        return {str(entry.id[1]): str(entry.id[0]) for entry in read_po(file) if entry.id}


@functools.cache
def _words() -> tuple[dict[str, str], re.Pattern[str]]:
    """Plural nouns and verbs with their singulars, and where a count with its noun and verbs stands in a sentence."""
    told = tomllib.loads((_FOLDER / "en" / "words.toml").read_text("utf-8"))
    nouns, verbs = ("|".join(told[kind]) for kind in ("nouns", "verbs"))
    between = r"(?: (?!(?:of|to|in|on|and|or|from|by|at|for|with|is|are|has)\b)[a-z-]+){0,2}?"
    verb = rf"((?: only| sold| of [a-z]+)? )({verbs})\b(?:([^;.,:{{(]*? and )({verbs})\b)?"
    return told["nouns"] | told["verbs"], re.compile(rf"\{{(\w+)\}}({between} )({nouns})\b(?:{verb})?")


def of_one(sentence: str, ones: Collection[str]) -> str:
    """An English sentence in which the fields `ones` say one: the noun each of them counts, and its verbs, in singular.

    >>> of_one("{n} new orders are open for {days} days", {"n"})
    '{n} new order is open for {days} days'
    >>> of_one("{n} rows of deposits hold no number and were left out.", {"n"})
    '{n} row of deposits holds no number and was left out.'
    """
    singular, counted = _words()

    def fill(match: re.Match[str]) -> str:
        field, *words = match.groups(default="")
        if field not in ones:
            return match.group(0)
        return f"{{{field}}}" + "".join(singular.get(word, word) for word in words)

    return counted.sub(fill, sentence)


def translate(sentence: str, language: str) -> str:
    """`sentence` in `language`; the English sentence itself where no translation exists."""
    return catalogue(language).get(sentence, sentence)


def write_money_range(low: float, high: float, currency: str, language: str) -> str:
    """An interval of money; words where it has no ends."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "区间未知" if language == "zh" else "interval unknown"
    joint = " 至 " if language == "zh" else " to "
    return joint.join(write_money(amount, currency, language) for amount in (low, high))


def write_money(amount: float, currency: str, language: str) -> str:
    """Money rounded to about three digits: ¥4.2 万, ¥1.35 亿; ¥42k, ¥135M. Without a currency a bare number.

    >>> write_money(-42_130, "CNY", "zh"), write_money(-42_130, "CNY", "en"), write_money(-42_130, "", "en")
    ('-¥4.21 万', '-¥42.1k', '-42.1k')
    """
    if not math.isfinite(amount):
        return "—"
    sign = "-" if amount < 0 else ""
    return f"{sign}{currency_symbol(currency)}{write_count(abs(amount), language, money=True)}"


def write_amount(amount: float, currency: str) -> str:
    """Money with all its digits, to be compared with other books.

    >>> write_amount(-42_130.5, "GBP"), write_amount(42_130.5, "")
    ('-£42,130.50', '42,130.50')
    """
    if not math.isfinite(amount):
        return "—"
    return f"{'-' if amount < 0 else ''}{currency_symbol(currency)}{abs(amount):,.2f}"


def currency_symbol(currency: str) -> str:
    """What stands before an amount: £, or the code and a space; nothing when no currency is known."""
    return _SYMBOLS.get(currency, f"{currency} ".lstrip())


def write_count(value: float, language: str, money: bool = False) -> str:
    """A count in full below ten thousand, then in 万 and 亿, or in full (counts) and k, M, B (money) in English.

    >>> write_count(9_876, "zh"), write_count(123_456, "zh"), write_count(123_456, "en")
    ('9,876', '12.3 万', '123,456')
    """
    if not math.isfinite(value):
        return "—"
    size = abs(value)
    if language == "zh":
        scales: tuple[tuple[float, str], ...] = ((1e8, " 亿"), (1e4, " 万"))
    elif money:
        scales = ((1e9, "B"), (1e6, "M"), (1e4, "k"))
    else:
        scales = ((1e9, "B"), (1e6, "M"))
    for floor, unit in scales:
        if size >= floor:
            base = 1e3 if unit == "k" else floor
            return f"{_three_digits(value / base)}{unit}"
    if money and size < 100 and value != round(value):
        return f"{value:,.2f}"
    return f"{value:,.0f}"


def _three_digits(value: float) -> str:
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_percent(value: float, digits: int | None = None, signed: bool = False) -> str:
    """A rate as per cent, with as many decimals as its size deserves.

    >>> write_percent(0.7612), write_percent(0.0312), write_percent(0.0031)
    ('76%', '3.1%', '0.31%')
    """
    if not math.isfinite(value):
        return "—"
    size = abs(value) * 100
    if digits is None:
        digits = 0 if size >= 20 or size == 0 else 1 if size >= 1 else 2
    return f"{value * 100:{'+' if signed else ''}.{digits}f}%"


def write_date(day: dt.date, language: str) -> str:
    """A day without its year: 11月9日 or 9 Nov."""
    return f"{day.month}月{day.day}日" if language == "zh" else f"{day.day} {day:%b}"


def write_range(start: dt.date, end: dt.date, language: str) -> str:
    """A span of days with its year: 2026年11月9日–15日, 9–15 Nov 2026."""
    if language == "zh":
        head = f"{start.year}年{start.month}月{start.day}日"
        if start == end:
            return head
        if start.year != end.year:
            return f"{head}–{end.year}年{end.month}月{end.day}日"
        tail = f"{end.day}日" if start.month == end.month else f"{end.month}月{end.day}日"
        return f"{head}–{tail}"
    tail = f"{end.day} {end:%b} {end.year}"
    if start == end:
        return tail
    if start.year != end.year:
        return f"{start.day} {start:%b} {start.year} – {tail}"
    return f"{start.day}–{tail}" if start.month == end.month else f"{start.day} {start:%b} – {tail}"


def place_label(place: str, language: str) -> str:
    """The word for a place of an error: file, sheet, rows, column, ..."""
    return _PLACES.get(place, place) if language == "zh" else place


def separator(language: str) -> str:
    """What stands between the items of a list inside a sentence."""
    return "，" if language == "zh" else ", "


def as_language(text: str | None) -> Language:
    """`text` when it is a language we have, else Chinese."""
    return "en" if text == "en" else "zh"
