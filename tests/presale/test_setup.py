"""What a shop set up for a campaign is kept with it and used by answer, command and findings."""

import datetime as dt
import json
from dataclasses import replace

import pandas as pd
import pytest
from typer.testing import CliRunner

from ecops import Workspace
from ecops.errors import SpecError, StoreError
from ecops.periods import Period
from ecops.presale import Spec, analyse, view
from ecops.presale.campaigns.setup import Product, SetUp, forget, keep, setups
from ecops.presale.capability import CAPABILITY
from ecops.presale.telling.commands import app
from tests.presale.conftest import deposits, history

DAY = dt.date(2026, 11, 20)
WHOLE = SetUp(
    "D11", opens=dt.date(2026, 11, 1), closes=DAY, balance_from=dt.date(2026, 11, 22),
    products=(Product("A", price=90.0, moq=300.0, pack=8.0, lead_days=5.0), Product("B", price=50.0)),
    salvage=0.2, penalty=0.5, service=0.98, cancel=0.1, uplift=1.5, gate=60.0, break_even=50.0,
)  # fmt: skip


@pytest.fixture
def shop(tmp_path):
    workspace = Workspace.open(tmp_path / "shop")
    rows = pd.concat([deposits(units=(30, 10, 10, 10, 10, 10)), *history(), *history("B")])
    workspace.load(rows.to_csv(index=False).encode(), "generic_presale", name="deposits.csv")
    return workspace


def test_what_was_set_up_comes_back_as_it_was(shop):
    keep(shop, WHOLE, actor="somebody")
    again = Workspace.open(shop.folder)
    assert setups(again) == {"D11": WHOLE}
    assert setups(again.data())["D11"].product("A").moq == 300
    assert shop.audit_trail()[-1].actor == "somebody"
    keep(shop, SetUp("D11", service=0.9))
    assert setups(shop)["D11"] == SetUp("D11", service=0.9)
    forget(shop, "D11")
    assert setups(shop) == {}
    with pytest.raises(SpecError, match="does not exist"):
        forget(shop, "D11")


def test_it_goes_before_the_tables_and_the_reader_before_it(shop):
    before = view.presale(shop.data())
    plain = shop.version
    keep(shop, WHOLE)
    assert shop.version != plain
    found = view.presale(shop.data())
    item = {one.series.sku: one for one in found.items}["A"]
    assert (before.items[0].series.closes, item.series.closes) == (dt.date(2026, 11, 10), DAY)
    assert item.series.balance_from == dt.date(2026, 11, 22)
    money = item.money
    assert (money.price, money.moq, money.pack, money.service) == (90.0, 300.0, 8.0, 0.98)
    assert (money.penalty, money.salvage) == (pytest.approx(45.0), pytest.approx(0.2 * money.cost))
    assert (item.lead_days, item.latest) == (5.0, dt.date(2026, 11, 17))
    assert (item.spec.cancel, item.spec.uplift) == (0.1, 1.5)
    assert item.plan.quantity == 304
    asked = view.presale(shop.data(), Spec(service=0.5, cancel=0.0, lead_days=2.0)).items[0]
    assert (asked.money.service, asked.spec.cancel, asked.lead_days, asked.money.pack) == (0.5, 0.0, 2.0, 8.0)
    assert asked.prediction.mean("paid") > item.prediction.mean("paid")


def test_findings_answer_from_it(shop):
    week = Period(dt.date(2026, 10, 31), dt.date(2026, 11, 6))

    def told():
        found = CAPABILITY.findings(shop.data(), week, "previous")
        return next(one.headline.text("en") for one in found if one.metric == "presale_cover")

    # 150 deposits are expected of which 88 % are paid, and spot sales come on top, whichever draws they are.
    drawn = next(one for one in view.presale(shop.data()).items if one.series.sku == "A").plan.quantity
    assert 160 < drawn < 186
    assert f"order {drawn:.0f} units for the presale now; they arrive on 13 Nov" in told()
    keep(shop, replace(WHOLE, products=(replace(WHOLE.products[0], lead_days=10.0),)))
    assert "order 304 units for the presale by 12 Nov" in told()


@pytest.mark.row(136)
def test_a_campaign_is_planned_before_its_first_deposit(shop):
    keep(
        shop,
        SetUp(
            "618",
            opens=dt.date(2026, 12, 1),
            closes=dt.date(2026, 12, 10),
            products=(Product("B", price=80.0), Product("new", price=9.0)),
        ),
    )
    found = view.presale(shop.data())
    (item,) = [one for one in found.items if one.series.campaign == "618"]
    assert (item.series.total, item.series.balance_from, item.track.state) == (0.0, dt.date(2026, 12, 11), "early")
    # Three past campaigns had 150 deposits each, of which 132 were paid.
    low, high = item.prediction.interval("deposits")
    assert low < 150 < high
    assert item.prediction.mean("paid") == pytest.approx(0.88 * item.prediction.mean("deposits"), rel=0.02)
    assert item.plan.quantity > 100
    assert "nothing can be said before 1 Dec" in " ".join(note.text("en") for note in found.notes)
    joined = SetUp("D11", products=(Product("B", price=70.0),))
    keep(shop, joined)
    (other,) = [one for one in view.presale(shop.data()).items if (one.series.campaign, one.series.sku) == ("D11", "B")]
    assert (other.series.seen, other.series.closes, other.money.price) == (6, dt.date(2026, 11, 10), 70.0)
    keep(shop, SetUp("D11", closes=dt.date(2026, 11, 3), products=(Product("B"),)))
    assert all(one.series.campaign != "D11" or one.series.sku == "A" for one in view.presale(shop.data()).items)


def test_the_command_sets_up_lists_and_takes_back(shop):
    def run(*words):
        return CliRunner().invoke(app, [*words, "-w", str(shop.folder)])

    made = run("presale-setup", "D11", "--closes", "2026-11-20", "--service", "0.9", "--product", "A,price=90,moq=300",
               "--json")  # fmt: skip
    assert made.exit_code == 0, made.output
    (told,) = json.loads(made.output)["setups"]
    assert (told["campaign"], told["closes"], told["service"]) == ("D11", "2026-11-20", 0.9)
    assert told["products"][0]["moq"] == 300
    kept = run("presale-setup", "D11", "--cancel", "0.2")
    assert "service=0.9" in kept.output
    assert "cancel=0.2" in kept.output
    assert "A price=90 moq=300" in kept.output
    item = json.loads(run("presale", "--json").output)["items"][0]
    assert item["closes"] == "2026-11-20"
    assert item["terms"] == {"price": 90.0, "moq": 300.0, "pack": 0.0, "lead_days": 7.0, "service": 0.9, "cancel": 0.2}
    for wrong in (["--product", "A,colour=3"], ["--product", "A,price=x"], ["--closes", "soon"], ["--service", "2"],
                  ["--opens", "2026-12-01"], ["--forget", "--cancel", "9"]):  # fmt: skip
        name = "other" if "--forget" in wrong else "D11"
        failed = run("presale-setup", name, *wrong)
        assert failed.exit_code == 2, wrong
        assert "Traceback" not in failed.output
    assert run("presale-setup", "D11", "--forget").exit_code == 0
    assert setups(shop) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"campaign": " "}, {"campaign": "x" * 101}, {"opens": DAY, "closes": dt.date(2026, 11, 1)},
        {"closes": DAY, "balance_from": dt.date(2026, 11, 19)}, {"opens": DAY, "closes": dt.date(2028, 1, 1)},
        {"service": 1.0}, {"cancel": -0.1}, {"uplift": 0.0}, {"salvage": float("nan")}, {"gate": 0.0},
        {"products": (Product("A"), Product("A"))}, {"products": (Product(" "),)},
        {"products": (Product("A", price=0.0),)}, {"products": (Product("A", moq=-1.0),)},
        {"products": (Product("A", lead_days=float("inf")),)},
        {"products": tuple(Product(str(number)) for number in range(501))},
    ],
)  # fmt: skip
def test_impossible_set_ups_are_refused(wrong):
    with pytest.raises(SpecError):
        SetUp(**{"campaign": "D11", **wrong})


def test_frames_and_the_sample_shop_remember_nothing(shop):
    assert setups({"presale_deposits": deposits()}) == {}
    with pytest.raises(StoreError):
        keep({}, WHOLE)
    with pytest.raises(StoreError):
        keep(Workspace.open(shop.folder, read_only=True), WHOLE)


def cancelled(units):
    return [one.assign(cancelled_units=[units, *[0] * 9]) for one in history()]


def test_cancellations_are_taken_from_past_presales():
    now = deposits(units=(30, 10, 10, 10, 10, 10))
    none = analyse({"presale_deposits": pd.concat([now, *history()])}).items[0]
    assert "none is assumed" in " ".join(note.text("en") for note in none.notes)
    counted = analyse({"presale_deposits": pd.concat([now, *cancelled(33)])})
    (item,) = counted.items
    assert [series.cancelled for series in counted.past] == [33.0] * 3
    assert item.spec.cancel is None
    assert not any("assumed" in note.text("en") for note in item.notes)
    # A quarter of the 132 balances of each past campaign was cancelled.
    assert item.prediction.mean("paid") == pytest.approx(0.75 * none.prediction.mean("paid"), rel=0.02)
    many = analyse({"presale_deposits": pd.concat([now, *cancelled(900)])})
    assert many.past[0].cancelled == many.past[0].paid == 132
    assert many.items[0].prediction.mean("paid") < 5


def test_cancellations_are_taken_from_orders_that_tell_their_shipping():
    days = pd.date_range("2026-01-01", "2026-11-06")
    lines = pd.DataFrame({
        "order_id": [f"o{place}" for place in range(len(days))], "platform": "taobao", "sku": "A", "ordered_at": days,
        "paid_at": days, "quantity": 1, "paid_amount": 100.0, "status": "shipped", "shipped_at": days,
    })  # fmt: skip
    lines.loc[::10, ["status", "shipped_at"]] = ["closed", pd.NaT]
    lines.loc[5::10, "status"] = "refunded"
    tables = {"presale_deposits": pd.concat([deposits(units=(30, 10, 10)), *history()]), "order_lines": lines}
    item = analyse(tables).items[0]
    share = len(lines.iloc[::10]) / len(lines)
    assert item.spec.cancel == pytest.approx(share)
    # What came back after it was shipped is a return, and counts once.
    assert item.spec.returns == pytest.approx(len(lines.iloc[5::10]) / len(lines))
    silent = analyse({**tables, "order_lines": lines.assign(shipped_at=pd.NaT)}).items[0]
    assert silent.spec.cancel is None
    assert "none is assumed" in " ".join(note.text("en") for note in silent.notes)


def test_balances_written_down_on_the_day_of_their_payment_count():
    """As product reports of platforms have them: deposits in October, balances in November, no days of the window."""
    parts = []
    for year in (2024, 2025):
        days = pd.date_range(f"{year}-10-20", f"{year}-11-14")
        first = days < f"{year}-11-01"
        parts.append(pd.DataFrame({
            "campaign": str(year), "sku": "A", "date": days, "presale_price": 100.0,
            "deposits": [10.0 if one else 0.0 for one in first], "paid_units": [0.0 if one else 8.0 for one in first],
        }))  # fmt: skip
    running = pd.DataFrame({
        "campaign": "2026", "sku": "A", "date": pd.date_range("2026-10-20", "2026-10-25"), "presale_price": 100.0,
        "deposits": 10.0, "paid_units": 0.0,
    })  # fmt: skip
    found = analyse({"presale_deposits": pd.concat([*parts, running])})
    assert [(series.total, series.paid, series.days) for series in found.past] == [(120.0, 112.0, 12)] * 2
    assert [item.series.campaign for item in found.items] == ["2026"]
