"""Rivals from files to findings: the sample shop, awkward tables, index files, reference values, the command line."""

from __future__ import annotations

import datetime as dt
import json
import tomllib

import pandas as pd
import pytest
from typer.testing import CliRunner

import sample_data
from ecops import Workspace
from ecops.commands.app import app
from ecops.competitors import compare_kpis, view
from ecops.competitors.capability import CAPABILITY
from ecops.competitors.market.coverage import coverage
from ecops.competitors.market.view import market
from ecops.competitors.reviews.view import opinions
from ecops.competitors.telling import figures, strengths
from ecops.competitors.telling.findings import verdict
from ecops.competitors.telling.profiles import profiles
from ecops.metrics.beside.peers import medians
from ecops.periods import Period
from ecops.store.inputs import open_data

TRUTHS = tomllib.loads((sample_data.FOLDER.parent / "truths.toml").read_text("utf-8"))
WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
DAY = dt.date(2026, 11, 15)


@pytest.mark.row(15, 166, 167, 176)
def test_the_review_is_told_what_is_planted(data):
    assert CAPABILITY.speaks(data)
    found = CAPABILITY.findings(data, WEEK, "previous")
    planted = TRUTHS["rival_price_cut"]
    (cut,) = [one for one in found if one.metric == "rival_price"]
    assert dict(cut.subject) == planted["subject"]
    assert (cut.before, cut.after) == (planted["price_before"], planted["price_after"])
    assert str(planted["our_price"])[:3] in cut.evidence.text("en")
    behind = {one.metric: one for one in found if "peers" in one.subject}
    assert {"pay_conversion", "value_per_buyer"} <= set(behind)
    assert behind["value_per_buyer"].action.rule == "peer_order_value"
    assert behind["pay_conversion"].money.low < behind["pay_conversion"].money.value < 0
    assert all(one.headline.text(language) and one.compare is None for one in found for language in ("zh", "en"))


@pytest.mark.row(163)
def test_the_planted_price_above_the_band_is_told_with_a_test(data):
    planted = TRUTHS["price_above_band"]
    (one,) = [each for each in CAPABILITY.findings(data, WEEK, "previous") if each.metric == "price_index"]
    assert dict(one.subject) == planted["subject"]
    assert one.after == pytest.approx(100 * (1 + planted["gap"]), abs=0.01)
    assert one.trial.name == "price_NW-A02"


@pytest.mark.row(176)
def test_the_rhythm_of_launches_in_the_sample_shop(data):
    found = market(data)
    rows = found.shelf.rows[found.shelf.rows["launched_on"].notna()]
    assert found.rhythm.set_index("shop")["launches"].to_dict() == rows.groupby("shop").size().to_dict()
    assert len(found.terms) == 20
    assert set(found.indices["shop"]) == {"暖物集旗舰店", "木与棉家居", "拾光生活馆", "简屿家居"}


def test_an_earlier_day_sees_nothing_later(data):
    before = CAPABILITY.findings(data, Period(dt.date(2026, 10, 19), dt.date(2026, 10, 25)), "previous")
    assert not [one for one in before if one.metric == "rival_price"]
    assert view.standing(data, dt.date(2026, 9, 20)).spans.newest.start == dt.date(2026, 9, 1)


def test_the_deck_and_pictures(data):
    section = CAPABILITY.section(data, WEEK)
    assert len(section.blocks) == 2
    standing, prices, around = view.standing(data), view.prices(data), market(data)
    assert verdict(standing).text("zh").startswith("与淘宝 8 家同行相比")
    drawn = [
        figures.gap_bullets(standing.gaps, "CNY"), figures.radar(standing.gaps), figures.gap_histogram(prices.pairs),
        figures.band_bars(around.bands, "CNY"), figures.calendar(prices.episodes),
    ]  # fmt: skip
    assert all(figure is not None and figure.layout["meta"]["title"] for figure in drawn)


@pytest.mark.row(163, 164)
def test_prices_of_the_sample_shop(data):
    found = view.prices(data)
    assert len(found.pairs) > 80
    assert found.indexes["median"].headline
    row = found.places.set_index("sku").loc["NW-S01"]
    theirs = found.pairs.loc[found.pairs["sku"] == "NW-S01", "rival_price"]
    assert 259 in theirs.tolist()
    assert row["reference"] == theirs.median()
    assert set(found.by_shop) == {"木与棉家居", "拾光生活馆", "简屿家居"}


@pytest.mark.row(177, 182)
def test_every_line_has_a_number_and_its_evidence(data):
    standing, prices, around = view.standing(data), view.prices(data), market(data)
    sides = strengths.swot(standing, prices, around, strengths.of_reviews(opinions(data)))
    lines = [line for side in sides.values() for line in side]
    assert {line.side for line in lines} >= {"S", "W", "T"}
    assert all(line.evidence and any(letter.isdigit() for letter in line.text.text("en")) for line in lines)
    assert strengths.swot() == {"S": (), "W": (), "O": (), "T": ()}
    assert len(strengths.card(standing, prices, around, sides)) >= 3


@pytest.mark.row(165, 181)
def test_what_rivals_neglect_becomes_a_selling_point():
    good = ["很舒服，颜色好看", "做工精细，物流很快", "客服有耐心，很喜欢", "质量不错，会回购"]
    bad = ["洗一次就起球，很失望", "起球严重，不值", "起球厉害，退货麻烦"]
    rows = [
        {
            "shop": shop,
            "review_id": f"{shop}{n}",
            "category": "床品",
            "date": "2026-10-01",
            "stars": stars,
            "text": text,
        }
        for shop, complaints in (("us", 6), ("r", 90))
        for n in range(240)
        for stars, text in [(1, bad[n % 3]) if n < complaints else (5, good[n % 4])]
    ]
    own = pd.DataFrame({"date": ["2026-10-01"], "platform": "taobao", "shop": "us", "level": "shop", "visitors": 1})
    data = open_data({"reviews": pd.DataFrame(rows), "traffic_daily": own})
    lines = strengths.of_reviews(opinions(data))
    assert {line.side for line in lines} == {"O"}
    assert lines[0].evidence == "topic:起球"
    assert "ours in" in lines[0].text.text("en")
    assert strengths.swot(topics=lines)["O"]


def test_the_command_tells_the_same(sample):
    result = CliRunner().invoke(app, ["competitors", "--workspace", str(sample.folder), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told["platform"] == "taobao"
    assert {row["kpi"] for row in told["gaps"]} >= {"conversion_rate", "order_value"}
    assert told["changes"][0]["own_sku"] == "NW-S01"
    wrong = CliRunner().invoke(app, ["competitors", "--workspace", str(sample.folder), "--tier", "x"])
    assert wrong.exit_code != 0
    assert "Traceback" not in wrong.output
    one = CliRunner().invoke(app, ["competitors", "--price", "3件99元", "--language", "zh", "--json"])
    assert json.loads(one.output)["unit_price"] == 33


LISTING = {
    "date": "2026-11-01",
    "platform": "taobao",
    "shop": "us",
    "sku": "1",
    "title": "steel flask 500ml",
    "price_text": "¥99",
}


def shelf(*rows, **tables):
    """Listings, one shop of which is ours, and anything else."""
    traffic = pd.DataFrame(
        {"date": ["2026-11-01"], "platform": ["taobao"], "shop": ["us"], "level": ["shop"], "visitors": [10]}
    )
    listed = pd.DataFrame([{**LISTING, **row} for row in rows])
    return open_data({"listings": listed, "traffic_daily": traffic, **tables})


def test_awkward_listings():
    found = view.prices(
        shelf(
            {},
            {"shop": "r", "sku": "x", "title": "<script>alert(1)</script>steel flask 500ml", "price_text": "$15.99"},
            {"shop": "r", "sku": "x", "title": "steel flask 500ml", "price_text": "$15.99"},
            {"shop": "q", "sku": None, "price_text": "¥80"},
            {"shop": "p", "sku": "z", "price_text": "暂无报价"},
        )
    )
    assert not found.indexes or found.indexes["median"].n == 0  # yuan are never set against dollars
    assert len(found.shelf.rows) == 3
    assert len(found.shelf.notes) == 2


def test_packs_are_compared_by_what_they_hold():
    found = view.prices(
        shelf(
            {"gtin": "690", "quantity": "500g", "price_text": "¥10"},
            {"shop": "r", "sku": "x", "gtin": "690", "quantity": "500g*3", "price_text": "¥27"},
        )
    )
    assert found.pairs["rival_price"].tolist() == [pytest.approx(9.0)]


def test_packs_that_only_titles_name():
    """Three in one pack against one alone; of a pair where only one side says it nobody guesses."""
    found = view.prices(
        shelf(
            {"gtin": "690", "title": "316保温杯500ml 单只装", "price_text": "¥40"},
            {"shop": "r", "sku": "x", "gtin": "690", "title": "316保温杯500ml 3只装", "price_text": "¥99"},
        )
    )
    assert found.pairs["rival_price"].tolist() == [pytest.approx(33.0)]
    unclear = view.prices(
        shelf(
            {"gtin": "690", "title": "316保温杯500ml", "price_text": "¥40"},
            {"shop": "r", "sku": "x", "gtin": "690", "title": "316保温杯500ml 3只装", "price_text": "¥110"},
        )
    )
    assert unclear.pairs["rival_price"].isna().all()
    same = view.prices(
        shelf(
            {"gtin": "690", "quantity": "500ml*2", "title": "洗发水 2瓶装", "price_text": "¥59.8 2瓶装"},
            {"shop": "r", "sku": "x", "gtin": "690", "quantity": "500ml", "title": "洗发水", "price_text": "¥29.9"},
        )
    )
    assert same.pairs["own_price"].tolist() == [pytest.approx(29.9)]
    assert same.pairs["rival_price"].tolist() == [pytest.approx(29.9)]


def test_a_peer_a_hundred_times_too_large_is_named_and_moves_no_verdict(data):
    own = view.standing(data).own
    rows = view.standing(data).spans
    peers = rows.of(rows.newest.start)
    clean = compare_kpis(own, peers).table.set_index("kpi")
    wrong = peers.copy()
    wrong.loc[wrong.index[0], "conversion_rate"] = float(peers["conversion_rate"].iloc[0]) * 100  # above 1: impossible
    wrong.loc[wrong.index[1], "order_value"] = float(peers["order_value"].iloc[1]) * 100
    told = compare_kpis(own, wrong)
    notes = " ".join(note.text("en") for note in told.notes)
    assert "impossible" in notes
    assert str(wrong["shop"].iloc[1]) in notes
    table = told.table.set_index("kpi")
    for kpi in ("conversion_rate", "order_value"):
        assert table.loc[kpi, "verdict"] == clean.loc[kpi, "verdict"]
        assert table.loc[kpi, "median"] == pytest.approx(clean.loc[kpi, "median"], rel=0.05)


def test_text_from_outside_stays_text():
    """Titles, shops, words and reviews with script, formula and markdown: as they are, never run, never a crash."""
    evil = [
        '<script>alert("x")</script>保温杯',
        '=HYPERLINK("http://x")',
        "**粗** [a](http://x) $x$",
        "'; drop table x; --",
    ]
    found = shelf(
        {"title": evil[0], "gtin": "690"},
        *(
            {"shop": evil[1], "sku": f"x{place}", "title": text, "gtin": "690", "sales_30d": 5.0}
            for place, text in enumerate(evil)
        ),
        search_words=pd.DataFrame({"date": "2026-11-01", "platform": "taobao", "word": evil, "searches": 10}),
        products=pd.DataFrame({"sku": ["1"], "title": [evil[0]]}),
        reviews=pd.DataFrame({"shop": "us", "review_id": list("abcdefgh"), "date": "2026-11-01", "stars": 1,
                              "text": [*evil, "", "   ", "Très mauvais, fuit", "とても悪い、水漏れ"]}),
    )  # fmt: skip
    assert view.prices(found).pairs["title"].tolist() == [evil[0]]
    assert coverage(found).table["covered"].sum() >= 1
    told = opinions(found)
    assert not any("alert" in word for word in told.said.corpus.words)
    assert profiles(None, view.prices(found), market(found), told)[0].shop == evil[1]
    assert CAPABILITY.findings(found, WEEK, "previous") is not None


def test_two_peers_are_dots(data):
    del data
    peers = pd.DataFrame(
        {
            "shop": ["a", "b"],
            "period": "2026-11-01",
            "platform": "taobao",
            "visitors": 100,
            "conversion_rate": [0.02, 0.03],
        }
    )
    days = pd.date_range("2026-11-01", periods=30)
    own = pd.DataFrame(
        {
            "date": days,
            "platform": "taobao",
            "shop": "us",
            "level": "shop",
            "visitors": 1_000,
            "pay_buyers": 10,
            "pay_amount": 900.0,
        }
    )
    found = view.standing(open_data({"peer_kpis": peers, "traffic_daily": own}))
    assert set(found.gaps.table["verdict"]) == {"few"}
    assert "too few" in verdict(found).text("en")
    assert figures.gap_bullets(found.gaps, "CNY") is not None
    assert figures.radar(found.gaps) is None


def test_tables_of_indices_give_no_standing_and_no_traffic(tmp_path):
    workspace = Workspace.open(tmp_path / "shop")
    report = "日期,平台,竞店,交易指数,流量指数\n2026-10-31,淘宝,us,1000,50\n2026-10-31,淘宝,r,4000,80\n".encode()
    workspace.load(report, name="rivals.csv", source="generic_rival_indices")
    data = workspace.data()
    assert not data.has("traffic_daily")
    assert view.standing(data) is None
    found = market(data).indices
    assert found[found["index"] == "trade_index"][["shop", "rank"]].to_numpy().tolist() == [["r", 1], ["us", 2]]
    flagged = pd.DataFrame({"shop": ["a"], "period": ["2026-10-01"], "visitors": [5.0], "is_index": [True]})
    assert view.standing(open_data({"peer_kpis": flagged})) is None


@pytest.mark.row(18, 168)
def test_the_median_of_peers_stands_beside_every_figure(data):
    found = medians(data, DAY)
    spans = view.standing(data, DAY).spans
    rows = spans.of(spans.newest.start)
    assert found["pay_conversion"].value == pytest.approx(rows["conversion_rate"].median())
    assert found["pay_conversion"].n == len(rows)
    assert found["pay_conversion"].day == dt.date(2026, 10, 1)
    assert medians(data, dt.date(2026, 9, 20))["pay_conversion"].day == dt.date(2026, 9, 1)
    assert medians(open_data({"peer_kpis": pd.DataFrame({"shop": ["a"], "period": ["2026-10-01"], "visitors": [5.0],
                                                         "is_index": [True]})}), DAY) == {}  # fmt: skip


@pytest.mark.row(171, 175, 183)
def test_notes_and_tables_of_peers_are_kept_as_they_are(tmp_path):
    workspace = Workspace.open(tmp_path / "shop")
    notes = "日期,直播间,方面,做法,对方数字,我方数字,依据\n2026-10-20,r,话术,保温实验,,,\n"
    notes += "2026-10-20,r,卖点,12小时55度,55,62,报告\n"
    workspace.load(notes.encode(), name="practices.csv", source="generic_rival_practices")
    peers = "周期,店铺,点击率,支付转化率,客单价\n2026-10-01,甲,4.1%,2.2%,120\n2026-10-01,乙,3.9%,2.4%,130\n"
    workspace.load(peers.encode(), name="peers.csv", source="generic_peer_kpis")
    around = market(workspace.data())
    assert around.practices["subject"].tolist() == ["claim", "live_script"]
    assert around.claims["support"].tolist() == ["supported"]
    assert view.standing(workspace.data()).spans.rows["click_rate"].tolist() == [0.039, 0.041]
