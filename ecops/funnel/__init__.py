"""Where do we lose orders: which step, in which segment, how much money, how sure, what to do."""

from ecops.funnel.causes.diagnosis import Diagnosis, diagnose
from ecops.funnel.causes.products import cart_pay_products
from ecops.funnel.causes.quality import quality
from ecops.funnel.leaks.carts import UnpaidCarts, unpaid_carts
from ecops.funnel.leaks.figures import Figure
from ecops.funnel.leaks.overview import checklist, further_figures
from ecops.funnel.leaks.sources import source_quality
from ecops.funnel.leaks.trends import step_trend, weekly_people
from ecops.funnel.paths.behaviour import TimeToConvert, drivers, skipped_steps, time_to_convert
from ecops.funnel.reading.counts import from_table
from ecops.funnel.reading.events import from_events
from ecops.funnel.reading.packing import PackedEvents, pack
from ecops.funnel.spec import Exclusion, FunnelSpec, Step, presets
from ecops.funnel.table import FunnelTable, Issue

__all__ = [
    "Diagnosis",
    "Exclusion",
    "Figure",
    "FunnelSpec",
    "FunnelTable",
    "Issue",
    "PackedEvents",
    "Step",
    "TimeToConvert",
    "UnpaidCarts",
    "cart_pay_products",
    "checklist",
    "diagnose",
    "drivers",
    "from_events",
    "from_table",
    "further_figures",
    "pack",
    "presets",
    "quality",
    "skipped_steps",
    "source_quality",
    "step_trend",
    "time_to_convert",
    "unpaid_carts",
    "weekly_people",
]
