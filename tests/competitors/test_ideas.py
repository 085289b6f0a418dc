"""Ideas worth a test, searched words against titles, leading shops, a product beside peers, new complaints."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from ecops.capability import capabilities
from ecops.commands.app import app
from ecops.competitors import view
from ecops.competitors.capability import CAPABILITY
from ecops.competitors.market.coverage import coverage, title_coverage
from ecops.competitors.market.view import market
from ecops.competitors.reviews.view import opinions
from ecops.competitors.telling.asking import single, to_try
from ecops.competitors.telling.profiles import profiles
from ecops.experiments.records.register import Register
from ecops.periods import Period
from tests.competitors.test_alarmed import opened, reviews

WEEK = Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))


@pytest.mark.row(309)
def test_searched_words_against_titles_by_hand():
    words = pd.DataFrame({"word": ["毛巾", "羽绒被", "电热毯", "steel flask"], "searches": [60, 30, 5, 5]})
    ours = pd.DataFrame({"sku": ["1", "2", "3"], "title": ["全棉毛巾三条装", "95白鹅绒冬被", "Flask 500 ml, steel"]})
    found = title_coverage(words, ours).set_index("word")
    assert found["covered"].to_dict() == {"毛巾": True, "羽绒被": False, "电热毯": False, "steel flask": True}
    assert found.loc["羽绒被", "sku"] == "2"  # two of three letters are in that title
    assert found.loc["电热毯", "sku"] == ""  # no title comes near: a product is missing, not a word
    plain = {word: sum(word in title for title in ours["title"]) for word in ("毛巾", "羽绒被", "电热毯")}
    assert {word: int(found.loc[word, "titles"]) for word in plain} == plain


@pytest.mark.row(309)
def test_title_coverage_of_the_sample_shop(data):
    found = coverage(data)
    rows = data.query(
        "select word, sum(searches) as n from search_words where date > date '2026-10-18' group by word", {}
    )
    searched = {row["word"]: row["n"] for row in rows.to_pylist()}
    lacking = {"羽绒被", "电热毯"}
    assert found.share == pytest.approx(1 - sum(searched[word] for word in lacking) / sum(searched.values()))
    assert found.lacking["word"].tolist() == ["羽绒被"]
    assert found.lacking["sku"].tolist() == ["NW-S06"]
    (told,) = [one for one in CAPABILITY.findings(data, WEEK, "previous") if one.metric == "title_coverage"]
    assert told.trial.name == "title_NW-S06_羽绒被"
    assert told.after == pytest.approx(found.share)


def test_a_price_idea_pays_for_itself_at_its_lift(data):
    (idea,) = [idea for idea in to_try(data) if idea.kind == "price"]
    place = view.prices(data).places.set_index("sku").loc[idea.sku]
    wanted = 1.2 * place["reference"]  # the near end of the band lies within one step
    assert wanted > 0.8 * place["price"]
    profit = (place["price"] - place["cost"]) * 1.0
    assert (round(wanted, 2) - place["cost"]) * (1 + idea.trial.lift) == pytest.approx(profit)
    base, lift = idea.trial.baseline, idea.trial.lift
    middle = base * (1 + lift / 2)
    z = stats.norm.ppf([0.975, 0.8])
    root = z[0] * math.sqrt(2 * middle * (1 - middle)) + z[1] * math.sqrt(
        base * (1 - base) + base * (1 + lift) * (1 - base * (1 + lift))
    )
    assert idea.trial.sample == 2 * math.ceil((root / (base * lift)) ** 2)


@pytest.mark.row(163)
def test_an_idea_becomes_a_planned_test_by_command(sample):
    run = CliRunner()
    shop = ["--workspace", str(sample.folder)]
    told = json.loads(run.invoke(app, ["competitors", *shop, "--json"]).output)
    names = [idea["test"] for idea in told["ideas"]]
    assert {idea["kind"] for idea in told["ideas"]} == {"price", "title"}
    assert told["leading"][0]["hot"]
    result = run.invoke(app, ["competitors", *shop, "--plan", names[0]])
    assert result.exit_code == 0, result.output
    planned = Register(sample.state).trial(names[0])
    assert planned.planned_sample == told["ideas"][0]["sample"]
    assert names[0] in capabilities()["experiments"].waits_for(sample.data())
    wrong = run.invoke(app, ["competitors", *shop, "--plan", "no such test"])
    assert wrong.exit_code == 2
    assert names[1] in wrong.output or "test" in wrong.output


@pytest.mark.row(174)
def test_leading_shops_are_reported_one_by_one(data):
    found = profiles(view.standing(data), view.prices(data), market(data), opinions(data))
    assert 3 <= len(found) <= 5
    rival = next(one for one in found if one.shop == "木与棉家居")
    assert list(rival.parts) == ["standing", "hot", "price", "launch", "page", "reviews", "advice"]
    rows = market(data).shelf.rows
    rows = rows[rows["shop"] == rival.shop].assign(value=lambda frame: frame["sales"] * frame["price"])
    assert rows.nlargest(1, "value")["title"].iloc[0] in rival.parts["hot"][0].text("zh")
    assert any("首屏" in line.text("zh") for line in rival.parts["page"])
    assert any("起球" in line.text("zh") for line in rival.parts["reviews"])
    assert "起球" in rival.parts["advice"][0].text("zh")
    assert "18.8%" in " ".join(line.text("en") for line in rival.parts["price"])


@pytest.mark.row(175)
def test_a_product_beside_the_peers(data):
    found = single(data)
    row = found.gaps("NW-E03").table.set_index("kpi").loc["conversion_rate"]
    seen = data.query(
        "select sum(visitors) as v, sum(pay_buyers) as b, sum(pay_amount) as m from traffic_daily where level = 'item' "
        "and sku = 'NW-E03' and date between date '2026-10-01' and date '2026-10-31'", {}
    ).to_pylist()[0]  # fmt: skip
    assert row["own"] == pytest.approx(seen["b"] / seen["v"])
    assert row["verdict"] == "behind"
    value = found.gaps("NW-E03").table.set_index("kpi").loc["order_value"]
    assert value["own"] == pytest.approx(seen["m"] / seen["b"])
    peers = view.standing(data).spans
    assert row["median"] == pytest.approx(peers.of(peers.newest.start)["conversion_rate"].median())


@pytest.mark.row(175)
def test_new_products_come_first():
    days = pd.date_range("2026-10-01", "2026-10-31")
    items = pd.concat(
        pd.DataFrame({"date": days, "platform": "taobao", "shop": "us", "level": "item", "sku": sku, "visitors": n,
                      "impressions": 20 * n, "clicks": n, "pay_buyers": 2, "pay_amount": 100.0})
        for sku, n in (("old", 90), ("new", 30))
    )  # fmt: skip
    shop = pd.DataFrame({"date": days, "platform": "taobao", "shop": "us", "level": "shop", "visitors": 500,
                         "pay_buyers": 10, "pay_amount": 900.0})  # fmt: skip
    products = pd.DataFrame({"sku": ["old", "new"], "title": ["a", "b"], "listed_on": ["2024-01-01", "2026-09-15"]})
    peers = pd.DataFrame({"shop": list("abcdef"), "platform": "taobao", "period": "2026-10-01", "visitors": 1000,
                          "click_rate": 0.08, "conversion_rate": 0.03, "order_value": 60.0})  # fmt: skip
    data = opened(traffic=pd.concat([items, shop]), products=products, peer_kpis=peers)
    found = single(data)
    assert found.products["sku"].tolist() == ["new", "old"]
    assert found.products["is_new"].tolist() == [True, False]
    rows = found.gaps("new").table.set_index("kpi")
    assert rows.loc["click_rate", "own"] == pytest.approx(1 / 20)
    assert rows.loc["conversion_rate", "own"] == pytest.approx(2 / 30)
    assert rows["verdict"].to_dict() == {"click_rate": "behind", "conversion_rate": "ahead", "order_value": "behind"}


@pytest.mark.row(181)
def test_a_new_complaint_is_told_with_interval_and_correction():
    data = opened(reviews=reviews(topic_now=0.25))
    found = [one for one in CAPABILITY.findings(data, WEEK, "previous") if one.metric == "complaint_share"]
    (one,) = [each for each in found if each.subject["topic"] == "漏水"]
    new = opinions(data, WEEK.end).new.set_index("topic").loc["漏水"]
    assert one.ci == (new["low"], new["high"])
    assert one.ci[0] > 0
    assert one.q_value < 0.05
    table = [[new["now"], new["n_now"] - new["now"]], [new["then"], new["n_then"] - new["then"]]]
    assert new["p"] == pytest.approx(stats.fisher_exact(table, "greater")[1])
    assert new["q"] >= new["p"]
    assert one.action.rule == "new_complaint"
    quiet = CAPABILITY.findings(opened(reviews=reviews()), WEEK, "previous")
    assert not [each for each in quiet if each.metric == "complaint_share"]


def test_where_nothing_changed_few_shops_hear_of_a_new_complaint():
    """Eighteen words, complained of at the same rate throughout: 40 shops, of which 5 % may err."""
    named = "漏水 掉漆 起球 掉色 线头 太薄 偏小 异味 划痕 脱胶 生锈 开裂 变形 掉毛 褪色 卡扣 拉链 轮子"
    words = named.split()
    wrong = 0
    for seed in range(40):
        random = np.random.default_rng([seed, 15])
        day = pd.Timestamp("2026-11-15") - pd.to_timedelta(random.integers(0, 112, 300), unit="D")
        bad = random.random(300) < 0.25
        text = np.where(bad, [f"{word}，不满意" for word in random.choice(words, 300)], "做工精细，很喜欢")
        rows = pd.DataFrame({"platform": "taobao", "shop": "us", "review_id": [str(n) for n in range(300)], "date": day,
                             "stars": np.where(bad, 1, 5), "text": text})  # fmt: skip
        wrong += bool(opinions(opened(reviews=rows), WEEK.end).new["confirmed"].any())
    assert wrong <= 4  # P(more | 5 %) < 5 %
