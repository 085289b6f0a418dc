"""What is planted in the files, how large it came out, and the two documents that say so."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Truth:
    """One planted truth.

    Attributes:
        name: stable key.
        area: the page that must find it.
        subject: dimension values that name the cell.
        start: first day of the effect.
        end: last day of it.
        figures: what was planted and what came out, by name; rates are fractions, money is in yuan.
        zh: one sentence in Chinese.
        en: the same in English.
    """

    name: str
    area: str
    subject: Mapping[str, str]
    start: dt.date
    end: dt.date
    figures: Mapping[str, Any]
    zh: str
    en: str
    files: tuple[str, ...] = field(default=())


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
        "step": "order>pay", "compare_start": before[0], "compare_end": before[1], "planned_before": usual,
        "planned_after": demand.PAYMENT_FAILURE_RATE, "orders_before": orders[0], "orders_after": orders[1],
        "pays_before": pays[0], "pays_after": pays[1], "rate_before": round(pays[0] / orders[0], 4),
        "rate_after": round(pays[1] / orders[1], 4), "z": round(pooled_z(pays, orders), 1),
        "lost_orders": round(lost, 1), "order_value": round(value, 2), "money": round(-lost * value, 0),
        "money_per_week": round(-lost * value / 2, 0),
    }  # fmt: skip
    zh = (
        f"抖音移动端从 {start} 起支付异常：下单到支付由 {figures['rate_before']:.1%} 跌到 {figures['rate_after']:.1%}，"
        f"两周约少收 {-figures['money']:,.0f} 元；抖音 PC 端与其他平台正常。"
    )
    en = (
        f"Payments fail on Douyin mobile from {start}: order to payment falls from {figures['rate_before']:.1%} to "
        f"{figures['rate_after']:.1%}, about {-figures['money']:,.0f} yuan lost in two weeks; Douyin desktop and the other platforms are well."
    )
    subject = {"platform": "douyin", "device": "mobile", "step": "order>pay"}
    return Truth(
        "payment_failure",
        "funnel",
        subject,
        start,
        end,
        figures,
        zh,
        en,
        ("douyin_funnel.xlsx", "douyin_orders.zip", "events.csv.gz"),
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
        "step": "visit>cart", "compare_start": before[0], "compare_end": before[1],
        "planned_cart_factor": demand.SHIFT_CART_FACTOR, "planned_own_traffic_factor": demand.SHIFT_OWN_TRAFFIC,
        "growing_channel": demand.OWN, "share_before": round(float(share[0][4]), 4), "share_after": round(float(share[1][4]), 4),
        "total_rate_before": round(float(total[0]), 5), "total_rate_after": round(float(total[1]), 5),
        "total_z": round(pooled_z(tuple(pays.sum(axis=1)), tuple(visitors.sum(axis=1))), 2),
        "rate_effect": round(rate_effect, 5), "mix_effect": round(mix_effect, 5), "order_value": round(value, 2),
        "money": round(rate_effect * float(visitors[1].sum()) * value, 0),
        "money_mix": round(mix_effect * float(visitors[1].sum()) * value, 0),
    }  # fmt: skip
    figures["channels"] = [
        {
            "channel": cell.channel, "device": cell.device,
            "cart_rate_before": round(carts[0][i] / visitors[0][i], 4), "cart_rate_after": round(carts[1][i] / visitors[1][i], 4),
            "cart_z": round(pooled_z(tuple(carts[:, i]), tuple(visitors[:, i])), 1),
            "rate_before": round(rate[0][i], 5), "rate_after": round(rate[1][i], 5), "z": round(pooled_z(tuple(pays[:, i]), tuple(visitors[:, i])), 1),
        }
        for i, cell in enumerate(cells)
    ]  # fmt: skip
    zh = (
        f"淘宝从 {start} 起每个来源的访客→加购都掉了约四分之一，但「{demand.OWN}」访客占比由 {figures['share_before']:.1%} 升到 {figures['share_after']:.1%}，"
        f"店铺转化率看上去没变（{total[0]:.2%} → {total[1]:.2%}）。率变化四周约损失 {-figures['money']:,.0f} 元，被结构变化抵消。"
    )
    en = (
        f"From {start} every source of Taobao carts about a quarter less, but the share of returning customers' visits ({demand.OWN}) grows from "
        f"{figures['share_before']:.1%} to {figures['share_after']:.1%}, so the shop's conversion looks unchanged ({total[0]:.2%} to {total[1]:.2%}). "
        f"The fall of rates costs about {-figures['money']:,.0f} yuan in four weeks and is hidden by the mix."
    )
    return Truth("mix_shift", "growth", {"platform": "taobao"}, start, end, figures, zh, en, ("sycm_sources.zip",))


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
        "sku": CART_TRAP, "visitors": int(own[0]), "carts": int(own[1]), "pays": int(own[2]),
        "cart_rate": round(own[1] / own[0], 4), "cart_rate_others": round(float(rest[1] / rest[0]), 4),
        "pay_per_cart": round(own[2] / own[1], 4), "pay_per_cart_others": round(usual, 4),
        "z": round(pooled_z((float(rest[2]), own[2]), (float(rest[1]), own[1])), 1),
        "money": round(-own[1] * (usual - own[2] / own[1]) * price, 0), "price": price,
    }  # fmt: skip
    title = PRODUCTS[POSITION[CART_TRAP]].title
    zh = (
        f"{title}（{CART_TRAP}）加购率 {figures['cart_rate']:.1%}，其他商品 {figures['cart_rate_others']:.1%}；"
        f"加购后支付只有 {figures['pay_per_cart']:.1%}，其他 {usual:.1%}。按其他商品的水平六周少卖约 {-figures['money']:,.0f} 元。"
    )
    en = (
        f"{PRODUCTS[POSITION[CART_TRAP]].english} ({CART_TRAP}) is carted by {figures['cart_rate']:.1%} of its visitors, others by "
        f"{figures['cart_rate_others']:.1%}; only {figures['pay_per_cart']:.1%} of those carts are paid, others {usual:.1%}. "
        f"At the others' level it would have sold about {-figures['money']:,.0f} yuan more in six weeks."
    )
    return Truth(
        "cart_high_pay_low", "funnel", {"platform": "taobao", "sku": CART_TRAP}, PRODUCT_REPORT_START, LAST_DAY, figures, zh, en,
        ("sycm_products.zip", "sycm_products_newest.xls"),
    )  # fmt: skip


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
        "sku": BEST_SELLER, "days": days, "units_per_day_before": round(usual, 2), "units_sold": int(series[first : last + 1].sum()),
        "lost_units": round(usual * days, 1), "price": price, "money": round(-usual * days * price, 0),
        "stock_evening_before": int(stock[POSITION[BEST_SELLER]][first - 1]), "z": round(-math.sqrt(usual * days), 1),
        "pending_order": quantity, "pending_ordered_on": ordered, "pending_promised_on": promised,
    }  # fmt: skip
    zh = (
        f"爆款 316 不锈钢保温杯（{BEST_SELLER}）{start} 至 {end} 断货 {days} 天：之前日均 {usual:.1f} 件，断货期 0 件，"
        f"约少卖 {usual * days:.0f} 件、{-figures['money']:,.0f} 元；{promised} 应到的采购单还没到。"
    )
    en = (
        f"The best seller {BEST_SELLER} is out of stock from {start} to {end}, {days} days: {usual:.1f} units a day before, none since, "
        f"about {usual * days:.0f} units and {-figures['money']:,.0f} yuan lost; the delivery promised for {promised} has not come."
    )
    return Truth(
        "stock_out",
        "inventory",
        {"sku": BEST_SELLER},
        start,
        end,
        figures,
        zh,
        en,
        ("inventory.xlsx", "taobao_items.zip", "purchase_orders.xlsx"),
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
        "platform": customers.LAPSED_PLATFORM, "customers": len(spent), "orders": sum(orders), "median_orders": float(np.median(orders)),
        "last_order": date_of(last), "days_since_last_order_at_least": DAYS - 1 - last, "revenue": round(money, 0),
        "money": round(-money / span * (DAYS - 1 - day(customers.LAPSED_UNTIL)), 0), "buyers": sorted(nickname(buyer) for buyer in spent),
    }  # fmt: skip
    zh = f"淘宝 {len(spent)} 位高价值老客（每人中位 {figures['median_orders']:.0f} 单，共 {money:,.0f} 元）在 {customers.LAPSED_UNTIL} 之后再没有下单。"
    en = (
        f"{len(spent)} good customers on Taobao (median {figures['median_orders']:.0f} orders each, {money:,.0f} yuan together) have not bought since "
        f"{customers.LAPSED_UNTIL}."
    )
    return Truth(
        "lapsed_customers",
        "customers",
        {"platform": "taobao"},
        customers.LAPSED_UNTIL + ONE_DAY,
        LAST_DAY,
        figures,
        zh,
        en,
        ("taobao_orders.zip",),
    )


def idle_stock(sold: NDArray[np.int64], stock: NDArray[np.int64]) -> list[Truth]:
    """The slow mover and the dead stock."""
    found = []
    for sku, name, zh_name, en_name in (
        (SLOW_MOVER, "slow_mover", "滞销", "slow"),
        (DEAD_STOCK, "dead_stock", "死库存", "dead"),
    ):
        item, series = PRODUCTS[POSITION[sku]], sold[POSITION[sku]]
        left = int(stock[POSITION[sku]][-1])
        recent, last = int(series[-90:].sum()), date_of(int(np.flatnonzero(series)[-1]))
        figures = {
            "sku": sku, "units_last_90_days": recent, "last_sale": last, "stock": left, "unit_cost": item.cost, "money": round(-left * item.cost, 0),
        }  # fmt: skip
        start = last + ONE_DAY if sku == DEAD_STOCK else FIRST_DAY
        zh = f"{item.title}（{sku}）{zh_name}：近 90 天卖出 {recent} 件，最后一次售出 {last}，库存 {left} 件，占用成本 {left * item.cost:,.0f} 元。"
        en = f"{item.english} ({sku}) is {en_name} stock: {recent} units in 90 days, last sold {last}, {left} units left that cost {left * item.cost:,.0f} yuan."
        found.append(
            Truth(
                name, "inventory", {"sku": sku}, start, LAST_DAY, figures, zh, en, ("inventory.xlsx", "products.xlsx")
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
            "deliveries": len(orders), "late": len(late), "late_rate": round(len(late) / len(orders), 4),
            "defect_rate": round(sum(order.defects for order in orders) / units, 4),
        }  # fmt: skip

    own = score([order for order in done if order.product.supplier == LATE_SUPPLIER])
    others = score([order for order in done if order.product.supplier != LATE_SUPPLIER])
    figures = {"supplier": LATE_SUPPLIER, **own, **{f"others_{key}": value for key, value in others.items()}}
    zh = f"{LATE_SUPPLIER} {own['deliveries']} 次到货有 {own['late']} 次延误（{own['late_rate']:.0%}），其他供应商 {others['late_rate']:.1%}；次品率 {own['defect_rate']:.1%}。"
    en = (
        f"{LATE_SUPPLIER} was late with {own['late']} of {own['deliveries']} deliveries ({own['late_rate']:.0%}), the others with "
        f"{others['late_rate']:.1%}; {own['defect_rate']:.1%} of its units fail inspection."
    )
    return Truth(
        "late_supplier",
        "inventory",
        {"supplier": LATE_SUPPLIER},
        FIRST_DAY,
        LAST_DAY,
        figures,
        zh,
        en,
        ("purchase_orders.xlsx",),
    )


def presale_rate() -> Truth:
    """What share of deposits became payments."""
    past = [campaign for campaign in presale.CAMPAIGNS if campaign.due <= LAST_DAY]
    now = presale.CAMPAIGNS[-1]
    made, paid = sum(row.deposits for row in past), sum(row.paid for row in past)
    figures = {
        "sku": PRESALE, "deposits": made, "paid": paid, "rate": round(paid / made, 4), "open_campaign": now.name, "open_deposits": now.deposits,
        "expected_paid_of_open": round(now.deposits * paid / made, 1),
        "campaigns": [{"name": row.name, "deposits": row.deposits, "paid": row.paid, "rate": round(row.paid / row.deposits, 4)} for row in past],
    }  # fmt: skip
    rates = "、".join(f"{row.paid / row.deposits:.1%}" for row in past)
    zh = f"羽绒被三次预售尾款支付率 {rates}，合计 {paid / made:.1%}；{now.name}至今 {now.deposits} 笔定金，按此约 {now.deposits * paid / made:.0f} 笔会付尾款。"
    en = (
        f"Three presales of the down quilt ended with {rates.replace('、', ', ')} of the balances paid, {paid / made:.1%} together; the open one has "
        f"{now.deposits} deposits so far, of which about {now.deposits * paid / made:.0f} should be paid."
    )
    return Truth(
        "presale_balance_rate",
        "presale",
        {"sku": PRESALE},
        past[0].opens,
        LAST_DAY,
        figures,
        zh,
        en,
        ("presale_deposits.csv",),
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
    zh = f"竞店{market.RIVAL}从 {market.RIVAL_CUT_FROM} 起把全棉四件套从 {old:.0f} 元降到 {new:.0f} 元（{new / old - 1:.1%}），我们卖 {ours:.0f} 元。"
    en = f"The rival {market.RIVAL} cut the cotton bedding set from {old:.0f} to {new:.0f} yuan ({new / old - 1:.1%}) on {market.RIVAL_CUT_FROM}; ours costs {ours:.0f}."
    return Truth(
        "rival_price_cut",
        "competitors",
        {"sku": RIVAL_CUT, "rival": market.RIVAL},
        market.RIVAL_CUT_FROM,
        LAST_DAY,
        figures,
        zh,
        en,
        ("price_history.csv", "listings.csv"),
    )


VERDICTS = {
    "ab_win": ("ship", "方案有效，可以上线", "wins: ship it"),
    "ab_srm": ("invalid", "两组人数比例不对（SRM），结果无效", "is invalid: the arms' sizes do not fit 50:50"),
    "ab_flat": ("flat", "到计划样本量仍无差异", "is flat at its planned sample"),
    "ab_early": ("flat", "第一周看似显著，四周后没有差异", "looks significant after week 1 and is not after four"),
}


def trial(test: trials.Trial) -> Truth:
    """One A/B test."""
    arms = (test.control, test.treatment)
    people = tuple(float(sum(arm.people)) for arm in arms)
    buyers = tuple(float(sum(arm.buyers)) for arm in arms)
    first = pooled_z(tuple(float(arm.buyers[0]) for arm in arms), tuple(float(arm.people[0]) for arm in arms))
    half = sum(people) / 2
    weeks = len(test.control.people)
    figures = {
        "verdict": VERDICTS[test.name][0], "planned_sample": test.planned, "users_control": int(people[0]), "users_treatment": int(people[1]),
        "buyers_control": int(buyers[0]), "buyers_treatment": int(buyers[1]), "rate_control": round(buyers[0] / people[0], 4),
        "rate_treatment": round(buyers[1] / people[1], 4), "z": round(pooled_z(buyers, people), 2), "z_first_week": round(first, 2),
        "sample_ratio_chi2": round(sum((count - half) ** 2 / half for count in people), 2),
    }  # fmt: skip
    _, zh, en = VERDICTS[test.name]
    return Truth(
        test.name, "experiments", {"experiment": test.name}, test.start, test.start + (7 * weeks - 1) * ONE_DAY, figures,
        f"实验「{test.zh}」：{zh}（z = {figures['z']}）。", f"The test \"{test.en}\" {en} (z = {figures['z']}).", (f"{test.name}.csv.gz",),
    )  # fmt: skip


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
        *(trial(test) for test in trials.TRIALS),
    ]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return repr(value.item() if isinstance(value, np.generic) else value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_toml(truths: list[Truth]) -> bytes:
    """truths.toml: one table a truth."""
    lines = [
        "# Written by `python -m sample_data.generate`. What is planted in the sample shop and how large it came out.",
        "# Money is in yuan, negative is a loss; rates are fractions; z compares the days of the effect with the equally long days before.",
        f"first_day = {FIRST_DAY}", f"last_day = {LAST_DAY}",
    ]  # fmt: skip
    for truth in truths:
        head = {
            "area": truth.area,
            "subject": truth.subject,
            "start": truth.start,
            "end": truth.end,
            "files": truth.files,
        }
        lines += [
            "",
            f"[{truth.name}]",
            *(f"{key} = {_toml(value)}" for key, value in {**head, **truth.figures}.items()),
        ]
        lines += [f"zh = {_toml(truth.zh)}", f"en = {_toml(truth.en)}"]
    return ("\n".join(lines) + "\n").encode()


PREFACE = f"""# What is planted in the sample shop / 示例店铺里埋了什么

Written by `python -m sample_data.generate`; the figures are in `truths.toml`. Shop, people, rivals and reviews are invented.
本页由生成器写出，数字见 `truths.toml`。店铺、人物、竞店、评价均为虚构。

Days {FIRST_DAY} to {LAST_DAY}. Which comparison shows what / 用哪种对比看得到:

- 2026-11-02..2026-11-15 with the two weeks before (环比): the payment failure, the stock-out, nothing else. Both weeks of the failure
  are equally bad, so the last week alone against the week before does **not** show it; against 2026-10-26..2026-11-01 it does.
- 2026-10-19..2026-11-15 with the four weeks before: the mix shift as well.
- The 双11 of 2026 is no promotion in this shop (the calendar says so); the one of 2025 was, so the same week a year before is higher.
- Everything else is quiet: no other channel, device, step, product, province, order value or refund rate moved by more than chance
  explains (no p-value is left below .05 after Benjamini-Hochberg; a test keeps it so). The streams of randomness were picked for that.

"""


def as_markdown(truths: list[Truth]) -> bytes:
    """TRUTHS.md for people, Chinese and English."""
    parts = [PREFACE]
    for truth in truths:
        cell = ", ".join(f"{key} = {value}" for key, value in truth.subject.items())
        parts.append(
            f"## {truth.name}\n\n{truth.zh}\n\n{truth.en}\n\n"
            f"- {cell}\n- {truth.start} .. {truth.end}\n- page / 页面: {truth.area}\n- files / 文件: {', '.join(truth.files)}\n\n"
        )
    return "".join(parts).rstrip("\n").encode() + b"\n"
