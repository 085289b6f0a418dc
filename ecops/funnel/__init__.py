"""Where do we lose orders: which step, in which segment, how much money, how sure, what to do."""

from ecops.funnel.events import from_events
from ecops.funnel.packing import PackedEvents, pack
from ecops.funnel.spec import Exclusion, FunnelSpec, Step, presets
from ecops.funnel.table import FunnelTable, Issue

__all__ = ["Exclusion", "FunnelSpec", "FunnelTable", "Issue", "PackedEvents", "Step", "from_events", "pack", "presets"]
