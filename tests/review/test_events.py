"""Events written by hand are loads like any other: they are marked, replaced and taken back."""

import datetime as dt
from dataclasses import replace

import pytest

from ecops import Workspace
from ecops.errors import SpecError, StoreError
from ecops.review.events import Event, listed, write_event, written_events

EVENT = Event(dt.date(2026, 11, 1), dt.date(2026, 11, 3), "promotion", "Double 11, warm-up", "jd", '=1+1 "note"')


def test_an_event_is_written_replaced_and_taken_back(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    receipt = write_event(shop, EVENT, actor="Li")
    (row,) = listed(shop).to_dict("records")
    assert (row["name"], row["kind"], row["platform"], row["note"]) == (EVENT.name, "promotion", "jd", EVENT.note)
    write_event(shop, replace(EVENT, end=dt.date(2026, 11, 5)))
    (row,) = listed(shop).to_dict("records")
    assert str(row["ends_on"])[:10] == "2026-11-05"
    assert len(written_events(shop)) == 2
    for receipt in written_events(shop):
        shop.undo(receipt.id)
    assert written_events(shop) == ()
    assert listed(shop).empty


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"name": " "}, "name"), ({"end": dt.date(2026, 10, 1)}, "ends"), ({"kind": "party"}, "kind")],
)
def test_an_impossible_event_is_refused(tmp_path, changed, words):
    shop = Workspace.open(tmp_path / "shop")
    with pytest.raises(SpecError, match=words):
        write_event(shop, replace(EVENT, **changed))
    assert shop.receipts() == ()


def test_the_sample_shop_is_not_changed(tmp_path):
    Workspace.open(tmp_path / "shop")
    with pytest.raises(StoreError, match="reading only"):
        write_event(Workspace.open(tmp_path / "shop", read_only=True), EVENT)
