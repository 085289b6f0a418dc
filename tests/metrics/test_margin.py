"""Net profit by hand: goods, commission, freight and promotion, each rate own, from files or assumed, and said."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from ecops.commands.app import app
from ecops.errors import SpecError, StoreError
from ecops.metrics import kpis
from ecops.metrics.money.rates import EVERYWHERE, rates, set_rate
from ecops.periods import parse_period
from ecops.review.alarms import AlertRule, alerts
from ecops.store.workspace import Workspace

WEEK = parse_period("2026-11-02..2026-11-08")


def orders() -> pd.DataFrame:
    """Two platforms, 4 orders a day each: 100 of which the goods cost 40; a tenth of a jd order comes back."""
    days = pd.date_range("2026-10-26", periods=14)
    parts = [
        pd.DataFrame(
            {"platform": platform, "order_id": [f"{platform}{day:%d%m}{n}" for day in days for n in range(4)],
             "ordered_at": [day for day in days for _ in range(4)], "sku": "A", "quantity": 1, "paid_amount": 100.0,
             "refund_amount": back, "cost": 40.0}
        )
        for platform, back in (("jd", 10.0), ("tmall", 0.0))
    ]  # fmt: skip
    return pd.concat(parts)


def spend(**more: object) -> pd.DataFrame:
    return pd.DataFrame(
        {"date": pd.date_range("2026-10-26", periods=14), "platform": "jd", "tool": "t", "cost": 30.0,
         "paid_amount": 100.0, **more}
    )  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Workspace.open(tmp_path_factory.mktemp("shop"))
    made.set_setting("currency", "CNY")
    for name, frame in (("orders", orders()), ("ads", spend())):
        made.load(frame.to_csv(index=False).encode(), name=f"{name}.csv", source=f"generic_{name}")
    return made


def figure(data: object, key: str = "net_profit") -> float:
    return kpis(data, WEEK).kpis[key].value


@pytest.mark.row(7)
def test_net_profit_by_hand():
    """jd 28 orders: 2520 of sales, 1120 goods, 126 commission, 168 freight, 210 spend; tmall 2800, 1120, 140, 168."""
    data = {"order_lines": orders(), "ad_spend_daily": spend()}
    profit = (2520 - 1120 - 126 - 168 - 210) + (2800 - 1120 - 140 - 168)
    found = kpis(data, WEEK).kpis
    assert found["net_profit"].value == pytest.approx(profit)
    assert found["net_margin"].value == pytest.approx(profit / 5320)
    by = kpis(data, WEEK, by="platform").table.set_index(["metric", "platform"])["value"]
    assert by["net_margin", "tmall"] == pytest.approx((2800 - 1120 - 140 - 168) / 2800)
    assert by["net_margin", "jd"] == pytest.approx((2520 - 1120 - 126 - 168 - 210) / 2520)
    told = " ".join(sentence.text("en") for sentence in found["net_margin"].basis)
    assert "Platform commission: JD, Tmall: 5.0% (assumed)" in told
    assert "JD: the spend itself (from your files)" in told
    assert found["gross_margin"].basis == ()


def test_spend_on_a_platform_without_orders_counts_for_the_whole_shop():
    data = {"order_lines": orders(), "ad_spend_daily": pd.concat([spend(), spend(platform="meta", cost=10.0)])}
    assert figure(data) == pytest.approx(figure({**data, "ad_spend_daily": spend()}) - 70)


def test_both_sides_cover_the_goods_whose_cost_is_known():
    half = orders().reset_index(drop=True)
    half.loc[half.index % 2 == 1, "cost"] = None
    data = {"order_lines": half, "ad_spend_daily": spend()}
    assert figure(data) == pytest.approx(figure({"order_lines": orders(), "ad_spend_daily": spend()}) / 2)
    assert figure(data, "net_margin") == pytest.approx(
        figure({"order_lines": orders(), "ad_spend_daily": spend()}, "net_margin")
    )


def test_without_any_cost_there_is_no_margin_and_the_reason_is_said():
    found = kpis({"order_lines": orders().drop(columns="cost")}, WEEK).kpis["net_margin"]
    assert found.value != found.value
    assert "Unit cost" in found.reason.text("en") or "Cost" in found.reason.text("en")


def test_own_rates_win_at_once_and_are_taken_back(shop):
    before, version = figure(shop), shop.version
    set_rate(shop, "jd", "commission", 0.02, "ann")
    set_rate(shop, EVERYWHERE, "freight", 4.0, "ann")
    assert shop.version != version
    assert figure(shop) == pytest.approx(before + 0.03 * 2520 + 2 * 56)
    set_rate(shop, "jd", "promotion", 0.0, "ann")
    assert figure(shop) == pytest.approx(before + 0.03 * 2520 + 2 * 56 + 210)
    told = " ".join(sentence.text("zh") for sentence in kpis(shop, WEEK).kpis["net_profit"].basis)
    assert "自己填写" in told
    for platform, kind in (("jd", "commission"), (EVERYWHERE, "freight"), ("jd", "promotion")):
        set_rate(shop, platform, kind, None, "ann")
    assert figure(shop) == pytest.approx(before)


def test_settlements_tell_the_commission():
    settled = pd.DataFrame(
        {"platform": "tmall", "settlement_id": ["1", "2"], "order_id": ["a", "b"],
         "settled_at": pd.Timestamp("2026-11-03"), "paid_amount": [100.0, 60.0], "refund_amount": [0.0, 10.0],
         "commission": [2.0, 1.0], "promotion_fee": [1.5, None], "net_amount": [96.5, 49.0]}
    )  # fmt: skip
    data = {"order_lines": orders(), "settlements": settled}
    without = figure({"order_lines": orders()})
    assert figure(data) == pytest.approx(without + 2800 * (0.05 - 4.5 / 150))


@pytest.mark.parametrize(("kind", "value"), [("commission", 1.2), ("freight", -1.0), ("toll", 0.1)])
def test_a_rate_that_cannot_be_is_refused(shop, kind, value):
    with pytest.raises(SpecError):
        set_rate(shop, "jd", kind, value, "ann")


def test_rates_of_a_shop_that_cannot_be_changed(shop):
    closed = Workspace.open(shop.folder, read_only=True)
    with pytest.raises(StoreError):
        set_rate(closed, "jd", "freight", 5.0, "ann")
    assert rates(closed.data(), ["jd"])["jd", "freight"].source == "assumed"


def test_command_and_alerts_keep_margins_from_a_manager(shop, monkeypatch):
    run = ["kpis", "--workspace", str(shop.folder), "--period", "2026-11-02..2026-11-08", "--by", "platform", "--json"]
    rule = AlertRule("gross_margin", "below", 0.99, owner="finance")
    monkeypatch.delenv("ECOPS_ROLE", raising=False)
    secret = {"gross_margin", "net_margin", "net_profit"}
    found = json.loads(CliRunner().invoke(app, run).stdout)
    assert not secret & found["kpis"].keys()
    assert not secret & {row["metric"] for row in found["table"]}
    assert not alerts(shop, WEEK, [rule])
    monkeypatch.setenv("ECOPS_ROLE", "finance")
    found = json.loads(CliRunner().invoke(app, run).stdout)
    assert secret <= found["kpis"].keys()
    assert any("assumed" in told for told in found["kpis"]["net_margin"]["basis"])
    assert [alert.rule for alert in alerts(shop, WEEK, [rule])] == [rule]


def test_a_shop_that_loses_money_is_told_so():
    found = kpis({"order_lines": orders().assign(cost=120.0)}, WEEK).kpis
    assert found["net_profit"].value < 0
    assert found["net_margin"].value < 0
    assert found["net_profit"].change == pytest.approx(0)
    assert found["net_profit"].reason is None


def by_channels() -> dict[str, pd.DataFrame]:
    """Of jd's 28 orders of the week half come from live shows; settlements and spend name no channel."""
    lines = orders().reset_index(drop=True)
    lines["channel"] = ["live" if place % 2 else "search" for place in lines.index]
    settled = pd.DataFrame(
        {"platform": ["jd"], "settlement_id": ["1"], "order_id": ["a"], "settled_at": pd.Timestamp("2026-11-03"),
         "paid_amount": [100.0], "refund_amount": [0.0], "commission": [3.0], "net_amount": [97.0]}
    )  # fmt: skip
    return {"order_lines": lines, "ad_spend_daily": spend(), "settlements": settled}


@pytest.mark.row(7)
def test_a_channel_bears_the_commission_and_spend_of_its_platform():
    """jd sold 90 an order after refunds, 40 of goods: 3 % commission, 6 freight, 30 of spend a day of 360."""
    data = by_channels()
    found = kpis(data, WEEK, by="channel")
    table = found.table.set_index(["metric", "channel"])["value"]
    jd = 14 * (90 - 40 - 0.03 * 90 - 6 - 90 * 30 / 360)
    tmall = 14 * (100 - 40 - 0.05 * 100 - 6)
    assert table["net_profit", "live"] == pytest.approx(jd + tmall)
    assert table["net_margin", "search"] == pytest.approx((jd + tmall) / (14 * 190))
    assert table["net_profit"].sum() == pytest.approx(found.kpis["net_profit"].value)
    assert any("No file tells commission, freight and promotion by channel" in note.text() for note in found.notes)


def test_a_filter_by_channel_keeps_the_rates_of_the_platform():
    from ecops.store.inputs import open_data
    from ui.state.filtering import Filtered

    part = Filtered(open_data(by_channels()), (("channel", ("live",)), ("platform", ("jd",))))
    known = rates(part, ["jd"])
    assert (known["jd", "commission"].value, known["jd", "commission"].source) == (pytest.approx(0.03), "spread")
    assert (known["jd", "promotion"].value, known["jd", "promotion"].source) == (pytest.approx(30 / 360), "spread")
    found = kpis(part, WEEK).kpis["net_profit"]
    assert found.value == pytest.approx(14 * (90 - 40 - 0.03 * 90 - 6 - 90 * 30 / 360))
    assert any("the platform's average" in sentence.text() for sentence in found.basis)
    assert any("按平台平均分摊" in sentence.text("zh") for sentence in found.basis)
