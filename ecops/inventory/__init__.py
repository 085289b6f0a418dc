"""What to order today, how much and why; what to clear; which suppliers to trust; what one's own rules deliver."""

from ecops.inventory.analysis import Stock, analyse
from ecops.inventory.demand.classes import Classes, classify
from ecops.inventory.demand.exposure import uncensor
from ecops.inventory.demand.panel import Panel, panel
from ecops.inventory.forecasting.backtest import backtest
from ecops.inventory.forecasting.forecast import Forecast, forecast
from ecops.inventory.forecasting.lead_time import LeadTimeDemand, calibrate
from ecops.inventory.forecasting.uplift import Uplift, estimate_uplift
from ecops.inventory.orders.budget import Allocation, allocate_budget
from ecops.inventory.orders.flow import Turnover, clearance, turnover
from ecops.inventory.orders.position import alerts, cover_days, position
from ecops.inventory.orders.recommend import Line, recommend
from ecops.inventory.policies.lots import Lot, discount_lot, eoq
from ecops.inventory.policies.newsvendor import newsvendor
from ecops.inventory.policies.replay import Frontier, Replay, frontier, replay
from ecops.inventory.policies.rules import Rule, handbook_rules, rules
from ecops.inventory.policies.safety import lead_time_spread, reorder_point, safety_stock
from ecops.inventory.products.listing import completeness, price_ladder, shortlist
from ecops.inventory.products.profit import UnitProfit, price_roles, profits, unit_profit
from ecops.inventory.products.selection import TrialGate, quadrant, selection, trial_gate
from ecops.inventory.products.trend import category_trends
from ecops.inventory.spec import Spec
from ecops.inventory.supply.deliveries import lead_times, suppliers

__all__ = [
    "Allocation",
    "Classes",
    "Forecast",
    "Frontier",
    "LeadTimeDemand",
    "Line",
    "Lot",
    "Panel",
    "Replay",
    "Rule",
    "Spec",
    "Stock",
    "TrialGate",
    "Turnover",
    "UnitProfit",
    "Uplift",
    "alerts",
    "allocate_budget",
    "analyse",
    "backtest",
    "calibrate",
    "category_trends",
    "classify",
    "clearance",
    "completeness",
    "cover_days",
    "discount_lot",
    "eoq",
    "estimate_uplift",
    "forecast",
    "frontier",
    "handbook_rules",
    "lead_time_spread",
    "lead_times",
    "newsvendor",
    "panel",
    "position",
    "price_ladder",
    "price_roles",
    "profits",
    "quadrant",
    "recommend",
    "reorder_point",
    "replay",
    "rules",
    "safety_stock",
    "selection",
    "shortlist",
    "suppliers",
    "trial_gate",
    "turnover",
    "uncensor",
    "unit_profit",
]
