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
    from ecops.competitors.elasticity.fit import Elasticities, fit_elasticity
    from ecops.competitors.elasticity.reprice import Guard, Scenario, reprice
    from ecops.competitors.market.demand import indices, potential, search_words
    from ecops.competitors.market.shares import assortment, concentration, share_of_voice, structure
    from ecops.competitors.market.words import claims, parameter_table, titles
    from ecops.competitors.matching.pairs import Matches, Rules, match_products
    from ecops.competitors.pricing.bands import price_bands
    from ecops.competitors.pricing.episodes import launches, promotions
    from ecops.competitors.pricing.index import Index, price_index
    from ecops.competitors.pricing.packs import parse_pack
    from ecops.competitors.pricing.place import Position, position
    from ecops.competitors.pricing.text import PriceText, parse_price, parse_prices
    from ecops.competitors.reviews.comparing import compare_topics, emerging
    from ecops.competitors.reviews.topics import topics
    from ecops.competitors.standing.choose import PeerSet, assign_tier, peers
    from ecops.competitors.standing.gaps import Gaps, Own, compare_kpis
    from ecops.competitors.standing.money import MoneyGap, money_gap
    from ecops.competitors.telling.strengths import Line, swot

_HOMES = {
    "elasticity.fit": ("Elasticities", "fit_elasticity"),
    "elasticity.reprice": ("Guard", "Scenario", "reprice"),
    "market.demand": ("indices", "potential", "search_words"),
    "market.shares": ("assortment", "concentration", "share_of_voice", "structure"),
    "market.words": ("claims", "parameter_table", "titles"),
    "matching.pairs": ("Matches", "Rules", "match_products"),
    "pricing.bands": ("price_bands",),
    "pricing.episodes": ("launches", "promotions"),
    "pricing.index": ("Index", "price_index"),
    "pricing.packs": ("parse_pack",),
    "pricing.place": ("Position", "position"),
    "pricing.text": ("PriceText", "parse_price", "parse_prices"),
    "reviews.comparing": ("compare_topics", "emerging"),
    "reviews.topics": ("topics",),
    "standing.choose": ("PeerSet", "assign_tier", "peers"),
    "standing.gaps": ("Gaps", "Own", "compare_kpis"),
    "standing.money": ("MoneyGap", "money_gap"),
    "telling.strengths": ("Line", "swot"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Elasticities",
    "Gaps",
    "Guard",
    "Index",
    "Line",
    "Matches",
    "MoneyGap",
    "Own",
    "PeerSet",
    "Position",
    "PriceText",
    "Rules",
    "Scenario",
    "assign_tier",
    "assortment",
    "claims",
    "compare_kpis",
    "compare_topics",
    "concentration",
    "emerging",
    "fit_elasticity",
    "indices",
    "launches",
    "match_products",
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
    "reprice",
    "search_words",
    "share_of_voice",
    "structure",
    "swot",
    "titles",
    "topics",
]


def __getattr__(name: str) -> object:
    # The maths brings pandas and scipy with it; a menu that asks for the name of the page must not wait for them.
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'ecops.competitors' has no attribute {name!r}")
