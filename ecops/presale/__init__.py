"""Deposits come in: how many units do we commit?

>>> import datetime as dt
>>> day = dt.date(2026, 11, 1)
>>> now = Series("Double 11", "A", day, 1, (1000.0,), day + dt.timedelta(days=1))
>>> prior = conversion_prior([820, 1200, 640, 950], [731, 1010, 589, 836])
>>> futures = predict(now, demand=Demand(50.0), conversion=prior, spec=Spec(uplift=1.0))
>>> rule = handbook_equivalent(futures, 50.0)
>>> rule.quantity, rule.cover > 0.9
(1550.0, True)
"""

from ecops.presale.analysis import Item, Presale, analyse
from ecops.presale.campaigns.reading import campaigns
from ecops.presale.campaigns.series import Series
from ecops.presale.decisions.capacity import Capacity, capacity
from ecops.presale.decisions.gate import Gate, gate
from ecops.presale.decisions.handbook import Rule, handbook_equivalent
from ecops.presale.decisions.order import Order, Outcome, TwoOrders, order, outcome, two_orders
from ecops.presale.funnel import funnel
from ecops.presale.futures.conversion import Conversion, conversion_prior
from ecops.presale.futures.curve import Curve, completion_curve, gamma_update
from ecops.presale.futures.predict import Demand, Prediction, predict
from ecops.presale.spec import Economics, Spec
from ecops.presale.tracking import Track, track

__all__ = [
    "Capacity",
    "Conversion",
    "Curve",
    "Demand",
    "Economics",
    "Gate",
    "Item",
    "Order",
    "Outcome",
    "Prediction",
    "Presale",
    "Rule",
    "Series",
    "Spec",
    "Track",
    "TwoOrders",
    "analyse",
    "campaigns",
    "capacity",
    "completion_curve",
    "conversion_prior",
    "funnel",
    "gamma_update",
    "gate",
    "handbook_equivalent",
    "order",
    "outcome",
    "predict",
    "track",
    "two_orders",
]
