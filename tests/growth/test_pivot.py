"""A figure by two dimensions, places in tiers, and the teams: each by hand."""

import datetime as dt
import math

import pandas as pd
import pytest

from ecops.errors import SpecError
from ecops.growth.board import pivot, team
from ecops.metrics.measured import measured
from ecops.periods import Period
from ecops.store.inputs import open_data

DAY = dt.date(2026, 5, 20)
ONE = Period(DAY, DAY)


@pytest.fixture
def shop():
    rows = [
        ("jd", "mobile", 100, 10, 500.0), ("jd", "desktop", 50, 1, 90.0), ("tmall", "mobile", 200, 4, 300.0),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["platform", "device", "visitors", "pay_buyers", "pay_amount"])
    return open_data({"traffic_daily": frame.assign(date=pd.Timestamp(DAY), level="source", channel="all")})


@pytest.mark.row(284)
def test_a_pivot_is_sum_over_sum_in_every_cell_and_total(shop):
    table = pivot.pivot(shop, ONE, "pay_conversion", "platform", "device")
    assert table.loc["jd", "mobile"] == 0.1
    assert table.loc["jd", "desktop"] == 0.02
    assert math.isnan(table.loc["tmall", "desktop"])
    assert table.loc["jd", pivot.WHOLE] == pytest.approx(11 / 150)
    assert table.loc[pivot.WHOLE, "mobile"] == pytest.approx(14 / 300)
    assert table.loc[pivot.WHOLE, pivot.WHOLE] == pytest.approx(15 / 350)
    assert list(table.index) == ["jd", "tmall", pivot.WHOLE]
    assert pivot.split_by(shop, ONE, "pay_conversion") == ("platform", "device")
    with pytest.raises(SpecError, match="same"):
        pivot.pivot(shop, ONE, "gmv", "platform", "platform")


@pytest.mark.row(284)
def test_tiers_are_those_of_nested_ifs(shop):
    rows = pivot.tiers(shop, ONE, "pay_conversion", "platform", [0.05, 0.01])
    assert rows[["platform", "tier", "gmv"]].to_numpy().tolist() == [["jd", 2, 590.0], ["tmall", 1, 300.0]]
    assert pivot.tiers(shop, ONE, "pay_conversion", "platform", [0.5])["tier"].tolist() == [0, 0]
    with pytest.raises(SpecError, match="limit"):
        pivot.tiers(shop, ONE, "gmv", "platform", [])


@pytest.mark.row(60)
def test_the_ratio_of_teams_and_what_they_can_do():
    rows = [
        ("2026-04-01", "operations", 9, None, None), ("2026-05-01", "operations", 4, None, None),
        ("2026-05-01", "design", 2, None, None), ("2026-05-01", "service", 6, None, None),
        ("2026-06-01", "service", 60, None, None),
        ("2026-05-01", "design", None, "video", 2), ("2026-05-01", "operations", None, "analysis", 4),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["date", "team", "people", "skill", "level"])
    data = open_data({"team": frame.assign(date=pd.to_datetime(frame["date"]))})
    found = team.team(data, DAY)
    assert found.people == {"service": 6.0, "operations": 4.0, "design": 2.0}
    assert found.ratio == 0.5
    assert found.sentence.text("en") == "Operations to design to service: 4 : 2 : 6"
    assert found.weakest.text("zh") == "最薄弱的技能：video（美工设计，2 级，满 5 级）"
    assert measured(data, ONE)["team_ratio"].value == 0.5
    assert team.team(open_data({"traffic_daily": pd.DataFrame({"date": [], "platform": []})}), DAY) is None
