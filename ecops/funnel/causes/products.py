"""Which products are put into the cart much and paid for little, when small numbers are taken for what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecops.errors import DataError
from ecops.funnel.reading.counts import header_of, known_header, numbers_of, read_counts
from ecops.messages import Message

Floats = NDArray[np.float64]
CERTAIN, LOW = 0.9, 0.75
"""A product is named when it is this likely that its cart rate is above the mean and that its pay rate is below this
share of the mean."""


def cart_pay_products(
    data: Any,
    product: str | None = None,
    *,
    visitors: str | None = None,
    carts: str | None = None,
    pays: str | None = None,
    category: str | None = None,
    amount: str | None = None,
) -> pd.DataFrame:
    """Products with a high cart rate and a low payment rate, in two tiers.

    Both rates get a beta-binomial empirical-Bayes prior, fitted by moments over the products of a category (over all
    products where a category has fewer than 20). `confirmed`: the posterior says P(cart rate > mean) and P(pay rate <
    0.75 mean) are both above 0.9. `watch`: the raw rates alone are above and below.

    Args:
        data: a table with one or more rows a product, see `from_table`.
        product: column that names the product; found by its header when None, like the columns below.
        visitors: people who saw it.
        carts: people who put it into the cart.
        pays: people who paid.
        category: column of the category; all products are one category when there is none.
        amount: money paid; the price is amount / pays.

    Returns:
        One row a product named, the most money first: `product`, `category`, `visitors`, `carts`, `pays`, `cart_rate`,
        `pay_rate`, `expected_pay_rate` (mean of the category), `p_cart_high`, `p_pay_low`, `tier`, `money_at_stake`
        (carts x (expected - actual pay rate) x price; NaN without money).

    Raises:
        MappingError: a column is missing. DataError: text where counts should be, or more carts than visitors.
    """
    table = _products(data, product, (visitors, carts, pays), category, amount)
    over = (table["carts"] > table["visitors"]) | (table["pays"] > table["carts"])
    if (over.mean()) > 0.5:
        raise DataError(
            Message("Most products have more carts than visitors, or more payments than carts."),
            Message("Check which columns hold visitors, carts and payments."),
        )
    table = table[~over & (table["visitors"] > 0)].reset_index(drop=True)
    # Of no product at all the columns.
    parts = [_category(part, table) for _, part in table.groupby("category")] or [_category(table, table)]
    found = pd.concat(parts)
    found = found[found["tier"] != ""].copy()
    order = np.lexsort((found["product"].to_numpy(dtype=str), -found["money_at_stake"].to_numpy()))
    found = found.iloc[order]
    found["rank"] = (found["tier"] != "confirmed").astype(int)
    return found.sort_values("rank", kind="stable").drop(columns=["rank", "price"]).reset_index(drop=True)


def _products(
    data: Any, product: str | None, counts: Sequence[str | None], category: str | None, amount: str | None
) -> pd.DataFrame:
    frame = read_counts(data)
    if "level" in frame.columns and (frame["level"] == "item").any():
        frame = frame[frame["level"] == "item"]
    name = header_of(frame, product, Message("The column")) if product else None
    name = name or next(
        (h for h in (known_header(frame, c) for c in ("item_id", "sku", "title")) if h is not None), None
    )
    headers = [
        header_of(frame, given or canonical, Message("The column"))
        for given, canonical in zip(counts, ("visitors", "cart_users", "pay_buyers"), strict=True)
    ]
    money = header_of(frame, amount, Message("The column")) if amount else known_header(frame, "pay_amount")
    group = header_of(frame, category, Message("The column")) if category else None
    whole = pd.DataFrame(
        {
            "product": frame[name or header_of(frame, "item_id", Message("The column"))].astype(str),
            "category": "" if group is None else frame[group].fillna("").astype(str),
            **{
                key: numbers_of(frame, header)
                for key, header in zip(("visitors", "carts", "pays"), headers, strict=True)
            },
            "amount": np.nan if money is None else numbers_of(frame, money),
        }
    )
    sums = whole.groupby(["product", "category"], as_index=False)[["visitors", "carts", "pays", "amount"]].sum(
        min_count=1
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        price = sums["amount"].to_numpy() / sums["pays"].to_numpy()
        usual = sums["amount"].sum() / max(sums["pays"].sum(), 1.0)
    sums["price"] = np.where(np.isfinite(price), price, usual if money is not None else np.nan)
    return sums.drop(columns="amount")


def _category(part: pd.DataFrame, everything: pd.DataFrame) -> pd.DataFrame:
    from scipy import special

    reference = part if len(part) >= 20 else everything
    columns = {}
    for rate, top, base in (("cart_rate", "carts", "visitors"), ("pay_rate", "pays", "carts")):
        a, b = beta_prior(reference[top].to_numpy(float), reference[base].to_numpy(float))
        columns[rate] = (a, b, a / (a + b))
    visitors, carts, pays = (part[name].to_numpy(float) for name in ("visitors", "carts", "pays"))
    a, b, mean_cart = columns["cart_rate"]
    high = special.betaincc(a + carts, b + visitors - carts, mean_cart)
    a, b, mean_pay = columns["pay_rate"]
    little = special.betainc(a + pays, b + carts - pays, LOW * mean_pay)
    with np.errstate(invalid="ignore", divide="ignore"):
        cart_rate, pay_rate = carts / visitors, pays / carts
    sure = (high > CERTAIN) & (little > CERTAIN)
    raw = (cart_rate > mean_cart) & (pay_rate < LOW * mean_pay)
    lost = carts * (mean_pay - np.nan_to_num(pay_rate))
    return part.assign(
        cart_rate=cart_rate,
        pay_rate=pay_rate,
        expected_pay_rate=mean_pay,
        p_cart_high=high,
        p_pay_low=little,
        tier=np.where(sure, "confirmed", np.where(raw, "watch", "")),
        money_at_stake=lost * part["price"].to_numpy(),
    )


def beta_prior(successes: Floats, trials: Floats) -> tuple[float, float]:
    """Beta prior of a rate over products, by the method of moments with binomial noise taken out (Kleinman 1973).

    Returns:
        (a, b), both positive; very large when the products do not differ by more than chance.

    >>> a, b = beta_prior(np.array([10.0, 30.0]), np.array([100.0, 100.0]))
    >>> round(a / (a + b), 3)
    0.2
    """
    used = trials > 0
    x, n = successes[used], trials[used]
    if not len(n):
        return 1.0, 1.0
    total = n.sum()
    mean = float(np.clip(x.sum() / total, 0.5 / (total + 1), 1 - 0.5 / (total + 1)))
    spread = float((n * (x / n - mean) ** 2).sum())
    freedom = total - float((n**2).sum()) / total
    between = (spread - mean * (1 - mean) * (len(n) - 1)) / freedom if freedom > 0 else 0.0
    between = float(np.clip(between, mean * (1 - mean) * 1e-6, mean * (1 - mean) * 0.999))
    size = mean * (1 - mean) / between - 1
    return mean * size, (1 - mean) * size
