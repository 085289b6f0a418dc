"""The funnel page asks what a shop's own events mean, remembers it, and takes steps in any order of her own."""

import datetime as dt

import pandas as pd
import pytest

from ecops import Workspace
from ecops.funnel.reading.own import Own
from tests.pages.test_pages import said


@pytest.fixture
def shop(writable_home, monkeypatch, open_app):  # noqa: ARG001 - sets its own home first
    """A shop whose log speaks in words of its own: 60 look, 30 want, 12 have it, 20 dance."""
    start, rows = dt.datetime(2026, 11, 9, 9), []
    for person in range(60):
        for minute, (event, people) in enumerate((("look", 60), ("want", 30), ("have", 12), ("dance", 20))):
            if person < people:
                rows.append((f"u{person}", event, start + dt.timedelta(days=person % 7, minutes=minute), "web"))
    log = pd.DataFrame(rows, columns=["user_id", "event", "happened_at", "platform"])
    orders = pd.DataFrame({
        "order_id": range(20), "ordered_at": [start + dt.timedelta(days=n % 7) for n in range(20)],
        "paid_amount": 10.0, "platform": "web", "status": "paid",
    })  # fmt: skip
    monkeypatch.setenv("ECOPS_HOME", str(writable_home))
    workspace = Workspace.open(writable_home / "mine")
    workspace.set_setting("currency", "CNY")
    workspace.load(log.to_csv(index=False).encode(), name="events.csv")
    workspace.load(orders.to_csv(index=False).encode(), name="orders.csv", source="generic_orders")
    return workspace


def meaning(app, event):
    return next(box for box in app.selectbox if box.key == f"meaning_{event}")


def bars(app):
    return [metric.value for metric in app.metric]


def test_events_get_their_meaning_on_the_page_and_keep_it(open_app, shop):
    app = open_app("funnel", "mine", "zh", span="week")
    assert any("认不出两个漏斗步骤" in text for text in said(app))
    for event, step in (("look", "click"), ("want", "cart"), ("have", "pay")):
        meaning(app, event).set_value(step).run()
    assert Own(shop.state).words() == (("have", "pay"), ("look", "click"), ("want", "cart"))
    assert "「加购」到「支付」" in app.header[0].value or "40%" in app.header[0].value
    assert any("16.4% 的事件不是任何一步：dance (20)" in text for text in said(app))
    again = open_app("funnel", "mine", "zh", span="week")
    assert "认不出" not in " ".join(said(again))
    meaning(again, "dance").set_value("none").run()
    assert not any("不是任何一步：" in text for text in said(again))


def test_steps_of_ones_own_are_chosen_kept_and_chosen_again(open_app, shop):
    app = open_app("funnel", "mine", "en", span="week", fsteps_events="mine")
    assert any("Choose two events or more" in text for text in said(app))
    app.multiselect(key="fown").set_value(["look", "dance", "have"]).run()
    # 12 of the 60 who look have it; all of them dance, but a little later.
    assert app.header, said(app)
    app.multiselect(key="fown_loose").set_value(["dance"]).run()
    app.text_input(key="fown_name").set_value("to have").run()
    app.button(key="fown_save").click().run()
    assert Own(shop.state).funnels() == {"to have": "look,dance?,have"}
    assert app.selectbox(key="fsteps_events").value == "saved:to have"
    assert app.header[0].value.startswith("The narrowest step is look to have: 20% go on")


@pytest.mark.usefixtures("shop")
def test_order_window_and_maturity_can_be_followed_on_the_page(open_app):
    app = open_app("funnel", "mine", "en", span="week", fsteps_events="mine")
    app.multiselect(key="fown").set_value(["dance", "have"]).run()
    assert "dance to have: 0% go on" in app.header[0].value
    app.selectbox(key="ford").set_value("any").run()
    assert "dance to have: 60% go on" in app.header[0].value
    app.selectbox(key="fwin").set_value("30d").run()
    app.toggle(key="fmatured").set_value(True).run()
    # Nobody has had thirty days yet.
    told = [*said(app), *(error.value for error in app.error)]
    assert any("no events in these days" in text for text in told), told
