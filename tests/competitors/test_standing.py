"""Peers, percentiles, verdicts, money: by hand, by scipy, by simulation; index values never become money."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecops import competitors
from ecops.competitors import Own
from ecops.competitors.standing.gaps import jeffreys, kpis, median_interval
from ecops.errors import DataError, SpecError


def shops(conversion, **more):
    return pd.DataFrame({"shop": [f"s{n}" for n in range(len(conversion))], "conversion_rate": conversion, **more})


def compared(own, peers, **more):
    return competitors.compare_kpis(own, peers, **more).table.set_index("kpi")


def test_jeffreys_is_the_beta_quantile():
    assert jeffreys(2, 5, 0.9) == pytest.approx(tuple(stats.beta(2.5, 3.5).ppf([0.05, 0.95])))
    assert jeffreys(0, 5, 0.9)[0] == 0
    assert jeffreys(5, 5, 0.9)[1] == 1


def test_the_interval_of_the_median_holds_its_promise():
    random = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        low, high = median_interval(random.lognormal(0, 0.35, 12), 0.9)
        hits += low <= 1 <= high
    assert 0.88 <= hits / 400 <= 0.99
    assert math.isnan(median_interval(np.arange(3.0), 0.9)[0])


@pytest.mark.row(166, 167)
def test_a_row_by_hand():
    row = compared({"conversion_rate": (1_000, 50_000)}, shops([0.02, 0.021, 0.022, 0.023, 0.024, 0.025, 0.026])).loc[
        "conversion_rate"
    ]
    assert row["percentile"] == pytest.approx(0.5 / 7)  # one peer is equal
    assert row["median"] == 0.023
    assert row["gap_rel"] == pytest.approx(0.02 / 0.023 - 1)
    assert row["verdict"] == "behind"
    assert row["robust_z"] < -1


def test_a_verdict_needs_both_intervals():
    peers = shops([0.02, 0.021, 0.022, 0.023, 0.024, 0.025, 0.026])
    unsure = compared({"conversion_rate": (2, 100)}, peers).loc["conversion_rate"]
    assert unsure["verdict"] == "no_evidence"  # our own figure is too uncertain
    middle = compared({"conversion_rate": (2_300, 100_000)}, peers).loc["conversion_rate"]
    assert middle["verdict"] == "no_evidence"
    plain = compared({"conversion_rate": 0.01}, peers).loc["conversion_rate"]
    assert plain["verdict"] == "unknown"  # nothing is known of its error


def test_less_is_better_where_it_is():
    peers = shops([0.02] * 6, refund_rate=[0.1, 0.11, 0.12, 0.13, 0.14, 0.15])
    row = compared({"refund_rate": (10, 1_000)}, peers).loc["refund_rate"]
    assert (row["verdict"], row["percentile"]) == ("ahead", 1.0)


def test_few_peers_are_dots():
    for size in (1, 2, 3, 4):
        row = compared({"conversion_rate": (10, 1_000)}, shops(np.linspace(0.02, 0.03, size))).loc["conversion_rate"]
        assert row["verdict"] == "few"
        assert math.isnan(row["percentile"])
    assert (
        compared({"conversion_rate": (10, 1_000)}, shops([0.02] * 4), min_peers=2).loc["conversion_rate"]["verdict"]
        == "few"
    )


def test_a_mistyped_peer_is_named_and_moves_little():
    peers = [0.040, 0.042, 0.044, 0.045, 0.046, 0.048, 0.050]
    clean = compared({"conversion_rate": (32, 1_000)}, shops(peers)).loc["conversion_rate"]
    found = competitors.compare_kpis({"conversion_rate": (32, 1_000)}, shops([*peers, 0.45]))
    slipped = found.table.set_index("kpi").loc["conversion_rate"]
    assert slipped["robust_z"] == pytest.approx(clean["robust_z"], abs=0.5)
    assert ["s7" in note.text("en") for note in found.notes] == [True]
    impossible = competitors.compare_kpis({"conversion_rate": (32, 1_000)}, shops([*peers, 4.5]))
    assert impossible.table["n_peers"].tolist() == [7]
    assert len(impossible.notes) == 1


def test_index_values_never_become_money():
    peers = shops([0.02] * 6, is_index=True)
    with pytest.raises(DataError, match="index"):
        competitors.compare_kpis({"conversion_rate": (1, 100)}, peers)
    with pytest.raises(SpecError):
        competitors.money_gap({"visitors": 1, "conversion_rate": 0.1, "trade_index": 5}, {})
    ranked = competitors.indices(
        pd.DataFrame({"shop": ["us", "r"], "sku": "", "title": "", "trade_index": [50.0, 200.0]}), ("us",)
    )
    assert ranked[["shop", "rank", "ratio"]].to_numpy().tolist() == [["us", 2, 1.0], ["r", 1, 4.0]]
    assert not [name for name in ranked if "money" in name or "amount" in name]


@pytest.mark.row(168)
def test_money_by_hand():
    base = {"visitors": 120_000, "conversion_rate": 0.032, "order_value": 210}
    gap = competitors.money_gap(base, {"conversion_rate": 0.058})
    assert (round(gap.base), round(gap.parts["conversion_rate"])) == (806_400, 655_200)


def test_shapley_parts_sum():
    random = np.random.default_rng(2)
    for _ in range(50):
        base = dict(zip(("visitors", "conversion_rate", "order_value"), random.uniform(0.1, 1000, 3), strict=True))
        target = dict(zip(base, random.uniform(0.1, 1000, 3), strict=True))
        found = competitors.money_gap(base, target, "shapley")
        assert math.fsum(found.parts.values()) == pytest.approx(
            found.target - found.base, rel=1e-9, abs=1e-9 * found.base
        )


@pytest.mark.parametrize(
    "bad", [{"visitors": -1}, {"order_value": math.nan}, {"weather": 3}, {"conversion_rate": math.inf}]
)
def test_money_refuses_what_is_no_figure(bad):
    base = {"visitors": 100, "conversion_rate": 0.03, "order_value": 200}
    with pytest.raises(SpecError):
        competitors.money_gap(base, bad)
    with pytest.raises(SpecError):
        competitors.money_gap({"visitors": 100}, {}, "single")


@pytest.mark.row(15, 166)
def test_gaps_have_money_and_the_dearest_comes_first():
    own = {"visitors": Own(45_000, 44_000, 46_000), "conversion_rate": (900, 45_000), "order_value": Own(120, 118, 122)}
    peers = shops(
        [0.022, 0.023, 0.024, 0.025, 0.026, 0.027],
        visitors=[50_000.0] * 6,
        order_value=[130.0, 135, 140, 145, 150, 155],
    )
    table = compared(own, peers)
    assert table["money"].is_monotonic_decreasing
    row = table.loc["conversion_rate"]
    assert row["money"] == pytest.approx(45_000 * (0.0245 - 0.02) * 120)
    assert row["money_low"] < row["money"] < row["money_high"]
    assert kpis()["order_value"].rule == "peer_order_value"


def test_peers_of_the_same_kind_are_called_behind_no_more_often_than_promised():
    random = np.random.default_rng(9)
    behind = 0
    for _ in range(300):
        rates = random.lognormal(math.log(0.03), 0.3, 9)
        found = compared({"conversion_rate": (round(20_000 * rates[0]), 20_000)}, shops(rates[1:])).loc[
            "conversion_rate"
        ]
        behind += found["verdict"] in {"behind", "ahead"} and found["q_value"] < 0.05
    # A shop like its peers is the lowest or the highest of nine by chance two times in nine: that proves nothing of its
    # rank in the market being wrong, it is below the median with certainty.
    assert behind / 300 <= 0.30


@pytest.mark.row(174)
def test_peers_have_reasons_and_are_few():
    table = pd.DataFrame(
        {"shop": list("abcdefg"), "tier": ["4"] * 5 + ["5"] * 2, "pay_amount": [100.0, 110, 90, 400, 120, 900, 1000],
         "price": [50.0, 53, 80, 50, 52, 50, 50], "lost_buyers": [0, 0, 30, 0, 0, 0, 0]}
    )  # fmt: skip
    found = competitors.peers(
        {"sales": 100, "price": 50}, table, before=table.assign(pay_amount=table["pay_amount"] / 1.1)
    )
    kinds = found.shops.set_index("shop")["kind"].to_dict()
    assert kinds == {
        "a": "direct",
        "b": "direct",
        "c": "lost_to",
        "d": "leading",
        "e": "direct",
        "f": "leading",
        "g": "leading",
    }
    assert found.tier == "4"
    assert 3 <= len(found.chosen) <= 5
    assert set(found.reasons) == set(found.chosen)
    assert set(found.same_tier) == set("abcde")
    with pytest.raises(SpecError):
        competitors.peers({"sales": 1}, table, tier="9")


def test_tiers():
    tiers = competitors.assign_tier(np.arange(1.0, 1_001))
    assert np.bincount(tiers.astype(int)).tolist() == [0, 400, 300, 150, 50, 50, 40, 10]
    assert competitors.assign_tier([0.0, *range(1, 10)], "quantile5")[0] == 1
    with pytest.raises(DataError):
        competitors.assign_tier([1.0, 2.0])
    with pytest.raises(SpecError):
        competitors.assign_tier([1.0] * 10, "wrong")


def test_a_shop_twice_is_refused():
    with pytest.raises(DataError):
        competitors.compare_kpis({"conversion_rate": 0.02}, pd.concat([shops([0.02]), shops([0.03])]))
    with pytest.raises(SpecError):
        competitors.compare_kpis({"weather": 1.0}, shops([0.02]), figures=["weather"])
