"""A shop so small that each parameter of the handbooks moves one thing in it, and what that thing is."""

import copy
import functools

import pandas as pd

from ecops.competitors import view as rivals
from ecops.customers import answers as customers
from ecops.handbook.own import TOPIC
from ecops.inventory import view
from ecops.inventory.spec import Spec
from ecops.inventory.telling.findings import findings
from ecops.metrics.beside import benchmarks
from ecops.metrics.told.completeness import completeness
from ecops.presale.view import presale
from ecops.review import goals
from ecops.review.meetings import checklists
from ecops.store.inputs import open_data
from tests.presale.conftest import deposits

DAYS = pd.date_range("2026-01-01", periods=140)
TODAY = DAYS[-1]


@functools.cache
def tables():
    """Steady sales of A to E, an idle F, three suppliers of whom one is late and sloppy, terms on every limit."""
    sold = []
    for sku, every, quantity in (("A", 1, 2), ("B", 1, 1), ("C", 1, 4), ("D", 2, 1), ("E", 1, 1)):
        days = DAYS[::every]
        sold.append(pd.DataFrame({"sku": sku, "ordered_at": days, "quantity": quantity}))
    sold.append(pd.DataFrame({"sku": "F", "ordered_at": DAYS[:40], "quantity": 1}))
    lines = pd.concat(sold, ignore_index=True)
    lines = lines.assign(
        platform="web",
        order_id=[f"O{place}" for place in range(len(lines))],
        paid_at=lines["ordered_at"],
        paid_amount=lines["quantity"] * 20.0,
        buyer_id=[f"b{int(((8 * place + 1) ** 0.5 - 1) / 2)}" for place in range(len(lines))],  # of 1, 2, 3, ... orders
        status=["paid" if day > TODAY - pd.Timedelta(days=3) else "shipped" for day in lines["ordered_at"]],
    )
    lines["returned_quantity"] = [float(place % 12 == 0) for place in range(len(lines))]
    stock = [("A", 10), ("B", 5), ("C", 90), ("D", 40), ("E", 40), ("F", 30)]
    counts = pd.DataFrame([(TODAY, sku, units) for sku, units in stock], columns=["date", "sku", "on_hand"])
    products = pd.DataFrame(
        {
            "sku": list("ABCDEF"),
            "title": ["Apple", "Bread", "Cup", "Dish", "Egg", "Fork"],
            "cost": [13.0, 5.0, 14.5, 5.0, 9.0, 5.0],
            "price": [20.0] * 6,
            "brand": ["x", "x", "x", "x", None, "x"],
            "category": ["kitchen"] * 6,
        }
    )
    return {
        "order_lines": lines,
        "inventory_snapshots": counts,
        "products": products,
        "purchase_orders": _purchases(),
        "suppliers": _terms(),
        "peer_kpis": _peers(),
        "listings": _listings(),
        "calendar": pd.DataFrame(
            {"starts_on": [TODAY + pd.Timedelta(days=40)], "name": ["618"], "kind": ["promotion"]}
        ),
        "presale_deposits": pd.concat(
            # One product that is sold already, and a new one.
            [deposits(sku=sku, start="2026-05-15", units=(30, 10, 10, 10, 10, 10)) for sku in ("A", "new")]
        ),
    }


def _peers():
    """Seven shops in two months; ours sells nothing that they would tell apart."""
    return pd.DataFrame(
        {
            "shop": f"Peer {place}", "platform": "web", "tier": "", "period": month, "visitors": 1000 + 100 * place,
            "conversion_rate": 0.04 + 0.001 * place, "order_value": 50.0, "pay_amount": 4000.0 + 500 * place,
        }
        for month in ("2026-04-01", "2026-05-01")
        for place in range(7)
    )  # fmt: skip


def _listings():
    """The cup for 20 with us and for 12 with a rival."""
    rows = [("web", "us", "C", "Blue enamel cup 350 ml", 20.0), ("web", "Peer 1", "R1", "Blue enamel cup 350 ml", 12.0)]
    return pd.DataFrame(rows, columns=["platform", "shop", "sku", "title", "list_price"]).assign(date=TODAY)


def _purchases():
    rows = []
    for place in range(40):
        day = TODAY - pd.Timedelta(days=130 - 3 * place)
        for supplier, sku, late, faulty in (
            ("Slow", "A", place % 4 == 0, 4), ("Good", "A", False, 0), ("Good", "B", False, 0),
        ):  # fmt: skip
            rows.append(
                {
                    "po_id": f"{supplier}{sku}{place}",
                    "supplier": supplier,
                    "sku": sku,
                    "ordered_on": day,
                    "promised_on": day + pd.Timedelta(days=5),
                    "received_on": day + pd.Timedelta(days=8 if late else 4),
                    "quantity": 50.0,
                    "received_quantity": 50.0,
                    "inspected_quantity": 10.0,
                    "defect_quantity": float(faulty),
                    "unit_cost": 8.0,
                    "status": "received",
                }
            )
    return pd.DataFrame(rows)


def _terms():
    return pd.DataFrame(
        {
            "supplier": ["Slow", "Good"],
            "credit_days": [20.0, 20.0],
            "rebate_rate": [0.0, 0.005],
            "ship48_rate": [0.96, 0.96],
            "ship48_orders": [4000.0, 4000.0],
            "chat_minutes": [2.0, 2.0],
            "data_delay_minutes": [12.0, 12.0],
            "return_days": [40.0, 40.0],
            "return_loss_rate": [0.04, 0.04],
        }
    )


@functools.cache
def base():
    """The shop, opened once."""
    return open_data(tables())


def with_own(values):
    """The same shop with its own values of parameters, by key."""
    data = copy.copy(base())
    data.choices = {TOPIC: {key: {"value": value, "source": ""} for key, value in values.items()}}
    return data


def _alerts(data):
    return view.stock(data).table["alert"].tolist()


def _finding(rule):
    def told(data):
        return [
            (str(one.headline), one.before, one.parameters)
            for one in findings(view.stock(data))
            if one.action.rule == rule
        ]

    return told


def _terms_of(column):
    return lambda data: view.terms(data)[column].round(6).tolist()


def _bounds(rule):
    return lambda data: view.stock(data, Spec(rule=rule)).table[["reorder", "upto"]].round(6).to_numpy().tolist()


def _choices(column):
    return lambda data: view.choices(data)[column].tolist()


def _benchmark(key):
    return lambda data: [one.value for one in benchmarks.benchmarks(data) if one.id == key]


def _due(data):
    return [item.due for item in checklists.countdown(data, TODAY.date()).items]


def _stage(stage):
    return lambda data: goals.suggested(goals.stage(stage), data)


def _tiers(data):
    return customers.ranks(data, TODAY.date(), "orders", None).table()["customers"].tolist()


VERDICTS = {
    "finance.gross_margin_min": (0.45, _choices("margin_verdict")),
    "finance.sku_roi_min": (9.0, lambda data: view.choices(data, (("promotion", 0.2),))["roi_verdict"].tolist()),
    "finance.supplier_rebate": (0.02, _terms_of("rebate_more")),
    "finance.credit_days_low": (60, _terms_of("cash_more")),
    "inventory.reorder_cover_days": (28, _alerts),
    "inventory.alarm_cover_days": (6, _alerts),
    "inventory.excess_cover_days": (50, _alerts),
    "inventory.dead_stock_days": (120, _finding("stock_dead")),
    "inventory.min_units_dropship": (500, _bounds("least_units")),
    "supplier.delay_max": (0.5, _finding("supplier_late")),
    "supplier.defect_max": (0.5, lambda data: view.stock(data).suppliers["defect_verdict"].tolist()),
    "supplier.backup_minimum": (3, lambda data: view.stock(data).suppliers["single_source"].tolist()),
    "supplier.crisis_supply_min": (0.01, lambda data: view.backups(data)[1]["wanted"].tolist()),
    "inventory.inbound_sample_min": (0.5, lambda data: view.warehouses(data)[2]["enough"].tolist()),
    "supplier.ship48_min": (0.99, _terms_of("ship48_verdict")),
    "supplier.chat_minutes_max": (1, _terms_of("chat_verdict")),
    "supplier.data_delay_minutes_max": (10, _terms_of("data_verdict")),
    "supplier.dead_stock_return_days": (60, _terms_of("return_verdict")),
    "supplier.return_loss_max": (0.01, _terms_of("loss_verdict")),
    "service.ship_hours": (24, lambda data: view.shelf(data)["fulfilled"]),
    "service.return_rate_max": (0.5, _choices("return_verdict")),
    "listing.attribute_missing_max": (0.5, lambda data: view.shelf(data)["incomplete"]["sku"].tolist()),
    "customer.tier_silver": (2, _tiers),
    "customer.tier_gold": (4, _tiers),
    "customer.tier_black": (7, _tiers),
    "customer.repurchase_window_days": (2, lambda data: customers.coming_back(data, TODAY.date()).second_mature),
    "customer.high_value_share": (0.5, lambda data: customers.held(data, "customer.high_value_share")),
    "customer.quoted_points_retention": (0.05, customers.quoted),
    "customer.quoted_crm_value": (0.05, customers.quoted),
    "customer.quoted_community_cost": (0.05, customers.quoted),
    "customer.base_goal": (500, _stage("cold_start")),
    "customer.repeat_goal": (0.5, _stage("maturity")),
    "funnel.cvr_goal_6m": (0.06, _stage("growth")),
    **{
        f"promotion.{name}": (value, _due)
        for name, value in (("plan_days", 40), ("brief_days", 20), ("design_hours", 96))
    },
    "inventory.presale_gate_units": (300, lambda data: [item.gate.target for item in presale(data).items if item.gate]),
    "inventory.presale_uplift": (1.5, lambda data: presale(data).items[0].rule.quantity),
    "inventory.presale_base_days": (14, lambda data: presale(data).items[0].rule.quantity),
    "data.sources_min": (2, lambda data: completeness(data).verdict.text("en")),
    "data.completeness_min": (0.5, lambda data: completeness(data).verdict.text("en")),
    "competitor.peers_high": (2, lambda data: rivals.standing(data).peer_set.chosen),
    "competitor.price_anchor_band": (0.9, lambda data: rivals.prices(data).places["verdict"].tolist()),
    **{key: (0.5, _benchmark(key)) for key in benchmarks.CITES},
}
"""Key -> another value, and what has to be different then."""
