"""Who are our customers, what are they worth, and who gets which coupon?"""

from ecops.customers.orders.book import OrderBook, order_book
from ecops.customers.retention.cohorts import Cohorts, cohorts
from ecops.customers.retention.repeat import repeat
from ecops.customers.scoring.migration import Migration, migration
from ecops.customers.scoring.rfm import Rfm, rfm
from ecops.customers.scoring.scores import Cuts, Scores, score
from ecops.customers.scoring.segments import Segmented, custom_scheme, schemes, segment
from ecops.customers.value.backtest import Backtest, backtest
from ecops.customers.value.forecast import Prediction, Value, fit_value

__all__ = [
    "Backtest",
    "Cohorts",
    "Cuts",
    "Migration",
    "OrderBook",
    "Prediction",
    "Rfm",
    "Scores",
    "Segmented",
    "Value",
    "backtest",
    "cohorts",
    "custom_scheme",
    "fit_value",
    "migration",
    "order_book",
    "repeat",
    "rfm",
    "schemes",
    "score",
    "segment",
]
