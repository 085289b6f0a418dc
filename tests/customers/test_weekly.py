"""What customers say to the review: planted falls are found, quiet shops stay quiet."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from ecops.capability import capabilities
from ecops.customers.weekly import customer_findings, customer_section
from ecops.periods import Period
from ecops.store.inputs import open_data
from tests.customers.conftest import shop

END = dt.date(2026, 11, 15)
WEEK = Period(dt.date(2026, 11, 9), END)


def steady(seed, regulars=600, once=600, days=420, shock=0.25, season=0.0):
    """Regular customers with rates of their own, newcomers every day, and days and months that all have in common."""
    generator = np.random.default_rng(seed)
    start = pd.Timestamp(END) - pd.Timedelta(days=days - 1)
    busy = np.exp(generator.normal(0, shock, days))
    busy *= np.exp(generator.normal(0, season, 1 + days // 28))[np.arange(days) // 28]
    rate = generator.gamma(3, 1 / 60, regulars)
    counts = generator.poisson(rate[:, None] * busy[None, :])
    who, day = np.nonzero(counts)
    rows = pd.DataFrame({"buyer_id": [f"r{n}" for n in who], "day": day})
    newcomers = generator.integers(0, days, once * days // 60)
    fresh = pd.DataFrame({"buyer_id": [f"n{n}" for n in range(len(newcomers))], "day": newcomers})
    again = fresh[generator.random(len(fresh)) < 0.3]
    again = again.assign(day=again["day"] + generator.integers(1, 30, len(again)))
    rows = pd.concat([rows, fresh, again[again["day"] < days]], ignore_index=True)
    rows["ordered_at"] = start + pd.to_timedelta(rows["day"], "D")
    rows["paid_amount"] = np.round(generator.gamma(4, 25, len(rows)), 2)
    return rows.assign(order_id=[f"o{n}" for n in range(len(rows))]).drop(columns="day")


def heard(rows):
    return customer_findings(open_data(rows), WEEK)


@pytest.mark.row(113)
def test_regulars_who_stop_are_found_with_their_money():
    rows = steady(1)
    gone = {f"r{n}" for n in range(0, 600, 3)}
    late = rows["ordered_at"] > pd.Timestamp(END) - pd.Timedelta(days=40)
    found = heard(rows[~(late & rows["buyer_id"].isin(gone))])
    silent = next(finding for finding in found if finding.metric == "retention_rate")
    assert (silent.confidence, silent.subject, silent.compare) == ("confirmed", {"segment": "champions"}, None)
    assert silent.after < silent.before
    assert silent.action.rule == "wake_high_value"
    assert "ordered in four weeks" in str(silent.headline)
    # A third of those who spend on average rate 1/20 a day and 100 an order: about 100 a month each.
    assert silent.money.low < silent.money.value < silent.money.high < 0
    assert silent.money.value == pytest.approx(-gone_money(rows, gone), rel=0.35)


def gone_money(rows, gone):
    theirs = rows[rows["buyer_id"].isin(gone) & (rows["ordered_at"] <= pd.Timestamp(END) - pd.Timedelta(days=40))]
    return theirs["paid_amount"].sum() / 380 * 30.4375


@pytest.mark.row(113)
def test_regulars_who_stopped_half_a_year_ago_fall_to_another_segment_now():
    rows = steady(1)
    gone = {f"r{n}" for n in range(0, 600, 3)}
    late = rows["ordered_at"] > pd.Timestamp(END) - pd.Timedelta(days=205)
    found = heard(rows[~(late & rows["buyer_id"].isin(gone))])
    fall = next(finding for finding in found if finding.metric == "churn_rate")
    assert fall.confidence == "confirmed"
    assert fall.after > fall.before
    assert "fell away in four weeks" in str(fall.headline)
    if fall.money is not None:
        assert fall.money.low < fall.money.value < 0


@pytest.mark.row(108)
def test_missing_second_orders_are_found():
    rows = steady(2, once=3000)
    first = rows.groupby("buyer_id")["ordered_at"].transform("min")
    lately = first > pd.Timestamp(END) - pd.Timedelta(days=58)
    second = rows["buyer_id"].str.startswith("n") & (rows["ordered_at"] > first) & lately
    found = [finding for finding in heard(rows[~second]) if finding.metric == "repeat_rate"]
    assert [finding.confidence for finding in found] == ["confirmed"]
    assert "ordered again within 30 days" in str(found[0].headline)
    assert found[0].after < found[0].before


def test_quiet_shops_stay_quiet():
    """Days shared by all customers differ by a quarter, months by a fifth; confirmed findings must stay rare."""
    shops = [steady(seed, season=0.2) for seed in range(10, 34)]
    sure = [any(finding.confidence == "confirmed" for finding in heard(rows)) for rows in shops]
    assert np.mean(sure) <= 0.125


def test_a_short_history_says_nothing_and_has_a_section():
    rows = steady(3, days=80)
    assert heard(rows) == []
    section = customer_section(open_data(rows), WEEK)
    assert section is not None
    assert "in the last year" in str(section.title)
    assert customer_section(open_data(rows.assign(buyer_id=None)), WEEK) is None
    assert heard(rows.assign(buyer_id=None)) == []


def test_the_house_finds_the_capability():
    guest = capabilities()["customers"]
    assert guest.page == "customers"
    data = open_data(shop([("a", "2026-11-10", 10), ("b", "2026-11-11", 20)]))
    assert guest.speaks(data)
    assert guest.findings(data, WEEK, "previous") == []
    assert guest.section(data, WEEK) is not None


@pytest.mark.row(100)
@pytest.mark.row(101)
def test_the_command_answers_in_json(tmp_path):
    from ecops.commands.app import app

    rows = steady(4, regulars=80, once=100, days=200)
    file = tmp_path / "orders.parquet"
    rows.to_parquet(file)
    result = CliRunner().invoke(app, ["customers", str(file), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["customers"] == rows["buyer_id"].nunique()
    assert sum(row["customers"] for row in told["segments"]) == told["customers"]
    assert told["value"]["status"] == "too_small"
    assert "500 buyers" in told["value"]["reason"]
    plain = CliRunner().invoke(app, ["customers", str(file), "--scheme", "cn8", "-l", "zh"])
    assert plain.exit_code == 0
    assert "重要价值客户" in plain.stdout
    missing = CliRunner().invoke(app, ["customers", str(tmp_path / "none.csv"), "--json"])
    assert missing.exit_code == 2
