"""What does a pack hold, and how many of one thing does a title sell together?"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping

_LONGEST = 400
_PIECES = "片包盒瓶件个支只条双套袋枚卷抽"
_MEASURES: Mapping[str, tuple[str, float]] = {
    **{name: ("g", times) for name, times in
       (("g", 1.0), ("克", 1.0), ("kg", 1e3), ("千克", 1e3), ("公斤", 1e3), ("斤", 500.0))},
    **{name: ("ml", times) for name, times in (("ml", 1.0), ("毫升", 1.0), ("l", 1e3), ("升", 1e3))},
    **dict.fromkeys((*_PIECES, "pcs", "pack"), ("piece", 1.0)),
}  # fmt: skip
_PACK = re.compile(
    r"(?P<size>\d+(?:\.\d+)?)\s*(?P<unit>kg|ml|pcs|pack|g|l|千克|公斤|毫升|克|斤|升|[片包盒瓶件个支只条双套袋枚卷抽])(?![a-z])"
    r"(?:\s*[*x×/]\s*(?P<times>\d{1,3}))?"
)


def parse_pack(text: object) -> tuple[float, str]:
    """What a pack holds: (quantity, "g" | "ml" | "piece"); (NaN, "") when the text does not say it.

    >>> parse_pack("500g*3"), parse_pack("1.5L×2瓶"), parse_pack("45x45")
    ((1500.0, 'g'), (3000.0, 'ml'), (nan, ''))
    """
    plain = unicodedata.normalize("NFKC", str(text or ""))[:_LONGEST].casefold()
    found = list(_PACK.finditer(plain))
    measured = [match for match in found if _MEASURES[match["unit"]][0] != "piece"] or found
    if not measured:
        return math.nan, ""
    unit, factor = _MEASURES[measured[0]["unit"]]
    return float(measured[0]["size"]) * factor * float(measured[0]["times"] or 1), unit


_COUNTS = {name: number for number, name in enumerate("一二三四五六七八九十", 1)} | {"两": 2, "双": 2, "单": 1}
_SEVERAL = re.compile(
    rf"(?<![\d.])(?P<n>\d{{1,2}}|[{''.join(_COUNTS)}])\s*[件个只支条双盒瓶包袋罐桶]\s*(?:组合)?(?:装|(?=[\s,，;/()+]|$))"
    r"|(?P<x>\d{1,2})\s*[- ]?\s*(?:packs?|pcs|pieces|count|ct)\b|(?:pack|set) of (?P<of>\d{1,2})\b"
    r"|\d(?:ml|g|kg|l|毫升|克)\s*[*x×]\s*(?P<times>\d{1,2})(?!\d)"
)
_MOST = 48


def several(title: object) -> float:
    """How many of one thing a title sells together; NaN where it does not say it.

    >>> several("保温杯 500ml 3件装"), several("Glass jar, pack of 6"), several("四件套"), several("洗发水500ml*2")
    (3.0, 6.0, nan, 2.0)
    """
    plain = unicodedata.normalize("NFKC", str(title or ""))[:_LONGEST].casefold()
    match = _SEVERAL.search(plain)
    if match is None:
        return math.nan
    text = next(part for part in match.groups() if part)
    number = _COUNTS.get(text) or int(text)
    return float(number) if 1 <= number <= _MOST else math.nan
