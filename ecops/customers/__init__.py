"""Who are our customers, what are they worth, and who gets which coupon?"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecops.customers.orders.baskets import Baskets, baskets
    from ecops.customers.orders.book import OrderBook, order_book
    from ecops.customers.programme.audience import Audience, audience
    from ecops.customers.programme.loyalty import coupons, points, referral, survey
    from ecops.customers.programme.plan import Coupon, plan, plays, what_if
    from ecops.customers.programme.readout import Readout, readout
    from ecops.customers.programme.reidentify import reidentify
    from ecops.customers.programme.tiers import Tiers, ladders, nudges, tiers
    from ecops.customers.retention.cohorts import Cohorts, cohorts
    from ecops.customers.retention.members import Compared, members
    from ecops.customers.retention.repeat import repeat
    from ecops.customers.retention.reviewed import churn_reasons, reviewed_by_segment
    from ecops.customers.scoring.migration import Migration, migration
    from ecops.customers.scoring.persona import Persona, completeness, habits, persona
    from ecops.customers.scoring.rfm import Rfm, rfm
    from ecops.customers.scoring.scores import Cuts, Scores, score
    from ecops.customers.scoring.segments import Segmented, custom_scheme, schemes, segment
    from ecops.customers.value.acquisition import ltv_cac
    from ecops.customers.value.backtest import Backtest, backtest
    from ecops.customers.value.forecast import Prediction, Value, fit_value

_HOMES = {
    "orders.baskets": ("Baskets", "baskets"),
    "orders.book": ("OrderBook", "order_book"),
    "programme.audience": ("Audience", "audience"),
    "programme.loyalty": ("coupons", "points", "referral", "survey"),
    "programme.plan": ("Coupon", "plan", "plays", "what_if"),
    "programme.readout": ("Readout", "readout"),
    "programme.reidentify": ("reidentify",),
    "programme.tiers": ("Tiers", "ladders", "nudges", "tiers"),
    "retention.cohorts": ("Cohorts", "cohorts"),
    "retention.members": ("Compared", "members"),
    "retention.repeat": ("repeat",),
    "retention.reviewed": ("churn_reasons", "reviewed_by_segment"),
    "scoring.migration": ("Migration", "migration"),
    "scoring.persona": ("Persona", "completeness", "habits", "persona"),
    "scoring.rfm": ("Rfm", "rfm"),
    "scoring.scores": ("Cuts", "Scores", "score"),
    "scoring.segments": ("Segmented", "custom_scheme", "schemes", "segment"),
    "value.acquisition": ("ltv_cac",),
    "value.backtest": ("Backtest", "backtest"),
    "value.forecast": ("Prediction", "Value", "fit_value"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Audience",
    "Backtest",
    "Baskets",
    "Cohorts",
    "Compared",
    "Coupon",
    "Cuts",
    "Migration",
    "OrderBook",
    "Persona",
    "Prediction",
    "Readout",
    "Rfm",
    "Scores",
    "Segmented",
    "Tiers",
    "Value",
    "audience",
    "backtest",
    "baskets",
    "churn_reasons",
    "cohorts",
    "completeness",
    "coupons",
    "custom_scheme",
    "fit_value",
    "habits",
    "ladders",
    "ltv_cac",
    "members",
    "migration",
    "nudges",
    "order_book",
    "persona",
    "plan",
    "plays",
    "points",
    "readout",
    "referral",
    "reidentify",
    "repeat",
    "reviewed_by_segment",
    "rfm",
    "schemes",
    "score",
    "segment",
    "survey",
    "tiers",
    "what_if",
]


def __getattr__(name: str) -> object:
    # The forecast brings SciPy with it; who only counts orders and cohorts must not wait for it.
    if name in _HOME_OF:
        return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'ecops.customers' has no attribute {name!r}")
