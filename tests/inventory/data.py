"""The two public data sets that stock is tried on, as panels; None where they are not at hand."""

import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecops.inventory import panel

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
GROCERY = SHARED / "inventory" / "complete_journey_product_day.parquet"
RETAIL = SHARED / "uci" / "online_retail.csv"
needs_grocery = (pytest.mark.data, pytest.mark.skipif(not GROCERY.exists(), reason="the grocery data are not at hand"))
needs_retail = (pytest.mark.data, pytest.mark.skipif(not RETAIL.exists(), reason="the UCI data are not at hand"))


@functools.cache
def retail_lines():
    """Sales of real products of the UCI shop: no cancellations, no postage, no gifts."""
    lines = pd.read_csv(RETAIL, dtype={"InvoiceNo": str, "StockCode": str}, parse_dates=["InvoiceDate"])
    real = lines["StockCode"].str.match(r"^\d{5}")
    sold = (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0) & ~lines["InvoiceNo"].str.startswith("C")
    return lines[real & sold]


@functools.cache
def retail(upper=True):
    lines = retail_lines()
    sku = lines["StockCode"].str.upper() if upper else lines["StockCode"]
    money = lines["Quantity"] * lines["UnitPrice"]
    return panel(pd.DataFrame({"date": lines["InvoiceDate"], "sku": sku, "units": lines["Quantity"], "sales": money}))


@functools.cache
def grocery():
    """Grocery products without petrol, whose units are cents."""
    rows = pd.read_parquet(GROCERY)
    kinds = pd.read_csv(GROCERY.with_name("complete_journey_products.csv"))
    petrol = kinds.loc[kinds["product_type"].str.contains("GASOLINE", na=False), "product_id"]
    rows = rows[~rows["product_id"].isin(petrol) & (rows["units"] > 0)]
    return panel(
        pd.DataFrame(
            {"date": rows["date"], "sku": rows["product_id"].astype(str), "units": rows["units"],
             "sales": rows["sales_value"]}
        )
    )  # fmt: skip


def regular(data, before, share=0.25):
    """Products a buyer plans: first sold 16 weeks before a column, and sold on a share of the days up to it."""
    sold = (data.units[:, :before] > 0).sum(axis=1) / np.maximum(before - data.first, 1)
    return data.only(np.flatnonzero((data.first <= before - 112) & (sold >= share)))
