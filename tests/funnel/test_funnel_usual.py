"""The usual dispersion is what the counts of public shops show from week to week."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecops.funnel.causes import diagnosis

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FILES = [DATA / "uci" / "online_retail.csv", DATA / "cdnow" / "CDNOW_master.txt", DATA / "events" / "ecom.csv.gz"]
FEWEST, LEAST = 30, 10
"""People of a week, and of both weeks those who went on and those who did not, for a pair of weeks to count."""


def dispersion(day, on):
    """Mean squared z of the change of a rate from each week to the next; 1 when only chance moves it."""
    day = pd.to_datetime(pd.Series(np.asarray(day)))
    weeks = pd.DataFrame({"week": (day - day.min()).dt.days // 7, "on": np.asarray(on, float), "people": 1.0})
    weeks = weeks.groupby("week").sum()
    weeks = weeks[weeks.people >= FEWEST]
    before, after = weeks.iloc[:-1], weeks.iloc[1:]
    n0, n1, x0, x1 = (part.to_numpy() for part in (before.people, after.people, before.on, after.on))
    rate = (x0 + x1) / (n0 + n1)
    good = (np.diff(weeks.index) == 1) & (np.minimum(x0 + x1, n0 + n1 - x0 - x1) >= LEAST)
    z = (x1 / n1 - x0 / n0)[good] / np.sqrt(rate * (1 - rate) * (1 / n0 + 1 / n1))[good]
    assert len(z) >= 8
    return float(np.mean(z**2))


def come_back(buyer, day, within=30):
    """Of the days on which somebody bought, and of the first ones, whether that buyer was back in time."""
    bought = pd.DataFrame({"buyer": np.asarray(buyer), "day": pd.to_datetime(np.asarray(day))}).dropna()
    bought = bought.drop_duplicates().sort_values(["buyer", "day"])
    bought["back"] = (bought.groupby("buyer").day.shift(-1) - bought.day).dt.days <= within
    seen = bought[bought.day <= bought.day.max() - pd.Timedelta(days=within)]
    return [dispersion(part.day, part.back) for part in (seen, seen.drop_duplicates("buyer"))]


def uci():
    lines = pd.read_csv(FILES[0], usecols=["InvoiceNo", "InvoiceDate", "CustomerID", "Country"], dtype=str)
    orders = lines.drop_duplicates("InvoiceNo")
    cancelled = orders.InvoiceNo.str.startswith("C")
    sold = orders[~cancelled]
    yield dispersion(orders.InvoiceDate.str[:10], cancelled)
    yield dispersion(sold.InvoiceDate.str[:10], sold.Country != "United Kingdom")
    yield from come_back(sold.CustomerID, sold.InvoiceDate.str[:10])


def cdnow():
    orders = pd.read_csv(FILES[1], sep=r"\s+", header=0, names=["buyer", "day", "discs", "spent"], dtype={"day": str})
    yield from come_back(orders.buyer, orders.day)
    yield dispersion(orders.day, orders.discs > 1)


def events():
    log = pd.read_csv(FILES[2])
    day = log.timestamp.str[:10].groupby(log.session_id).min()
    left = set(log.session_id[log.event == "product_view"])
    for step in ("add_to_cart", "shipping_details", "payment_details", "purchase"):
        went = set(log.session_id[log.event == step])
        here = sorted(left)
        yield dispersion(day.loc[here], [session in went for session in here])
        left &= went


@pytest.mark.data
@pytest.mark.skipif(not all(path.exists() for path in FILES), reason="the public data sets are not here")
def test_it_is_the_median_of_public_shops():
    said = tomllib.loads((Path(diagnosis.__file__).parent / "usual.toml").read_text("utf-8"))["dispersion"]
    found = np.array([*uci(), *cdnow(), *events()])
    assert len(found) == 11
    assert np.median(found) == pytest.approx(said["usual"], abs=0.1)
    assert np.quantile(found, [0.25, 0.75]) == pytest.approx(said["middle_half"], abs=0.1)


def test_what_only_chance_moves_has_a_dispersion_of_one():
    random = np.random.default_rng(1)
    days = np.repeat(pd.date_range("2026-01-01", periods=700), 40)
    assert dispersion(days, random.random(len(days)) < 0.3) == pytest.approx(1, abs=0.3)
