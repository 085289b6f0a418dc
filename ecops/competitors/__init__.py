"""Against whom are we behind, on which number, what is it worth, and is our price right?

From uploaded tables only: nothing is crawled, no number of a rival is ever made up, and index values of a platform
never become money.

>>> from ecops.competitors import parse_price
>>> parse_price("券后 89 元").amount
89.0
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecops.competitors.market.demand import indices, potential, search_words
    from ecops.competitors.market.shares import assortment, concentration, share_of_voice, structure
    from ecops.competitors.market.words import claims, parameter_table, titles
    from ecops.competitors.pricing.bands import price_bands
    from ecops.competitors.pricing.episodes import launches, promotions
    from ecops.competitors.pricing.index import Index, price_index
    from ecops.competitors.pricing.place import Position, position
    from ecops.competitors.pricing.text import PriceText, parse_pack, parse_price, parse_prices
    from ecops.competitors.standing.choose import PeerSet, assign_tier, peers
    from ecops.competitors.standing.gaps import Gaps, Own, compare_kpis
    from ecops.competitors.standing.money import MoneyGap, money_gap
    from ecops.competitors.telling.strengths import Line, swot

_HOMES = {
    "market.demand": ("indices", "potential", "search_words"),
    "market.shares": ("assortment", "concentration", "share_of_voice", "structure"),
    "market.words": ("claims", "parameter_table", "titles"),
    "pricing.bands": ("price_bands",),
    "pricing.episodes": ("launches", "promotions"),
    "pricing.index": ("Index", "price_index"),
    "pricing.place": ("Position", "position"),
    "pricing.text": ("PriceText", "parse_pack", "parse_price", "parse_prices"),
    "standing.choose": ("PeerSet", "assign_tier", "peers"),
    "standing.gaps": ("Gaps", "Own", "compare_kpis"),
    "standing.money": ("MoneyGap", "money_gap"),
    "telling.strengths": ("Line", "swot"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Gaps",
    "Index",
    "Line",
    "MoneyGap",
    "Own",
    "PeerSet",
    "Position",
    "PriceText",
    "assign_tier",
    "assortment",
    "claims",
    "compare_kpis",
    "concentration",
    "indices",
    "launches",
    "money_gap",
    "parameter_table",
    "parse_pack",
    "parse_price",
    "parse_prices",
    "peers",
    "position",
    "potential",
    "price_bands",
    "price_index",
    "promotions",
    "search_words",
    "share_of_voice",
    "structure",
    "swot",
    "titles",
]


def __getattr__(name: str) -> object:
    # The maths brings pandas and scipy with it; a menu that asks for the name of the page must not wait for them.
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'ecops.competitors' has no attribute {name!r}")
