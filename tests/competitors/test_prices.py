"""Price texts, price index, place in the band, bands, promotions, launches: by hand, by plain loops, by outsiders."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecops import competitors
from ecops.errors import DataError, SpecError

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "competitors" / "walmart_amazon"

TEXTS = [
    # text, amount, currency, kind
    ("¥199.00", 199.0, "CNY", "price"),
    ("￥1,299", 1299.0, "CNY", "price"),
    ("£12.5", 12.5, "GBP", "price"),
    ("Rs. 1,499", 1499.0, "INR", "price"),
    ("HK$88", 88.0, "HKD", "price"),
    ("NT$1,280", 1280.0, "TWD", "price"),
    ("14,99 €", 14.99, "EUR", "price"),
    ("R$ 1.299,90", 1299.9, "BRL", "price"),
    ("９９．９元", 99.9, "CNY", "price"),
    ("199元", 199.0, "CNY", "price"),
    ("1.2万", 12_000.0, "", "price"),
    ("原价 299 现价 199", 199.0, "", "paid"),
    ("满300减50", math.nan, "", "promotion"),
    ("3件99元", 99.0, "CNY", "bundle"),
    ("99-199元", 99.0, "CNY", "range"),
    ("$15.99 - $25.99", 15.99, "USD", "range"),
    ("券后 89 元", 89.0, "CNY", "paid"),
    ("到手价:79.9", 79.9, "", "paid"),
    ("199元起", 199.0, "CNY", "from"),
    ("12.8元/500g", 12.8, "CNY", "price"),
    ("活动价¥59.9 会员价¥55", 55.0, "CNY", "paid"),
    ("月销1.2万 ¥39", 39.0, "CNY", "price"),
    ("CHF 12.50", 12.5, "CHF", "price"),
    ("US$ 1,234.56", 1234.56, "USD", "price"),
]


@pytest.mark.parametrize(("text", "amount", "currency", "kind"), TEXTS)
def test_price_texts(text, amount, currency, kind):
    found = competitors.parse_price(text)
    assert found.amount == pytest.approx(amount, nan_ok=True)
    assert (found.currency, found.kind) == (currency, kind)


def as_people_read_them():
    """What a person pays for one piece, of texts from Chinese and foreign shelves; promotions of several are apart."""
    lines = (Path(__file__).parent / "price_texts.tsv").read_text("utf-8").splitlines()[1:]
    return [tuple(line.split("\t")) for line in lines]


@pytest.mark.parametrize(("text", "one_piece", "currency"), as_people_read_them())
def test_price_texts_as_people_read_them(text, one_piece, currency):
    found = competitors.parse_price(text)
    assert found.unit_price == pytest.approx(float(one_piece or "nan"), abs=0.006, nan_ok=True)
    assert not one_piece or found.currency == currency


@pytest.mark.parametrize(
    ("text", "bought", "paid"),
    [
        ("买一送一", 2, 1 / 2),
        ("買一送一 ¥59", 2, 1 / 2),
        ("¥60 买2送1", 3, 2 / 3),
        ("¥99 买3付2", 3, 2 / 3),
        ("Buy 2 get 1 free $30", 3, 2 / 3),
        ("¥199 第二件半价", 2, 0.75),
        ("【第2件0元】¥69", 2, 0.5),
        ("￥69 第二件8折", 2, 0.9),
        ("¥158 满2件9折", 2, 0.9),
    ],
)
def test_promotions_of_several_pieces_are_named_and_not_subtracted(text, bought, paid):
    (told,) = competitors.parse_price(text).reductions
    assert (told.threshold, told.off, told.kind, told.unit) == (bought, pytest.approx(paid), "share", "pieces")


def test_price_texts_tell_more_than_an_amount():
    assert competitors.parse_price("3件99元").unit_price == 33
    assert competitors.parse_price("99-199元").high == 199
    assert competitors.parse_price("原价 299 现价 199").list_amount == 299
    (reduction,) = competitors.parse_price("199元 满300减50").reductions
    assert (reduction.threshold, reduction.off) == (300, 50)
    assert competitors.parse_price("12.8元/500g").per == "500g"
    assert competitors.parse_pack("500g*3") == (1500.0, "g")


@pytest.mark.parametrize(
    "text", [None, "", "暂无报价", "<script>alert(1)</script>", "-5元", "😀" * 500, float("nan"), "9" * 40]
)
def test_nothing_raises_and_nothing_is_made_up(text):
    assert competitors.parse_price(text).kind in {"none", "price"}
    assert not competitors.parse_price(text).amount < 0
    assert text in {"<script>alert(1)</script>"} or math.isnan(competitors.parse_price(text).amount)


def pairs(own, rival, **more):
    return pd.DataFrame({"own_price": own, "rival_price": rival, **more})


def test_index_by_hand():
    frame = pairs([10.0, 20.0, 30.0, 44.0], [10.0, 10.0, 20.0, 40.0])
    assert competitors.price_index(frame).value == pytest.approx(130)  # median of 1, 2, 1.5, 1.1
    assert competitors.price_index(frame, "geo").value == pytest.approx(100 * (1 * 2 * 1.5 * 1.1) ** 0.25)
    assert competitors.price_index(frame, "basket").value == pytest.approx(100 * 104 / 80)
    assert competitors.price_index(frame, "mean").value == pytest.approx(140)
    assert math.isnan(competitors.price_index(frame).low)  # four pairs give no interval


def test_pairs_count_by_sales_and_probability():
    frame = pairs([10.0, 30.0], [10.0, 20.0], weight=[1.0, 3.0])
    assert competitors.price_index(frame, "mean").value == pytest.approx(100 * (1 + 3 * 1.5) / 4)
    sure = frame.assign(prob=[1.0, 0.0])
    assert competitors.price_index(sure, "geo").value == pytest.approx(100)


def test_unlikely_pairs_missing_prices_and_currencies_do_not_count():
    frame = pairs([10.0, 100.0, np.nan, 12.0], [10.0, 10.0, 5.0, 10.0], own_currency="CNY",
                  rival_currency=["CNY", "CNY", "CNY", "USD"])  # fmt: skip
    found = competitors.price_index(frame)
    assert (found.n, found.suspicious, found.value) == (1, 1, 100)
    assert len(found.notes) == 3
    with pytest.raises(DataError):
        competitors.price_index(frame.assign(rival_currency="USD"))
    with pytest.raises(DataError):
        competitors.price_index(frame.drop(columns="own_price"))


def test_little_coverage_gives_no_headline():
    frame = pairs(np.full(20, 11.0), np.full(20, 10.0))
    assert not competitors.price_index(frame, coverage=0.2).headline
    assert competitors.price_index(frame, coverage=0.8).headline


def test_the_interval_covers_what_it_promises():
    random = np.random.default_rng(5)
    hits = 0
    for seed in range(60):
        ratio = np.exp(random.normal(0.1, 0.3, 60))
        found = competitors.price_index(pairs(ratio, np.ones(60)), "geo", draws=400, seed=seed)
        hits += found.low <= 100 * math.exp(0.1) <= found.high
    assert hits >= 52


@pytest.mark.data
def test_index_of_the_true_pairs_of_two_shops():
    if not SHARED.exists():
        pytest.skip("the public data set is not there")
    ours, theirs, truth = (pd.read_csv(SHARED / f"{name}clean.csv", sep="|") for name in ("walmart", "amazon", "gt"))
    pair = truth.merge(ours, left_on="D1", right_on="id").merge(theirs, left_on="D2", right_on="id")
    frame = pairs(
        competitors.parse_prices(pair["price_x"], "en")["amount"],
        competitors.parse_prices(pair["price_y"], "en")["amount"],
    )
    median = competitors.price_index(frame, keep_suspicious=True)
    assert median.n == 759
    assert median.value == pytest.approx(111.1, abs=0.1)
    assert (median.low, median.high) == (pytest.approx(108.9, abs=0.5), pytest.approx(114.7, abs=0.5))
    assert competitors.price_index(frame, "geo", keep_suspicious=True, draws=10).value == pytest.approx(115.4, abs=0.1)


@pytest.mark.row(163)
@pytest.mark.parametrize(
    ("price", "verdict"),
    [
        (79.9, "below"),
        (80, "inside"),
        (94.9, "inside"),
        (95, "parity"),
        (105, "parity"),
        (120, "inside"),
        (120.1, "above"),
    ],
)
def test_the_anchor_is_a_band_of_a_fifth(price, verdict):
    assert competitors.position(price, 100).verdict == verdict


def test_the_margin_floor_and_the_step():
    stuck = competitors.position(150, 100, cost=90)
    assert (stuck.step, stuck.reachable) == ("floor", False)
    assert stuck.floor == pytest.approx(90 / 0.7)
    cheap = competitors.position(70, 100, cost=60)
    assert (cheap.step, cheap.target) == ("raise", pytest.approx(84))  # one step of 20 % at most
    dear = competitors.position(150, 100, cost=20, percentile=0.1)
    assert (dear.step, dear.target) == ("lower", pytest.approx(120))
    assert competitors.position(150, 100, cost=20, percentile=0.7).step == "hold"
    assert competitors.position(float("nan"), 100).verdict == "unknown"
    with pytest.raises(SpecError):
        competitors.position(10, 10, band=2)


def test_bands_sum_and_cut_where_prices_lie_apart():
    frame = pd.DataFrame(
        {"price": [10, 11, 12, 50, 52, 100.0, None], "own": [1, 0, 1, 0, 0, 0, 1], "sales": [1, 2, 3, 4, 5, 5, 9]}
    )
    found = competitors.price_bands(frame, 3)
    assert found[["low", "high"]].to_numpy().tolist() == [[10, 12], [50, 52], [100, 100]]
    assert found["sales_share"].tolist() == pytest.approx([0.3, 0.45, 0.25])
    assert found["empty"].tolist() == [False, True, True]
    assert competitors.price_bands(frame.sample(frac=1, random_state=1), 3).equals(found)
    assert len(competitors.price_bands(frame.iloc[:0])) == 0
    with pytest.raises(SpecError):
        competitors.price_bands(frame, 0)


def test_natural_bands_are_the_best_of_all_cuts():
    price = np.exp(np.random.default_rng(3).normal(3, 1, 14))
    found = competitors.price_bands(pd.DataFrame({"price": price, "own": False}), 3)
    logs = np.sort(np.log(price))

    def loss(*cuts):
        edges = [0, *cuts, len(logs)]
        return sum(((logs[a:b] - logs[a:b].mean()) ** 2).sum() for a, b in itertools.pairwise(edges))

    best = min((loss(a, b), a, b) for a in range(1, 13) for b in range(a + 1, 14))
    assert found["products"].tolist() == [best[1], best[2] - best[1], 14 - best[2]]


def history(prices, shop="rival", sku="A", start="2026-01-01"):
    days = pd.date_range(start, periods=len(prices))
    return pd.DataFrame({"date": days, "shop": shop, "sku": sku, "price": np.asarray(prices, dtype=float)})


@pytest.mark.row(176)
def test_promotions_by_hand():
    found = competitors.promotions(history([100] * 20 + [80] * 5 + [100] * 10))
    (row,) = found.to_dict("records")
    assert (row["days"], row["usual"], row["price"], row["running"]) == (5, 100, 80, False)
    assert row["depth"] == pytest.approx(0.2)
    assert str(row["start"].date()) == "2026-01-21"


def test_a_new_price_stops_being_a_promotion_and_a_peak_makes_none():
    found = competitors.promotions(history([100] * 30 + [80] * 60))
    assert found["days"].max() <= 28
    assert not found["running"].any()
    assert competitors.promotions(history([100] * 20 + [150] * 3 + [100] * 20)).empty
    assert competitors.promotions(history([100] * 20 + [96] * 5)).empty
    assert competitors.promotions(history([])).empty


def test_promotions_of_others_on_the_same_days():
    both = pd.concat([history([100] * 20 + [80] * 4 + [100] * 4), history([50] * 22 + [40] * 4 + [50] * 2, shop="us")])
    found = competitors.promotions(both).set_index("shop")["overlap"]
    assert found.to_dict() == {"rival": 0.5, "us": 0.5}


@pytest.mark.row(176)
def test_launches_are_what_was_not_there_at_the_first_look():
    seen = pd.DataFrame(
        {"date": ["2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01"], "shop": "r", "sku": ["A", "B", "A", "C"],
         "launched_on": [None, "2025-12-24", None, None], "price": [1.0, 2.0, 1.0, 3.0]}
    )  # fmt: skip
    found = competitors.launches(seen)
    assert found[["sku", "said"]].to_numpy().tolist() == [["C", False], ["B", True]]
