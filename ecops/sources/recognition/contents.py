"""What the columns of a sheet without a header may be, by what is in them. Only ever a guess that people confirm."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecops.sources.files.grid import Grid

_BEHAVIOURS = frozenset((
    "pv", "buy", "cart", "fav", "view", "click", "purchase", "pay", "collect", "add_to_cart", "addtocart", "order",
    "favorite", "browse", "浏览", "点击", "加购", "收藏", "下单", "支付", "购买",
))  # fmt: skip
_MOMENT = re.compile(r"(?:1\d{9}|1\d{12}|(?:19|20)\d{2}[-/]\d{1,2}[-/]\d{1,2}(?:[ T].*)?)")
_NUMBER = re.compile(r"[A-Za-z]*\d+")


def guessed_events(grid: Grid) -> dict[str, int]:
    """Canonical column -> position in a log of behaviour without a header, as shops publish theirs; {} if it is none.

    A column of words such as pv, cart, fav and buy is the event, one of moments is the time; of the numbers that are
    left the first is the user, the second the product, the third its category.
    """
    events = _columns(grid, lambda cell: cell.lower() in _BEHAVIOURS)
    moments = _columns(grid, lambda cell: _MOMENT.fullmatch(cell) is not None)
    if len(events) != 1 or not moments:
        return {}
    left = [at for at in _columns(grid, lambda cell: _NUMBER.fullmatch(cell) is not None) if at not in moments[:1]]
    found = {"event": events[0], "happened_at": moments[0]}
    return found | dict(zip(("user_id", "item_id", "category"), left, strict=False))


def _columns(grid: Grid, fits: Callable[[str], bool]) -> list[int]:
    return [place for place, cells in enumerate(grid.samples) if cells and all(fits(cell.strip()) for cell in cells)]
