"""What does a price on a page say? Amount, currency, pack and promotion of Chinese and foreign price texts.

Chinese shelves write prices as sentences ("券后 89 元", "原价 299 现价 199", "3件99元", "1.2万"); package price-parser
reads the first number of them. So the forms that Chinese shelves use are read here, and `price-parser` is asked for
what is left.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 400
"""Letters of a text that are read; a price stands at its beginning."""

_LARGEST = 1e9
_NUMBER = r"\d[\d,.]*\d|\d|(?<![\d.])\.\d\d?(?!\d)"
_TIMES = {"万": 1e4, "w": 1e4, "千": 1e3, "k": 1e3, "百": 1e2, "亿": 1e8}
_AMOUNT = rf"(?:(?P<{{0}}>{_NUMBER})\s*(?P<{{0}}_times>[万千百亿]|[wk](?![a-z]))?)"
_COUNTS = {name: float(number) for number, name in enumerate("一二三四五六七八九十", 1)} | {"两": 2.0, "兩": 2.0}
_GROUPED = re.compile(r"(?<=\d)[' ](?=\d{3}(?!\d))")
"""The gap in 1 299,00 and 1'299.90."""

_GROUPED_ALONE = re.compile(r"\D{0,4}\d{1,3}(?:[' ]\d{3})+(?:[.,]\d{1,2})?\D{0,4}")
_SPOKEN = re.compile(r"(?<=\d)块(\d)(?![\d.]|\s*[件个盒瓶袋支只条双套片份]|\s*包(?!邮))")
"""128块5 is 128.5."""

_HIDDEN = re.compile(r"[\d.,]*\?[\d.,?]*")
"""1?9: a price that the shop does not show yet."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """A promotion that a price text names.

    Attributes:
        threshold: what has to be spent (or bought, when `unit` is "pieces").
        off: money taken off, or the share that is left to pay when `kind` is "share".
        kind: "money" (满300减50) or "share" (2件8折).
        unit: "money" or "pieces": what `threshold` counts.
    """

    threshold: float
    off: float
    kind: str = "money"
    unit: str = "money"


@dataclass(frozen=True, slots=True)
class PriceText:
    """What a price text says.

    Attributes:
        amount: what is to be paid, the lower end of a range; NaN when the text names none.
        currency: ISO 4217 code, "" when the text does not say it.
        high: upper end of a range, NaN otherwise.
        list_amount: crossed-out or former price, NaN when none is named.
        pieces: pieces that `amount` buys; 1 where nothing else is said.
        per: what the price is for, such as "kg" or "500g"; "" for a piece.
        kind: "price", "paid" (到手价, 券后), "range", "from" (起), "bundle" (3件99元), "promotion" (only 满减), "free",
            or "none".
        reductions: promotions named beside the price.
    """

    amount: float
    currency: str = ""
    high: float = math.nan
    list_amount: float = math.nan
    pieces: float = 1.0
    per: str = ""
    kind: str = "price"
    reductions: tuple[Reduction, ...] = ()

    @property
    def unit_price(self) -> float:
        """Price of one piece, NaN without an amount."""
        return self.amount / self.pieces


@functools.cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))


@functools.cache
def _signs() -> tuple[tuple[str, str], ...]:
    """(sign, ISO code), the longest sign first, so that HK$ is not read as $."""
    pairs = [(sign.casefold(), code) for code, signs in _words()["currencies"].items() for sign in signs]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


@functools.cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """The forms of price texts, by name; amounts are called a, b and c, counts n."""
    words = _words()
    paid, former, piece = ("|".join(map(re.escape, words[name])) for name in ("paid", "former", "pieces"))
    a, b, c = (_AMOUNT.format(name) for name in "abc")
    sign = r"(?:[^\d\s,.;，。；/~\-+*(（]{0,6}\s*){0,2}"
    yuan, colon, gap = "(?:元|块)?", r"\s*[:：]?\s*", r"[^\d\s]{0,4}\s*"
    count = rf"(?<![\d.第])(?P<n>\d{{1,3}}|[{''.join(_COUNTS)}])\s*(?:{piece})"
    some = rf"\d|[{''.join(_COUNTS)}]"
    measure = f"kg|g|ml|l|斤|千克|克|升|毫升|公斤|抽|粒|{piece}"
    forms = {
        "reduction": rf"每?满\s*{a}\s*(?P<piece>{piece})?元?\s*(?:立?减|省|-)\s*¥?\s*{b}元?",
        "pieces_less": rf"{count}\s*(?:立?减|省)\s*¥?\s*{a}\s*元?",
        "coupon": rf"领?券\s*(?:立?减|省)\s*¥?\s*{b}元?|(?:立减|直降|立省)\s*¥?\s*{c}元?",
        "saving": rf"\bsave\s*[$£€]?\s*{b}|[$£€]\s*{c}\s*off\b",
        "free_ones": rf"(?:买|買|拍)\s*(?P<n>{some})\s*(?:送|赠|得|付)\s*(?P<m>{some})"
        r"|buy\s*(?P<bn>\d)\s*,?\s*get\s*(?P<bm>\d|one)\s*(?:free)?",
        "second": rf"第\s*[2二两]\s*(?:{piece})\s*(?:(?P<half>半价|半價)|(?P<share>\d(?:\.\d)?)\s*折|¥?\s*0\s*元)",
        "discount": rf"(?:满\s*)?{count}\s*(?:及以上)?\s*打?(?P<share>\d(?:\.\d)?|\d\d)\s*折",
        "taken": rf"(?:拍|买|任?选)\s*{count}\s*(?:到手|合计|共|只要|仅需)\s*{colon}¥?\s*{a}",
        "bundle": rf"{count}\s*(?:装|共|仅|只要|=|:)?\s*¥?\s*{a}\s*(?:元|块|rmb|(?=\s|$))",
        "bundle_after": rf"{a}\s*{yuan}\s*/?\s*(?:任[选選意])?\s*(?<![\d.第])(?P<n>[2-9]|[1-9]\d)\s*"
        rf"(?:{piece})(?!\s*[折套])",
        "for": rf"(?P<n>\d{{1,3}})\s*for\s*{gap}{a}",
        "paid": rf"(?:{paid}){colon}{sign}{a}|{b}\s*{yuan}\s*(?:{paid})(?!{colon}{sign}\d)",
        "former": rf"(?:{former}){colon}{sign}{a}",
        "range": rf"{a}\s*{yuan}\s*(?:-|~|–|—|至|到|to)\s*{gap}{b}",
        "from": rf"{a}\s*{yuan}\s*(?:起|\+)|(?:from|ab)\s+{gap}{b}",
        "per": rf"(?:元|块|\d)\s*/\s*(?P<per>\d*\.?\d*\s*(?:{measure}))(?![a-z])",
        "unit": rf"[$£€¥]\s*{a}\s*(?:元|块)?\s*/\s*\d*\s*(?:fl\.?\s*)?(?:oz|lb|count|ct|100\s*g|100\s*ml)(?![a-z])",
        "deposit": rf"(?:定金|订金)\s*¥?\s*{a}.*?尾款\s*¥?\s*{b}",
        "signed": rf"[$£€¥₹₩฿₫₽]\s*{a}|{b}\s*[元块€円]",
        "plain": a,
    }
    return {name: re.compile(form) for name, form in forms.items()}


def parse_price(text: object, language: str = "zh") -> PriceText:
    """What a price text says.

    Args:
        text: as the page writes it; a number is taken as it is.
        language: "zh" reads a bare ¥ as yuan, every other one as yen.

    Returns:
        `kind` "none" and NaN for texts without a price; nothing raises.

    >>> parse_price("原价 299 现价 199").amount, parse_price("3件99元").unit_price, parse_price("1.2万").amount
    (199.0, 33.0, 12000.0)
    >>> parse_price("满300减50").reductions
    (Reduction(threshold=300.0, off=50.0, kind='money', unit='money'),)
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        value = float(text)
        return PriceText(value) if 0 <= value < _LARGEST else PriceText(math.nan, kind="none")
    plain = unicodedata.normalize("NFKC", str(text or ""))[:_LONGEST].casefold().strip()
    plain = _bare(plain.replace("−", "-"))
    if re.match(r"\D{0,3}-\s*\d", plain):
        return PriceText(math.nan, kind="none")  # nobody asks for less than nothing
    currency = _currency(plain, language)
    if currency not in _NEVER_SPACED or _GROUPED_ALONE.fullmatch(plain):
        plain = _GROUPED.sub("", plain)
    rest, reductions = _reductions(plain, currency)
    found = _read(rest, currency, reductions)
    if re.search(r"\d", rest) and (found.kind == "none" or (found.kind == "price" and not currency and _foreign(rest))):
        found = _fallback(str(text or ""), found)
    if not (math.isnan(found.amount) or 0 <= found.amount < _LARGEST):
        return PriceText(math.nan, currency, kind="none", reductions=reductions)
    return found


def _currency(text: str, language: str) -> str:
    for sign, code in _signs():
        if sign.isascii() and sign[0].isalpha():
            end = r"(?![a-z])" if sign.isalpha() else ""
            if re.search(rf"(?<![a-z]){re.escape(sign)}{end}", text):
                return code
        elif sign in text:
            return "JPY" if sign == "¥" and (language != "zh" or "税" in text) else code
    return ""


def _bare(text: str) -> str:
    """A text without the numbers that are no price: people who bought, days, instalments, postage, coins, per cents."""
    for pattern in _noise():
        text = pattern.sub(" ", text)
    text = _SPOKEN.sub(r".\1元", text)
    shown = _HIDDEN.sub(" ", text)
    unit = _patterns()["unit"].sub(" ", shown)
    # A price by weight beside the price of the pack is not what is to be paid; alone, it is all there is.
    return unit if re.search(r"\d", unit) else shown


@functools.cache
def _noise() -> tuple[re.Pattern[str], ...]:
    number = r"\d[\d,.]*\s*[万千wk]?\+?"
    return tuple(re.compile(form.replace("NUMBER", number)) for form in _words()["noise"])


def _reductions(text: str, currency: str) -> tuple[str, tuple[Reduction, ...]]:
    """The text without the promotions it names, and these."""
    patterns, found = _patterns(), []
    for match in patterns["reduction"].finditer(text):
        unit = "pieces" if match["piece"] else "money"
        found.append(Reduction(_number(match, "a", currency), _number(match, "b", currency), "money", unit))
    text = patterns["reduction"].sub(" ", text)
    found += [
        Reduction(_count(match["n"]), _number(match, "a", currency), "money", "pieces")
        for match in patterns["pieces_less"].finditer(text)
    ]
    text = patterns["pieces_less"].sub(" ", text)
    for match in patterns["discount"].finditer(text):
        share = float(match["share"])
        found.append(Reduction(_count(match["n"]), share / (10 if share < 10 else 100), "share", "pieces"))
    text = patterns["discount"].sub(" ", text)
    for name in ("coupon", "saving"):
        found += [
            Reduction(0.0, _number(match, "b" if match["b"] else "c", currency))
            for match in patterns[name].finditer(text)
        ]
        text = patterns[name].sub(" ", text)
    found += [_free_one(match) for match in patterns["free_ones"].finditer(text)]
    found += [_second(match) for match in patterns["second"].finditer(text)]
    text = patterns["second"].sub(" ", patterns["free_ones"].sub(" ", text))
    return re.sub(r"\d(?:\.\d)?\s*折", " ", text), tuple(found)


def _free_one(match: re.Match[str]) -> Reduction:
    """买2送1, buy 2 get 1, 买3付2: how many are taken home, and the share of their price that is paid."""
    if match["bn"]:
        paid, free = float(match["bn"]), 1.0 if match["bm"] == "one" else float(match["bm"])
        return Reduction(paid + free, paid / (paid + free), "share", "pieces")
    first, second = _count(match["n"]), _count(match["m"])
    taken, paid = (
        (first, second) if "付" in match[0] else (second, first) if "得" in match[0] else (first + second, first)
    )
    return Reduction(taken, min(paid / taken, 1.0) if taken else 1.0, "share", "pieces")


def _second(match: re.Match[str]) -> Reduction:
    """第二件半价: the share of the price of two that is paid."""
    second = 0.5 if match["half"] else float(match["share"]) / 10 if match["share"] else 0.0
    return Reduction(2.0, (1 + second) / 2, "share", "pieces")


def _count(text: str) -> float:
    return _COUNTS[text] if text in _COUNTS else float(text)


def _read(text: str, currency: str, reductions: tuple[Reduction, ...]) -> PriceText:
    """The price of a text without promotions, by the first form that fits."""
    patterns = _patterns()
    per_match = patterns["per"].search(text)
    per = re.sub(r"\s", "", per_match["per"]) if per_match else ""
    former = [_number(match, "a", currency) for match in patterns["former"].finditer(text)]
    bare = patterns["former"].sub(" ", text)
    fields: dict[str, Any] = {
        "currency": currency or ("CNY" if re.search(r"[元块]", text) else ""),
        "list_amount": max(former, default=math.nan),
        "reductions": reductions,
    }
    taken = patterns["taken"].search(bare)
    if taken is not None:
        return _of_form("taken", taken, currency, {**fields, "per": ""})
    paid = [_number(match, "a" if match["a"] else "b", currency) for match in patterns["paid"].finditer(bare)]
    if paid:
        return PriceText(min(paid), kind="paid", per=per, **fields)
    for name in ("deposit", "bundle", "for", "range", "bundle_after", "from"):
        match = patterns[name].search(bare)
        if match is None or (per and name == "bundle_after" and not _several(per)):
            continue
        return _of_form(name, match, currency, {**fields, "per": per})
    match = patterns["signed"].search(bare)
    match = match if match is not None else patterns["plain"].search(bare)
    if match is not None:
        name = "a" if match["a"] else "b"
        return PriceText(_number(match, name, currency), per="" if per in _ONE else per, **fields)
    return _silent(text, former, fields)


def _silent(text: str, former: list[float], fields: Mapping[str, Any]) -> PriceText:
    """A text that names nothing to be paid: it is free, names a former price alone, or a promotion alone."""
    if any(word in text for word in _words()["free"]):
        return PriceText(0.0, kind="free", **fields)
    if former:
        return PriceText(max(former), **{**fields, "list_amount": math.nan})
    return PriceText(math.nan, kind="promotion" if fields["reductions"] else "none", **fields)


_ONE = frozenset({"件", "个", "只", "支", "条", "双", "套", "盒", "瓶", "包", "袋", "片"})


def _several(per: str) -> bool:
    """Whether "/3件" counts what is sold; "/10片" and "/500g" say what a pack holds."""
    return bool(re.fullmatch(r"\d+[件个盒瓶包袋支只条双套份]", per))


def _of_form(name: str, match: re.Match[str], currency: str, fields: dict[str, Any]) -> PriceText:
    first = "a" if match["a"] else "b"
    amount = _number(match, first, currency)
    if name == "deposit":
        return PriceText(amount + _number(match, "b", currency), kind="price", **fields)
    if name == "range":
        high = _number(match, "b", currency)
        if match["b_times"] and not match["a_times"]:
            amount *= _TIMES[match["b_times"]]
        if high >= amount:
            return PriceText(amount, high=high, kind="range", **fields)
        return PriceText(amount, **fields)
    if name == "from":
        return PriceText(amount, kind="from", **fields)
    return PriceText(amount, pieces=max(_count(match["n"]), 1.0), kind="bundle", **{**fields, "per": ""})


_COMMA_COUNTRIES = frozenset({"EUR", "BRL", "RUB", "PLN", "SEK", "NOK", "DKK", "IDR", "VND", "TRY", "CZK", "HUF"})
"""Currencies whose people write 1.299,90."""


_NEVER_SPACED = frozenset({"CNY", "USD", "GBP", "HKD", "TWD", "JPY", "AUD", "SGD", "MYR", "INR"})
"""Currencies whose people never write 1 299: two numbers beside each other are two numbers."""


def _number(match: re.Match[str], name: str, currency: str) -> float:
    value = _plain_number(match[name], currency)
    return value * _TIMES.get(match[f"{name}_times"] or "", 1.0)


def _plain_number(text: str, currency: str) -> float:
    """A number with any separators: the last of two kinds is the decimal one, three digits after one are thousands."""
    digits = f"0{text}" if text.startswith(".") else text.strip(".,")
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        decimal = "," if comma > dot else "."
    elif comma >= 0:
        decimal = "" if re.fullmatch(r"\d{1,3}(,\d{2,3})*,\d{3}", digits) else ","
    elif dot >= 0:
        thousands = currency in _COMMA_COUNTRIES and re.fullmatch(r"\d{1,3}(\.\d{3})+", digits)
        decimal = "" if thousands or digits.count(".") > 1 else "."
    else:
        decimal = "."
    whole = digits.replace("." if decimal == "," else ",", "") if decimal else re.sub(r"[.,]", "", digits)
    try:
        return float(whole.replace(",", "."))
    except ValueError:
        return math.nan


def _foreign(text: str) -> bool:
    text = re.sub(r"(?<=\d)\s*[wk](?![a-z])", "", text)
    return bool(re.search(r"[a-z\u00c0-\u024f\u0590-\u06ff\u0e00-\u0e7f\u20a0-\u20cf]", text))


def _fallback(text: str, found: PriceText) -> PriceText:
    """What `price-parser` makes of a text, where our own forms leave the amount or the currency open."""
    from price_parser import Price

    told = Price.fromstring(text[:_LONGEST])
    if told.amount is None:
        return found
    code = _words()["foreign"].get((told.currency or "").casefold(), "") or (told.currency or "")
    code = code.upper() if re.fullmatch(r"[A-Za-z]{3}", code) else ""
    if found.kind == "none":
        return PriceText(float(told.amount), code, reductions=found.reductions)
    return PriceText(float(told.amount), code or found.currency, list_amount=found.list_amount, per=found.per)


def parse_prices(texts: Iterable[object], language: str = "zh") -> pd.DataFrame:
    """`parse_price` of many texts, each different one read once.

    Returns:
        One row a text: amount, currency, high, list_amount, pieces, unit_price, per, kind.
    """
    import pandas as pd

    column = pd.Series(list(texts), dtype=object)
    codes, different = pd.factorize(column.where(column.notna(), ""))
    read = [parse_price(text, language) for text in different]
    names = ("amount", "currency", "high", "list_amount", "pieces", "unit_price", "per", "kind")
    table = pd.DataFrame([[getattr(one, name) for name in names] for one in read], columns=list(names))
    return table.iloc[codes].reset_index(drop=True)
