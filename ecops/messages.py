"""What ecops says, kept apart from the language it is said in.

A `Message` is an English sentence with named fields plus the values of those fields.
The English sentence is also the key of the gettext catalogues in `ecops/locale`, so that
translators read whole sentences. Values carry their meaning (`Money`, `Percent`, ...);
how they are written (¥4.2 万 or ¥42k) is decided where the language is known:

>>> lost = Message("About {money} a week lost.", money=Money(-42_000, "CNY"))
>>> lost.text("en")
'About -¥42k a week lost.'
>>> Message("{n} rows", n=Count(12_345)).text("en")
'12,345 rows'
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ecops import locale

_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money. `amount` in units of `currency` (ISO 4217 code); a bare number when nothing says which."""

    amount: float
    currency: str = ""


@dataclass(frozen=True, slots=True)
class MoneyRange:
    """An interval of money, `low` to `high`, in units of `currency`; see `Money`."""

    low: float
    high: float
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Percent:
    """A share or a relative change; `value` 0.123 is written 12.3%. `digits` decimals, chosen by size when None."""

    value: float
    digits: int | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """A difference of two rates in percentage points; `value` 0.012 is written 1.2 points."""

    value: float


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number of things."""

    value: float


@dataclass(frozen=True, slots=True)
class Number:
    """A plain number with `digits` decimals."""

    value: float
    digits: int = 1


@dataclass(frozen=True, slots=True)
class DateRange:
    """A span of days, both ends included."""

    start: dt.date
    end: dt.date


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the product that has a label in each language (a metric, a role, a step)."""

    en: str
    zh: str


class Named(str):
    """A name that somebody gave a thing, and the English one where she gave that too: data, whoever reads it.

    Attributes:
        en: the English name, empty where there is none.
    """

    __slots__ = ("en",)
    en: str

    def __new__(cls, name: str, en: str | None = None) -> Named:
        """The name as it is, which is also what the text itself compares and sorts by."""
        made = super().__new__(cls, name)
        made.en = en or ""
        return made

    def __reduce__(self) -> tuple[type[Named], tuple[str, str]]:
        return Named, (str(self), self.en)

    @classmethod
    def joined(cls, names: Iterable[str]) -> Named:
        """Different names one after the other, in English as far as they have one."""
        told = tuple(dict.fromkeys(names))
        return cls(", ".join(told), ", ".join(getattr(name, "en", "") or name for name in told))


Value = Any  # a str, a number, a date, another Message, or one of the classes above


class Message:
    """A sentence with named values, written in a language only by `text`.

    Args:
        id: the English sentence with `{name}` fields; key of the translation catalogues.
        params: a value for each field. A plain `str` is data (a product title, a file name)
            and goes through `escape`; everything else is written by the language's rules.
    """

    __slots__ = ("id", "params")

    def __init__(self, id: str, **params: Value) -> None:
        self.id = id
        self.params: Mapping[str, Value] = params

    def text(self, language: str = "en", escape: Callable[[str], str] | None = None) -> str:
        """The sentence in `language` ("en" or "zh"); `escape` is applied to values that are data."""

        def fill(match: re.Match[str]) -> str:
            name = match.group(1)
            return write(self.params[name], language, escape) if name in self.params else match.group(0)

        sentence = locale.translate(self.id, language)
        if language == "en":
            if self._counted() == 1:
                sentence = locale.singulars().get(sentence, sentence)
            ones = [name for name, value in self.params.items() if _says_one(value)]
            if ones:
                sentence = locale.of_one(sentence, ones)
        return _FIELD.sub(fill, sentence)

    def _counted(self) -> float | None:
        """The first number of things that the sentence names; None when it names none."""
        for name in _FIELD.findall(self.id):
            value = self.params.get(name)
            if isinstance(value, Count):
                return value.value
            if isinstance(value, int):
                return value
        return None

    def __str__(self) -> str:
        return self.text("en")

    def __repr__(self) -> str:
        return f"Message({self.id!r}, {dict(self.params)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.id == other.id and self.params == other.params

    def __hash__(self) -> int:
        return hash((self.id, tuple(sorted((k, str(v)) for k, v in self.params.items()))))


def _says_one(value: Value) -> bool:
    """Whether it is a number that is written as 1."""
    return isinstance(value, Count | Number | int | float) and write(value, "en") == "1"


def write(value: Value, language: str, escape: Callable[[str], str] | None = None) -> str:
    """One value as text by the rules of `language`. A plain str is data and goes through `escape`."""
    if isinstance(value, Message):
        return value.text(language, escape)
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value, language)
    text = value.en if isinstance(value, Named) and language == "en" and value.en else str(value)
    return escape(text) if escape else text


_WRITERS: Mapping[type, Callable[[Any, str], str]] = {
    Term: lambda v, language: v.zh if language == "zh" else v.en,
    Money: lambda v, language: locale.write_money(v.amount, v.currency, language),
    MoneyRange: lambda v, language: locale.write_money_range(v.low, v.high, v.currency, language),
    Percent: lambda v, _: locale.write_percent(v.value, v.digits, v.signed),
    Points: lambda v, language: f"{v.value * 100:+.1f}{' 个百分点' if language == 'zh' else ' points'}",
    Count: lambda v, language: locale.write_count(v.value, language),
    Number: lambda v, _: f"{v.value:,.{v.digits}f}",
    DateRange: lambda v, language: locale.write_range(v.start, v.end, language),
    dt.date: locale.write_date,
    dt.datetime: lambda v, language: f"{locale.write_date(v.date(), language)} {v:%H:%M}",
    int: lambda v, _: f"{v:,}",
    float: lambda v, _: f"{v:,}",
}
"""How each class of value is written."""
