"""What reviews say of the products of those who stayed away, and of those who make up a segment."""

import numpy as np
import pandas as pd
import pytest

from ecops import customers
from ecops.errors import DataError
from ecops.store.inputs import open_data
from tests.customers.conftest import shop

REVIEWS = pd.DataFrame(
    {
        "platform": "taobao",
        "review_id": [f"r{place}" for place in range(15)],
        "sku": ["leaky"] * 10 + ["sound"] * 4 + ["rival"],
        "date": pd.to_datetime("2026-05-01") + pd.to_timedelta(range(15), unit="D"),
        "stars": [1, 2, 2, 1, 1, 1, 3, 5, 5, 5, 5, 5, 4, 1, 1],
        "text": [f"words {place}" for place in range(15)],
    }
)


def counted():
    """40 bought the leaky flask, 32 of them stayed away; 60 the sound one, of whom 12; 50 something unreviewed, 20."""
    rows = [("last", "2026-06-29", 1.0, "end", "none", 1)]
    for sku, many, gone in (("leaky", 40, 32), ("sound", 60, 12), ("plain", 50, 20)):
        for who in range(many):
            buyer = f"{sku}{who:02d}"
            rows.append((buyer, "2026-02-10", 50.0, f"{buyer}a", sku, 1))
            if who >= gone:
                rows.append((buyer, "2026-05-10", 50.0, f"{buyer}b", "plain", 1))
    return open_data({"order_lines": shop(rows), "reviews": REVIEWS})


@pytest.mark.row(113)
def test_buyers_of_what_is_complained_of_stay_away():
    data = counted()
    found = customers.churn_reasons(customers.order_book(data), data).set_index("product")
    assert list(found.index) == ["leaky", "sound"], "the rival's product is not ours, the plain one has no review"
    leaky = found.loc["leaky"]
    assert (leaky["buyers"], leaky["gone"], leaky["others"]) == (40, 0.8, 32 / 110)
    assert leaky["lost"] == pytest.approx(32 - 40 * 32 / 110)
    assert leaky["low"] > 0.3
    assert leaky["q_value"] < 1e-6
    assert (leaky["reviews"], leaky["bad"]) == (10, 0.6), "three stars are neither good nor bad"
    assert leaky["complaint"] == "words 5", "the newest bad one"
    assert found.loc["sound", "difference"] < 0


def test_products_that_nobody_leaves_for_are_not_blamed():
    """Churn by lot, twenty reviewed products: among 40 shops hardly more than one in twenty blames any."""
    generator = np.random.default_rng(5)
    blamed = 0
    reviews = pd.DataFrame(
        {"platform": "taobao", "review_id": [str(n) for n in range(20)], "sku": [f"p{n}" for n in range(20)],
         "date": pd.Timestamp("2026-05-01"), "stars": 1, "text": "bad"}
    )  # fmt: skip
    buyer = np.arange(900)
    for _ in range(40):
        first = pd.DataFrame({"buyer_id": buyer, "day": 40, "sku": [f"p{n}" for n in generator.integers(0, 20, 900)]})
        back = first[generator.random(900) < 0.5].assign(day=130, sku="none")
        lines = pd.concat([first, back], ignore_index=True)
        lines = pd.DataFrame(
            {
                "order_id": lines.index.astype(str),
                "buyer_id": lines["buyer_id"].astype(str),
                "ordered_at": pd.Timestamp("2026-01-01") + pd.to_timedelta(lines["day"], unit="D"),
                "paid_amount": 9.0,
                "sku": lines["sku"],
            }
        )
        data = open_data({"order_lines": lines, "reviews": reviews})
        found = customers.churn_reasons(customers.order_book(data), data)
        assert len(found) > 10
        blamed += bool((found["q_value"] < 0.05).any())
    assert blamed <= 6  # 5 % of 40, and three standard errors


@pytest.mark.row(122)
def test_reviews_stand_beside_the_persona():
    data = counted()
    book = customers.order_book(data)
    found = customers.segment(customers.score(customers.rfm(book)))
    every = [entry.key for entry in found.scheme.segments]
    table = customers.reviewed_by_segment(book, found, data, every).set_index("product")
    assert table["buyers"].to_dict() == {"sound": 60, "leaky": 40}
    assert table.loc["sound", "share"] == 60 / 151
    assert table.loc["sound", ["reviews", "bad", "praise", "complaint"]].tolist() == [4, 0.25, "words 12", "words 13"]
    parts = [customers.reviewed_by_segment(book, found, data, [key]) for key in every if len(found.members(key))]
    assert sum(part["buyers"].sum() for part in parts) == 100, "each buyer is in one segment"


def test_without_reviews_it_says_what_to_load():
    data = open_data({"order_lines": shop([("a", "2026-01-01", 5.0), ("a", "2026-05-01", 5.0)])})
    with pytest.raises(DataError, match="no reviews"):
        customers.churn_reasons(customers.order_book(data), data)
