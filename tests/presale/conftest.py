"""The presales of the sample shop in a workspace, loaded once; tables of a shop made for a test."""

import pandas as pd
import pytest

import sample_data
from ecops import Workspace
from sample_data.loading import load

FILES = ("taobao_items.zip", "products.xlsx", "inventory.xlsx", "purchase_orders.xlsx", "presale_deposits.csv")


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """For reading."""
    workspace = Workspace.open(tmp_path_factory.mktemp("presale") / "shop")
    list(load(workspace, [file for file in sample_data.files() if file.name in FILES]))
    return workspace


def deposits(name="D11", sku="A", start="2026-11-01", units=(30, 10, 10, 10, 10, 10, 10, 10, 10, 40), **columns):
    """Rows of one campaign of ten days."""
    days = pd.date_range(start, periods=len(units))
    first = days[0]
    frame = pd.DataFrame(
        {
            "campaign": name, "sku": sku, "date": days, "deposits": [float(count) for count in units],
            "presale_price": 100.0, "starts_on": first, "ends_on": first + pd.Timedelta(9, "D"),
            "balance_from": first + pd.Timedelta(10, "D"),
        }
    )  # fmt: skip
    return frame.assign(**columns)


def history(sku="A"):
    """Three past campaigns, 88 % of whose deposits were paid."""
    return [
        deposits(f"past {place}", sku, start, paid_units=[26, 9, 9, 9, 9, 9, 9, 9, 9, 34])
        for place, start in enumerate(("2025-06-01", "2025-11-01", "2026-06-01"))
    ]


def sold(sku="A", units=5, days=541):
    """Order lines of a shop that sells so many units every day."""
    dates = pd.date_range("2025-05-15", periods=days)
    return pd.DataFrame(
        {
            "order_id": [f"{sku}{place}" for place in range(days)], "platform": "taobao", "sku": sku,
            "ordered_at": dates, "paid_at": dates, "quantity": units, "paid_amount": 100.0 * units,
        }
    )  # fmt: skip
