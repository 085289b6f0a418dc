"""Invented names and numbers of buyers and orders, unique in a platform, long enough to show a lost digit."""

from __future__ import annotations

from sample_data.orders import Order
from sample_data.shop import GIVEN, PRODUCTS, SURNAMES, Product

MASKED_PHONE = "1**********"


def nickname(buyer: int) -> str:
    """Member name on Taobao, one a buyer."""
    return f"tb{20_480_000 + buyer * 3:08d}"


def full_name(buyer: int) -> str:
    """An invented Chinese name, one a buyer up to 130,000 buyers."""
    size = len(GIVEN)
    position = buyer * 26_227 % (len(SURNAMES) * size * size)
    return SURNAMES[position // (size * size)] + GIVEN[position // size % size] + GIVEN[position % size]


def email(buyer: int) -> str:
    """An address in the domain that belongs to nobody."""
    return f"buyer{100_000 + buyer:06d}@example.com"


def taobao_number(order: Order) -> str:
    """19 digits."""
    return f"{24_000 + order.index:05d}{order.number:04d}810731{(order.buyer * 7919) % 10**4:04d}"


def douyin_number(order: Order) -> str:
    """19 digits."""
    return f"69{31_000 + order.index:05d}{order.number:04d}40{order.index * 7 % 100:02d}4736"


def jd_number(order: Order) -> str:
    """12 digits."""
    return f"3{11_000 + order.index:05d}{order.number:03d}{(order.buyer * 37) % 1000:03d}"


def product(line_product: int) -> Product:
    """The product of a line."""
    return PRODUCTS[line_product]
