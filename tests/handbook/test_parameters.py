"""A shop's own values: bounds, reasons, history, presets, and that they reach who reads them."""

import tomllib
from pathlib import Path

import pytest

from ecops import Workspace, handbook
from ecops.errors import SpecError, StoreError
from ecops.handbook import parameters
from ecops.handbook.catalogue import AREAS
from ecops.inventory import view
from ecops.store.inputs import open_data
from tests.handbook import small

ROWS = tomllib.loads((Path(__file__).resolve().parents[1] / "rows.toml").read_text("utf-8"))
MENDED = {
    "finance.gross_margin_min": "000",
    "supplier.delay_max": "000",
    "supplier.defect_max": "000",
    "promotion.brief_days": "000, 001",
    "promotion.design_hours": "000, 001",
}
KEY = "inventory.dead_stock_days"


@pytest.fixture
def shop(tmp_path):
    return Workspace.open(tmp_path / "shop")


@pytest.mark.row(283)
def test_every_parameter_says_what_it_is_and_where_it_comes_from():
    listed = {int(number) for section in ROWS.values() for number in section["rows"]}
    for entry in parameters().values():
        assert entry.area in AREAS
        assert entry.label.zh
        assert entry.label.en
        assert set(entry.source.split(", ")) <= {"000", "001", "003", "004"}
        assert entry.row in listed, entry.key
        entry.check(entry.value)
    assert {key: parameters()[key].source for key in MENDED} == MENDED
    assert "promotion.min_sales_30d" not in parameters(), "the handbook counts what was ever sold"


def test_a_value_of_ones_own_holds_with_its_reason_and_goes_back(shop):
    version = shop.version
    handbook.set(KEY, 60, shop, reason="short seasons", source="own data 2026", actor="Li")
    assert shop.version != version
    assert handbook.get(KEY, shop) == handbook.get(KEY, shop.data()) == 60
    assert handbook.get(KEY) == 90
    (one,) = handbook.cited([KEY], shop.data())
    assert (one.value, one.own, one.source) == (60, True, "own data 2026")
    assert one.told.text("en") == "Days without a sale that make dead stock: 60 days (your own, own data 2026)"
    assert one.told.text("zh") == "滞销天数 60 天（本店自设，own data 2026）"
    handbook.reset(KEY, shop, reason="was a try", actor="Wang")
    assert handbook.get(KEY, shop) == 90
    told = [(change.actor, change.value, change.reason) for change in handbook.history(shop)]
    assert told == [("Wang", None, "was a try"), ("Li", 60.0, "short seasons")]
    assert handbook.history(shop, "supplier.delay_max") == ()
    assert [line.action for line in shop.audit_trail()][-2:] == ["choice", "choice"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("supplier.delay_max", 3, "to 100%"),
        ("supplier.delay_max", float("nan"), "no value"),
        (KEY, 0, "no value"),
        (KEY, 30.5, "whole number"),
        ("inventory.alarm_cover_days", 7, "must stay below"),
        ("inventory.excess_cover_days", 7, "must stay below"),
        ("customer.tier_gold", 5, "must stay below"),
        ("inventory.dead_stock_dayz", 60, "dead_stock_days"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(shop, key, value, words):
    with pytest.raises(SpecError, match=words):
        handbook.set(key, value, shop, reason="because")
    assert handbook.history(shop) == ()


def test_a_change_without_a_reason_and_one_of_frames_are_refused(shop):
    with pytest.raises(SpecError, match="reason"):
        handbook.set(KEY, 60, shop, reason="  ")
    with pytest.raises(StoreError, match="workspace"):
        handbook.set(KEY, 60, open_data({}), reason="because")


def test_a_limit_that_stands_between_two_others_cannot_go_back_past_them(shop):
    handbook.set("inventory.reorder_cover_days", 20, shop, reason="long roads")
    handbook.set("inventory.alarm_cover_days", 15, shop, reason="long roads")
    with pytest.raises(SpecError, match="must stay below"):
        handbook.reset("inventory.reorder_cover_days", shop)
    assert handbook.get("inventory.reorder_cover_days", shop) == 20


def test_presets_of_trades_can_be_taken_over_whole(shop):
    for key, preset in handbook.presets().items():
        handbook.adopt(key, shop, actor="Li")
        assert {name: handbook.get(name, shop) for name in preset.numbers} == dict(preset.numbers)
        (one,) = handbook.cited([next(iter(preset.numbers))], shop)
        assert one.source == preset.source
        assert handbook.history(shop)[0].reason == preset.label
    handbook.set("service.return_rate_max", 0.1, shop, reason="own data")
    assert handbook.cited(["service.return_rate_max"], shop)[0].source == ""
    with pytest.raises(SpecError, match="fashion"):
        handbook.adopt("fashoin", shop)


def test_a_changed_value_reaches_stock_loaded_into_a_workspace(shop, tmp_path):
    frames = small.tables()
    for name in ("order_lines", "inventory_snapshots", "products"):
        frames[name].to_csv(tmp_path / f"{name}.csv", index=False)
        shop.load(tmp_path / f"{name}.csv", source={"order_lines": "generic_orders", "products": "generic_products",
                                                   "inventory_snapshots": "generic_inventory"}[name])  # fmt: skip

    def dead():
        return [one for one in view.told(shop.data()) if one.action.rule == "stock_dead"]

    (found,) = dead()
    assert found.parameters == (KEY,)
    handbook.set(KEY, 120, shop, reason="we keep forks for long")
    assert dead() == []
