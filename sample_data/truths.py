"""What is planted in the files, how large it came out, and the two documents that say so."""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sample_data import customers, demand, market, presale, supply, trials
from sample_data.demand import Cell, Counts
from sample_data.orders import Book
from sample_data.people import nickname
from sample_data.shop import (
    BEST_SELLER,
    CART_TRAP,
    DAYS,
    DEAD_STOCK,
    FIRST_DAY,
    LAST_DAY,
    LATE_SUPPLIER,
    POSITION,
    PRESALE,
    PRODUCTS,
    RIVAL_CUT,
    SLOW_MOVER,
    date_of,
    day,
)
from sample_data.sycm import PRODUCT_REPORT_START

ONE_DAY = dt.timedelta(days=1)


# Page, files and sentences of each truth.
TEXTS: Mapping[str, Mapping[str, Any]] = tomllib.loads(Path(__file__).with_name("sentences.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Truth:
    """One planted truth.

    Attributes:
        name: stable key, the one of `sentences.toml`.
        subject: dimension values that name the cell.
        start: first day of the effect.
        end: last day of it.
        figures: what was planted and what came out, by name; rates are fractions, money is in yuan, negative is a loss.
    """

    name: str
    subject: Mapping[str, str]
    start: dt.date
    end: dt.date
    figures: Mapping[str, Any]

    def text(self, language: str) -> str:
        """One sentence in "zh" or "en"."""
        fields = {"start": self.start, "end": self.end, "loss": -self.figures.get("money", 0)}
        if "sku" in self.figures:
            item = PRODUCTS[POSITION[self.figures["sku"]]]
            fields |= {"title": item.title, "english": item.english}
        return str(TEXTS[self.name][language]).format(**{**fields, **self.figures})


def pooled_z(events: tuple[float, float], people: tuple[float, float]) -> float:
    """Two-proportion z with the pooled variance, (before, after)."""
    pooled = sum(events) / sum(people)
    error = math.sqrt(pooled * (1 - pooled) * (1 / people[0] + 1 / people[1]))
    return (events[1] / people[1] - events[0] / people[0]) / error


def _sum(series: NDArray[np.int64], start: dt.date, end: dt.date) -> int:
    return int(series[day(start) : day(end) + 1].sum())


def _order_value(book: Book, platform: str, device: str | None, start: dt.date, end: dt.date) -> float:
    amounts = [
        order.amount
        for order in book.orders
        if order.platform == platform
        and (device is None or order.device == device)
        and order.paid_at is not None
        and day(start) <= order.index <= day(end)
    ]
    return sum(amounts) / len(amounts)


def payment_failure(counts: Mapping[Cell, Counts], book: Book) -> Truth:
    """Orders on Douyin's mobile channels that are no longer paid."""
    start, end = demand.PAYMENT_FAILURE_START, LAST_DAY
    before = (start - (end - start) - ONE_DAY, start - ONE_DAY)
    cells = [cell for cell in counts if cell.platform == "douyin" and cell.device == "mobile"]
    orders = tuple(sum(_sum(counts[cell].orders, *span) for cell in cells) for span in (before, (start, end)))
    pays = tuple(sum(_sum(counts[cell].pays, *span) for cell in cells) for span in (before, (start, end)))
    value = _order_value(book, "douyin", "mobile", *before)
    usual = cells[0].pay
    lost = orders[1] * (pays[0] / orders[0]) - pays[1]
    figures = {
        "step": "order>pay",
        "compare_start": before[0],
        "compare_end": before[1],
        "planned_before": usual,
        "planned_after": demand.PAYMENT_FAILURE_RATE,
        "orders_before": orders[0],
        "orders_after": orders[1],
        "pays_before": pays[0],
        "pays_after": pays[1],
        "rate_before": round(pays[0] / orders[0], 4),
        "rate_after": round(pays[1] / orders[1], 4),
        "z": round(pooled_z(pays, orders), 1),
        "lost_orders": round(lost, 1),
        "order_value": round(value, 2),
        "money": round(-lost * value, 0),
        "money_per_week": round(-lost * value / 2, 0),
    }
    subject = {"platform": "douyin", "device": "mobile", "step": "order>pay"}
    return Truth(
        "payment_failure",
        subject,
        start,
        end,
        figures,
    )


def mix_shift(counts: Mapping[Cell, Counts], book: Book) -> Truth:
    """Every source of Taobao converts less; old customers' visits grow and hide it."""
    start, end = demand.SHIFT_START, LAST_DAY
    before = (start - (end - start) - ONE_DAY, start - ONE_DAY)
    cells = [cell for cell in counts if cell.platform == "taobao"]
    visitors, carts, pays = (
        np.array(
            [[_sum(getattr(counts[cell], name), *span) for cell in cells] for span in (before, (start, end))],
            dtype=float,
        )
        for name in ("visitors", "carts", "pays")
    )
    share = visitors / visitors.sum(axis=1, keepdims=True)
    rate = pays / visitors
    total = pays.sum(axis=1) / visitors.sum(axis=1)
    rate_effect = float(((share[0] + share[1]) / 2 * (rate[1] - rate[0])).sum())
    mix_effect = float(((share[1] - share[0]) * ((rate[0] + rate[1]) / 2 - total.mean())).sum())
    value = _order_value(book, "taobao", None, *before)
    figures: dict[str, Any] = {
        "step": "visit>cart",
        "compare_start": before[0],
        "compare_end": before[1],
        "planned_cart_factor": demand.SHIFT_CART_FACTOR,
        "planned_own_traffic_factor": demand.SHIFT_OWN_TRAFFIC,
        "growing_channel": demand.OWN,
        "share_before": round(float(share[0][4]), 4),
        "share_after": round(float(share[1][4]), 4),
        "total_rate_before": round(float(total[0]), 5),
        "total_rate_after": round(float(total[1]), 5),
        "total_z": round(pooled_z(tuple(pays.sum(axis=1)), tuple(visitors.sum(axis=1))), 2),
        "rate_effect": round(rate_effect, 5),
        "mix_effect": round(mix_effect, 5),
        "order_value": round(value, 2),
        "money": round(rate_effect * float(visitors[1].sum()) * value, 0),
        "money_mix": round(mix_effect * float(visitors[1].sum()) * value, 0),
    }
    figures["channels"] = [
        {
            "channel": cell.channel,
            "device": cell.device,
            "cart_rate_before": round(carts[0][i] / visitors[0][i], 4),
            "cart_rate_after": round(carts[1][i] / visitors[1][i], 4),
            "cart_z": round(pooled_z(tuple(carts[:, i]), tuple(visitors[:, i])), 1),
            "rate_before": round(rate[0][i], 5),
            "rate_after": round(rate[1][i], 5),
            "z": round(pooled_z(tuple(pays[:, i]), tuple(visitors[:, i])), 1),
        }
        for i, cell in enumerate(cells)
    ]
    return Truth("mix_shift", {"platform": "taobao"}, start, end, figures)


def cart_trap(rows: Iterable[tuple[str, int, int, int]]) -> Truth:
    """The product that many cart and few buy; `rows` are (sku, visitors, carts, pays) of the item report."""
    table = {sku: np.zeros(3) for sku in POSITION}
    for sku, *people in rows:
        table[sku] += people
    own = table[CART_TRAP]
    rest = sum(people for sku, people in table.items() if sku not in (CART_TRAP, BEST_SELLER))
    price = PRODUCTS[POSITION[CART_TRAP]].price
    usual = float(rest[2] / rest[1])
    figures = {
        "sku": CART_TRAP,
        "visitors": int(own[0]),
        "carts": int(own[1]),
        "pays": int(own[2]),
        "cart_rate": round(own[1] / own[0], 4),
        "cart_rate_others": round(float(rest[1] / rest[0]), 4),
        "pay_per_cart": round(own[2] / own[1], 4),
        "pay_per_cart_others": round(usual, 4),
        "z": round(pooled_z((float(rest[2]), own[2]), (float(rest[1]), own[1])), 1),
        "money": round(-own[1] * (usual - own[2] / own[1]) * price, 0),
        "price": price,
    }
    return Truth(
        "cart_high_pay_low",
        {"platform": "taobao", "sku": CART_TRAP},
        PRODUCT_REPORT_START,
        LAST_DAY,
        figures,
    )


def stock_out(sold: NDArray[np.int64], stock: NDArray[np.int64]) -> Truth:
    """The best seller that was not there."""
    start, end = demand.STOCK_OUT
    series = sold[POSITION[BEST_SELLER]]
    first, last = day(start), day(end)
    usual = float(series[first - 28 : first].mean())
    days = last - first + 1
    price = PRODUCTS[POSITION[BEST_SELLER]].price
    ordered, promised, quantity = supply.PENDING
    figures = {
        "sku": BEST_SELLER,
        "days": days,
        "units_per_day_before": round(usual, 2),
        "units_sold": int(series[first : last + 1].sum()),
        "lost_units": round(usual * days, 1),
        "price": price,
        "money": round(-usual * days * price, 0),
        "stock_evening_before": int(stock[POSITION[BEST_SELLER]][first - 1]),
        "z": round(-math.sqrt(usual * days), 1),
        "pending_order": quantity,
        "pending_ordered_on": ordered,
        "pending_promised_on": promised,
    }
    return Truth(
        "stock_out",
        {"sku": BEST_SELLER},
        start,
        end,
        figures,
    )


def lapsed(book: Book) -> Truth:
    """Good customers of one kind who stopped together."""
    spent: dict[int, list[tuple[int, float]]] = {}
    for order in book.orders:
        if order.platform == customers.LAPSED_PLATFORM and order.buyer in book.lapsed and order.paid_at is not None:
            spent.setdefault(order.buyer, []).append((order.index, order.amount - order.refund))
    last = max(index for rows in spent.values() for index, _ in rows)
    orders = [len(rows) for rows in spent.values()]
    money = sum(amount for rows in spent.values() for _, amount in rows)
    span = (customers.LAPSED_UNTIL - customers.LAPSED_FROM).days + 1
    figures = {
        "platform": customers.LAPSED_PLATFORM,
        "customers": len(spent),
        "orders": sum(orders),
        "median_orders": float(np.median(orders)),
        "last_order": date_of(last),
        "days_since_last_order_at_least": DAYS - 1 - last,
        "revenue": round(money, 0),
        "money": round(-money / span * (DAYS - 1 - day(customers.LAPSED_UNTIL)), 0),
        "buyers": sorted(nickname(buyer) for buyer in spent),
    }
    return Truth(
        "lapsed_customers",
        {"platform": "taobao"},
        customers.LAPSED_UNTIL + ONE_DAY,
        LAST_DAY,
        figures,
    )


def idle_stock(sold: NDArray[np.int64], stock: NDArray[np.int64]) -> list[Truth]:
    """The slow mover and the dead stock."""
    found = []
    for sku, name in ((SLOW_MOVER, "slow_mover"), (DEAD_STOCK, "dead_stock")):
        item, series = PRODUCTS[POSITION[sku]], sold[POSITION[sku]]
        left = int(stock[POSITION[sku]][-1])
        recent, last = int(series[-90:].sum()), date_of(int(np.flatnonzero(series)[-1]))
        figures = {
            "sku": sku,
            "units_last_90_days": recent,
            "last_sale": last,
            "stock": left,
            "unit_cost": item.cost,
            "money": round(-left * item.cost, 0),
        }
        start = last + ONE_DAY if sku == DEAD_STOCK else FIRST_DAY
        found.append(
            Truth(
                name,
                {"sku": sku},
                start,
                LAST_DAY,
                figures,
            )
        )
    return found


def late_supplier(purchases: list[supply.Purchase]) -> Truth:
    """The supplier who comes late."""
    done = [order for order in purchases if order.received is not None and order.received < DAYS]

    def score(orders: list[supply.Purchase]) -> dict[str, Any]:
        late = [order for order in orders if order.received is not None and order.received > order.promised]
        units = sum(order.quantity for order in orders)
        return {
            "deliveries": len(orders),
            "late": len(late),
            "late_rate": round(len(late) / len(orders), 4),
            "defect_rate": round(sum(order.defects for order in orders) / units, 4),
        }

    own = score([order for order in done if order.product.supplier == LATE_SUPPLIER])
    others = score([order for order in done if order.product.supplier != LATE_SUPPLIER])
    figures = {"supplier": LATE_SUPPLIER, **own, **{f"others_{key}": value for key, value in others.items()}}
    return Truth(
        "late_supplier",
        {"supplier": LATE_SUPPLIER},
        FIRST_DAY,
        LAST_DAY,
        figures,
    )


def presale_rate() -> Truth:
    """What share of deposits became payments."""
    past = [campaign for campaign in presale.CAMPAIGNS if campaign.due <= LAST_DAY]
    now = presale.CAMPAIGNS[-1]
    made, paid = sum(row.deposits for row in past), sum(row.paid for row in past)
    figures = {
        "sku": PRESALE,
        "deposits": made,
        "paid": paid,
        "rate": round(paid / made, 4),
        "open_campaign": now.name,
        "open_deposits": now.deposits,
        "expected_paid_of_open": round(now.deposits * paid / made, 1),
        "campaigns": [
            {"name": row.name, "deposits": row.deposits, "paid": row.paid, "rate": round(row.paid / row.deposits, 4)}
            for row in past
        ],
    }
    return Truth(
        "presale_balance_rate",
        {"sku": PRESALE},
        past[0].opens,
        LAST_DAY,
        figures,
    )


def rival_cut() -> Truth:
    """The price that a rival cut."""
    old, new = market.RIVAL_PRICES
    ours = PRODUCTS[POSITION[RIVAL_CUT]].price
    figures = {
        "sku": RIVAL_CUT,
        "rival": market.RIVAL,
        "price_before": old,
        "price_after": new,
        "change": round(new / old - 1, 4),
        "our_price": ours,
    }
    return Truth(
        "rival_price_cut",
        {"sku": RIVAL_CUT, "rival": market.RIVAL},
        market.RIVAL_CUT_FROM,
        LAST_DAY,
        figures,
    )


def dearer() -> Truth:
    """Our price above the band around rivals."""
    ours = PRODUCTS[POSITION[market.DEARER]].price
    theirs = market.rival_prices(market.DEARER)
    middle = float(np.median(theirs))
    figures = {"sku": market.DEARER, "our_price": ours, "reference": middle, "gap": round(ours / middle - 1, 4)}
    return Truth("price_above_band", {"sku": market.DEARER}, LAST_DAY, LAST_DAY, figures)


VERDICTS = {"ab_win": "ship", "ab_srm": "invalid", "ab_flat": "flat", "ab_early": "flat"}


def trial(test: trials.Trial) -> Truth:
    """One A/B test."""
    arms = (test.control, test.treatment)
    people = tuple(float(sum(arm.people)) for arm in arms)
    buyers = tuple(float(sum(arm.buyers)) for arm in arms)
    first = pooled_z(tuple(float(arm.buyers[0]) for arm in arms), tuple(float(arm.people[0]) for arm in arms))
    half = sum(people) / 2
    weeks = len(test.control.people)
    figures = {
        "title": test.zh,
        "english": test.en,
        "verdict": VERDICTS[test.name],
        "planned_sample": test.planned,
        "users_control": int(people[0]),
        "users_treatment": int(people[1]),
        "buyers_control": int(buyers[0]),
        "buyers_treatment": int(buyers[1]),
        "rate_control": round(buyers[0] / people[0], 4),
        "rate_treatment": round(buyers[1] / people[1], 4),
        "z": round(pooled_z(buyers, people), 2),
        "z_first_week": round(first, 2),
        "sample_ratio_chi2": round(sum((count - half) ** 2 / half for count in people), 2),
    }
    return Truth(
        test.name,
        {"experiment": test.name},
        test.start,
        test.start + (7 * weeks - 1) * ONE_DAY,
        figures,
    )


def collect(
    counts: Mapping[Cell, Counts], book: Book, plan: supply.Supply, items: Iterable[tuple[str, int, int, int]]
) -> list[Truth]:
    """Every planted truth, the ones that the last weeks must show first."""
    sold = supply.units_sold(book)
    return [
        payment_failure(counts, book),
        mix_shift(counts, book),
        cart_trap(items),
        stock_out(sold, plan.stock),
        lapsed(book),
        *idle_stock(sold, plan.stock),
        late_supplier(plan.purchases),
        presale_rate(),
        rival_cut(),
        dearer(),
        *(trial(test) for test in trials.TRIALS),
    ]
