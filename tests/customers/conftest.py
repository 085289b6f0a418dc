"""Public data (UCI Online Retail, CDNOW) and small shops made by hand."""

from pathlib import Path

import pandas as pd
import pytest

from ecops import customers

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
UCI = SHARED / "uci" / "online_retail.csv"
CDNOW = SHARED / "cdnow"


@pytest.fixture(scope="session")
def uci_lines():
    if not UCI.exists():
        pytest.skip("the UCI Online Retail file is not at hand")
    return pd.read_csv(UCI, dtype={"InvoiceNo": str, "StockCode": str}, parse_dates=["InvoiceDate"])


@pytest.fixture(scope="session")
def uci_clean(uci_lines):
    """The book that the published tables are made of: goods with a price that somebody bought, returns ignored."""
    return customers.order_book(uci_lines.drop(columns="Country"), refunds="ignore")


@pytest.fixture(scope="session")
def uci_matched(uci_lines):
    return customers.order_book(uci_lines.drop(columns="Country"))


def cdnow_lines(name):
    path = CDNOW / name
    if not path.exists():
        pytest.skip("the CDNOW files are not at hand")
    if "sample" in name:
        columns = ["old", "customer_id", "date", "cds", "amount"]
        frame = pd.read_csv(path, sep=r"\s+", header=None, names=columns, dtype={"customer_id": str})
    else:
        columns = ["customer_id", "date", "cds", "amount"]
        frame = pd.read_csv(path, sep=r"\s+", header=0, names=columns, dtype={"customer_id": str})
    day = pd.to_datetime(frame["date"].astype(str))
    numbers = [str(number) for number in range(len(frame))]
    # Eight of the 2,357 customers of the sample only have purchases of 0 dollars, which the published fits count and an
    # order book does not: they get the smallest amount that is an order.
    amount = frame["amount"].where(frame["amount"] > 0, 0.006)
    return pd.DataFrame(
        {"order_id": numbers, "buyer_id": frame["customer_id"], "ordered_at": day, "paid_amount": amount}
    )


@pytest.fixture(scope="session")
def cdnow_sample():
    return customers.order_book(cdnow_lines("CDNOW_sample.txt"))


@pytest.fixture(scope="session")
def cdnow_master():
    return customers.order_book(cdnow_lines("CDNOW_master.txt"))


def shop(rows):
    """Order lines of (buyer, day, amount) with an order each; or (buyer, day, amount, order, sku, quantity)."""
    filled = [(*row, *(f"o{place}", "a", 1)[len(row) - 3 :]) for place, row in enumerate(rows)]
    frame = pd.DataFrame(filled, columns=["buyer_id", "ordered_at", "paid_amount", "order_id", "sku", "quantity"])
    return frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"]), paid_amount=frame["paid_amount"].astype(float))
