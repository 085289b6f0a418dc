"""Who are our customers, what are they worth, and who gets which coupon?"""

from ecops.customers.orders.book import OrderBook, order_book
from ecops.customers.retention.cohorts import Cohorts, cohorts
from ecops.customers.retention.repeat import repeat
from ecops.customers.scoring.migration import Migration, migration
from ecops.customers.scoring.rfm import Rfm, rfm
from ecops.customers.scoring.scores import Cuts, Scores, score
from ecops.customers.scoring.segments import Segmented, custom_scheme, schemes, segment

__all__ = [
    "Cohorts",
    "Cuts",
    "Migration",
    "OrderBook",
    "Rfm",
    "Scores",
    "Segmented",
    "cohorts",
    "custom_scheme",
    "migration",
    "order_book",
    "repeat",
    "rfm",
    "schemes",
    "score",
    "segment",
]
