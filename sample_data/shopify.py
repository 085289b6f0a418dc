"""Shopify orders_export.csv and a GA4 report of the own web shop, which sells in yuan."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from sample_data.demand import CELLS, Cell, Counts
from sample_data.orders import Book, Order
from sample_data.people import email, product
from sample_data.shop import DAYS, FIRST_DAY, LAST_DAY, PROVINCES, SHOP_NAMES, date_of
from sample_data.writers import Row, csv_bytes, gzip_bytes, zip_bytes


def _address(kind: str) -> tuple[str, ...]:
    parts = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
    return tuple(f"{kind} {part}" for part in parts)


ORDER_HEADER = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing",
    "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method",
    "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price", "Lineitem sku",
    "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status", *_address("Billing"),
    *_address("Shipping"), "Notes", "Note Attributes", "Cancelled at", "Payment Method", "Payment Reference",
    "Refunded Amount", "Vendor", "Outstanding Balance", "Employee", "Location", "Device ID", "Id", "Tags", "Risk Level",
    "Source", "Lineitem discount", *(f"Tax {number} {part}" for number in range(1, 6) for part in ("Name", "Value")),
    "Phone", "Receipt Number", "Duties", "Billing Province Name", "Shipping Province Name", "Payment ID",
    "Payment Terms Name", "Next Payment Due At", "Payment References",
)  # fmt: skip
GA4_HEADER = (
    "Date", "Session primary channel group (Default Channel Group)", "Device category", "Sessions", "Active users",
    "New users", "Engaged sessions", "Engagement rate", "Items viewed", "Items added to cart", "Items checked out",
    "Total purchasers", "Items purchased", "Item revenue",
)  # fmt: skip
PINYIN = dict(
    zip(
        (row[0] for row in PROVINCES),
        ("Guangdong", "Zhejiang", "Jiangsu", "Shandong", "Henan", "Sichuan", "Shanghai", "Beijing", "Hubei", "Hunan",
         "Fujian", "Anhui", "Hebei", "Shaanxi", "Liaoning", "Chongqing", "Jiangxi", "Guangxi"),
        strict=True,
    )
)  # fmt: skip


def is_exported(order: Order) -> bool:
    """Shopify knows no unpaid orders but the few that waited for a transfer; an abandoned checkout is no order."""
    return order.platform == "shopify" and (order.paid_at is not None or order.number % 8 == 0)


def _stamp(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} +0800"


def _status(order: Order) -> str:
    if order.paid_at is None:
        return "voided"
    if order.refund == 0:
        return "paid"
    return "refunded" if order.refund >= order.amount else "partially_refunded"


def _rows(order: Order, number: int) -> Iterable[Row]:
    for position, line in enumerate(order.lines):
        item = product(line.product)
        values = dict.fromkeys(ORDER_HEADER, "")
        values |= {
            "Name": f"#{number}",
            "Email": email(order.buyer),
            "Created at": _stamp(order.ordered_at),
            "Lineitem quantity": str(line.quantity),
            "Lineitem name": item.english,
            "Lineitem price": f"{item.price:.2f}",
            "Lineitem sku": item.sku,
            "Lineitem requires shipping": "true",
            "Lineitem taxable": "false",
            "Lineitem fulfillment status": "fulfilled" if order.paid_at and order.age >= 2 else "pending",
            "Vendor": "NUANWU",
            "Lineitem discount": f"{line.listed - line.paid:.2f}",
        }
        if position == 0:
            province = PINYIN[PROVINCES[order.province][0]]
            values |= {
                "Financial Status": _status(order),
                "Paid at": _stamp(order.paid_at) if order.paid_at else "",
                "Fulfillment Status": "fulfilled" if order.paid_at and order.age >= 2 else "unfulfilled",
                "Accepts Marketing": "no",
                "Currency": "CNY",
                "Subtotal": f"{order.amount:.2f}",
                "Shipping": "0.00",
                "Taxes": "0.00",
                "Total": f"{order.amount:.2f}",
                "Discount Amount": f"{order.listed - order.amount:.2f}",
                "Shipping Province": province,
                "Shipping Country": "CN",
                "Cancelled at": "" if order.paid_at else _stamp(order.ordered_at + dt.timedelta(days=2)),
                "Payment Method": "Alipay Global",
                "Refunded Amount": f"{order.refund:.2f}",
                "Outstanding Balance": "0.00",
                "Id": f"{5_400_000_000_000 + number * 32_768}",
                "Risk Level": "Low",
                "Source": "web",
            }
        yield list(values.values())


def order_report(book: Book) -> dict[str, bytes]:
    """orders_export.csv, several rows an order, zipped as Shopify mails long exports."""
    orders = [order for order in book.orders if is_exported(order)]
    rows = (row for number, order in enumerate(orders, start=1001) for row in _rows(order, number))
    return {"shopify_orders.zip": zip_bytes({"orders_export_1.csv": csv_bytes(ORDER_HEADER, rows)})}


def analytics_report(random: np.random.Generator, counts: dict[Cell, Counts], book: Book) -> dict[str, bytes]:
    """GA4 free-form export by day, channel group and device, with its preamble."""
    paid: dict[tuple[str, str, int], tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for order in book.orders:
        if order.platform == "shopify" and order.paid_at is not None:
            units, amount = paid[order.channel, order.device, order.index]
            paid[order.channel, order.device, order.index] = units + order.units, amount + order.amount
    rows = []
    for index in range(DAYS):
        for cell in (cell for cell in CELLS if cell.platform == "shopify"):
            now = counts[cell]
            visitors, carts, orders, pays = (
                int(series[index]) for series in (now.visitors, now.carts, now.orders, now.pays)
            )
            sessions = visitors + int(random.binomial(visitors, 0.08))
            engaged = int(random.binomial(sessions, 0.58))
            units, amount = paid[cell.channel, cell.device, index]
            rows.append(
                (
                    f"{date_of(index):%Y%m%d}",
                    cell.channel,
                    cell.device,
                    sessions,
                    visitors,
                    int(random.binomial(visitors, 0.6)),
                    engaged,
                    f"{engaged / sessions:.4f}" if sessions else "0",
                    visitors + int(random.poisson(visitors * 1.2)),
                    carts,
                    orders,
                    pays,
                    units,
                    f"{amount:.2f}",
                )
            )
    rule = "# ----------------------------------------"
    before = "\r\n".join(
        (
            rule,
            f"# {SHOP_NAMES['shopify']}",
            "# Traffic acquisition: Session primary channel group",
            rule,
            f"# Start date: {FIRST_DAY:%Y%m%d}",
            f"# End date: {LAST_DAY:%Y%m%d}",
            "",
        )
    )
    return {"ga4_traffic.csv.gz": gzip_bytes(csv_bytes(GA4_HEADER, rows, before=before))}
