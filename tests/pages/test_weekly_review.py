"""The weekly review as a reader meets it: order of the meeting, an action from a finding, its life, the downloads."""

import datetime as dt
from pathlib import Path
from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

import ecops
from ecops.competitors.matching import answers
from ecops.experiments.records.register import Register
from ecops.handbook import roles
from ecops.review import ActionLog, Targets, weekly
from ecops.review.meetings.requests import Kind, Requests
from tests.pages.conftest import TIMEOUT
from tests.pages.test_pages import said
from ui.weekly_review import review


@pytest.fixture
def open_review(open_app, own_sample):
    """Opens the page on a sample shop of its own; returns the app and the log of actions."""
    log = ActionLog(ecops.Workspace.open(own_sample).state)

    def run(language: str = "en", prepare=None, **query: str):
        if prepare is not None:
            prepare(log)
        app = open_app("weekly_review", "sample", language, **query)
        app.session_state["review_rest"] = True  # the planted failure stands among the folded findings
        return app.run(), log

    return run


def planted_failure(log):
    """Where the failed payments that are planted in the sample shop stand among the findings, as keys of the page."""
    findings = weekly(ecops.Workspace.open(Path(str(log._state.engine.url.database)).parent)).findings
    pay = {"platform": "douyin", "device": "mobile", "step": "pay"}
    return f"review_{next(place for place, one in enumerate(findings) if dict(one.subject) == pay)}"


def texts(app, kind):
    return [getattr(element, "value", None) or element.label for element in app.get(kind)]


@pytest.mark.row(10, 20)
def test_the_order_of_the_meeting(open_review):
    app, _ = open_review()
    assert [head.value[:2] for head in app.subheader] == ["1.", "2.", "3.", "4."]
    assert "Taobao: at today's mix of sources, visit to add to cart should be" in app.header[0].value
    assert any("Douyin · mobile" in text for text in texts(app, "warning"))
    assert any(
        "Traffic: unchanged → Conversion: changed → Retention: unchanged" in text for text in texts(app, "caption")
    )
    assert len(app.get("plotly_chart")) == 4
    assert [button.label for button in app.get("download_button")][:3] == ["PowerPoint", "Excel", "HTML"]


def test_what_others_write_down_is_read_at_once(open_review, monkeypatch):
    worked_out = []
    monkeypatch.setattr(review, "weekly", lambda *given, **named: worked_out.append(1) or weekly(*given, **named))
    app, log = open_review()
    app.run()
    known = len(worked_out)
    Requests(log._state).add("ann", "Film the new jacket", get_args(Kind)[0], *list(roles())[:2])
    app.run()
    assert len(worked_out) == known, "no review rests on what is asked of colleagues"
    answers.remember(log._state, "竞店甲", ("A1", "B2"), False, "ann")
    app.run()
    assert len(worked_out) == known + 1


@pytest.mark.row(27, 28, 30)
def test_a_finding_becomes_an_action_and_then_an_outcome(open_review):
    app, log = open_review()
    failure = planted_failure(log)
    app.button(key=f"act_{failure}").click().run()
    assert app.text_input(key=f"action_title_{failure}").value.startswith("Check the payment channel, card limits")
    app.text_input(key=f"action_person_{failure}").set_value("Wang")
    # Said before anything is done: what would prove it, and how to be sure.
    said = " ".join(texts(app, "caption"))
    assert "What would prove it: the figure rises above its level before the trouble" in said
    assert "To be sure, stagger it" in said
    assert app.selectbox(key=f"action_experiment_{failure}").value == ""
    submit = next(button for button in app.button if button.label == "Write it down" and failure in str(button.key))
    submit.click().run()
    assert not app.exception
    (action,) = log.actions()
    assert (action.person, action.owner, action.metric) == ("Wang", "operations", "payment_rate")
    assert action.experiment == ""
    assert dict(action.subject) == {"platform": "douyin", "device": "mobile", "step": "pay"}
    assert action.expected_weekly == pytest.approx(5077, abs=1)
    assert action.due == dt.date(2026, 11, 23)
    assert any("Check the payment channel" in text for text in texts(app, "markdown"))


@pytest.mark.row(28)
def test_a_planned_test_is_tied_to_an_action(open_review):
    def prepare(log):
        Register(log._state).write("checkout_copy", "li", hypothesis="Fewer words, more payments", goal="conversion")

    app, log = open_review("en", prepare)
    failure = planted_failure(log)
    app.button(key=f"act_{failure}").click().run()
    app.selectbox(key=f"action_experiment_{failure}").select("checkout_copy")
    app.checkbox(key=f"action_small_{failure}").check()
    submit = next(button for button in app.button if button.label == "Write it down" and failure in str(button.key))
    submit.click().run()
    (action,) = log.actions()
    assert (action.experiment, action.extent) == ("checkout_copy", "small")


@pytest.mark.row(30, 31)
def test_the_life_of_an_action(open_review):
    def prepare(log):
        log.add("li", title="换支付通道", owner="operations", metric="payment_rate", due=dt.date(2026, 11, 10),
                subject={"platform": "douyin", "device": "mobile"})  # fmt: skip

    app, log = open_review("en", prepare)
    (action,) = log.actions()
    assert any("Overdue since 10 Nov" in text for text in texts(app, "markdown"))
    app.date_input(key=f"day_open_{action.id}").set_value(dt.date(2026, 11, 2)).run()
    app.button(key=f"save_open_{action.id}").click().run()
    assert log.action(action.id).state == "done"
    # Since then payments fail: it did anything but work.
    assert any("Did not work" in text for text in texts(app, "markdown"))
    app.button(key=f"settle_follow_{action.id}").click().run()
    assert log.action(action.id).state == "verified"
    assert [entry.fields.get("state") for entry in log.history(action.id)] == [None, "done", "verified"]


def test_dropping_keeps_the_reason(open_review):
    app, log = open_review("en", lambda log: log.add("li", title="x", owner="design", metric="gmv"))
    (action,) = log.actions()
    app.text_input(key=f"why_open_{action.id}").set_value("too dear").run()
    app.button(key=f"drop_open_{action.id}").click().run()
    assert (log.action(action.id).state, log.action(action.id).note) == ("dropped", "too dear")


def test_text_of_people_stays_text(open_review):
    title = "![x](https://example.com/a.png) **bold** $x$ :red[a]"
    app, _ = open_review("en", lambda log: log.add("li", title=title, owner="design", metric="gmv"))
    shown = next(text for text in texts(app, "markdown") if "example.com" in text or "example\\.com" in text)
    assert "](http" not in shown
    assert "\\*\\*bold\\*\\*" in shown


def test_a_target_is_agreed_and_followed(open_review):
    app, log = open_review()
    app.session_state["targets"] = True
    app.run()
    app.selectbox(key="target_metric").set_value("pay_conversion")
    app.number_input(key="target_value").set_value(5.0)
    next(button for button in app.button if button.label == "Agree on it").click().run()
    (target,) = Targets(log._state).all()
    assert target.value == pytest.approx(0.05)
    assert any("Payment conversion: 1.5% of 5" in text for text in texts(app, "markdown"))
    # A goal of nobody is not one of the whole company.
    app.number_input(key="target_value").set_value(9.0)
    app.selectbox(key="target_level").set_value("person")
    next(button for button in app.button if button.label == "Agree on it").click().run()
    assert [error.value for error in app.error] == ["Write the person's name."]
    assert Targets(log._state).all() == (target,)
    # A week's goal says nothing of a month.
    app.selectbox(key="rw").set_value("2026-10").run()
    assert not app.exception
    assert any("Targets are meant a week" in text for text in texts(app, "caption"))
    assert not any(" of 5" in text for text in texts(app, "markdown"))


def test_an_earlier_week_stands_in_the_address(open_review):
    app, _ = open_review("zh")
    app.selectbox(key="rw").set_value("2026-10-26").run()
    assert app.query_params["rw"] in ("2026-10-26", ["2026-10-26"])
    assert "二、本周数据" in [head.value for head in app.subheader]


def test_the_meeting_shows_one_part_after_the_other(open_review):
    app, _ = open_review()
    app.toggle(key="meet").set_value(True).run()
    assert [title.value for title in app.title] == ["Weekly review 9–15 Nov 2026"]
    assert "Taobao: at today's mix of sources, visit to add to cart should be" in app.header[0].value
    seen = []
    for _step in range(4):
        app.button(key="meet_next").click().run()
        assert not app.exception
        seen.append(app.subheader[0].value[:2])
        assert len(app.subheader) == 1
    assert seen == ["1.", "2.", "3.", "4."]
    assert app.button(key="meet_next").disabled
    app.button(key="meet_back").click().run()
    assert app.subheader[0].value.startswith("3.")
    assert app.query_params["part"] in ("changes", ["changes"])
    app.toggle(key="meet").set_value(False).run()
    assert len(app.subheader) == 4
    assert "meet" not in app.query_params


def test_what_is_wrong_with_the_data_is_said_once():
    def page():
        from types import SimpleNamespace

        from ecops.handbook import advice
        from ecops.messages import Message
        from ui.weekly_review import review

        gone = Message("{text}", text="No orders of Taobao.")
        defect = SimpleNamespace(headline=gone, action=advice("data_quality"))
        review.caveats(SimpleNamespace(defects=(defect, defect), notes=(gone, Message("{text}", text="A holiday."))))

    app = AppTest.from_function(page, default_timeout=TIMEOUT)
    app.session_state["lang"] = "en"
    app.run()
    assert not app.exception
    (box,), (note,) = app.warning, app.caption
    assert box.value.count("No orders of Taobao") == 1
    assert "Complete or correct the data" in box.value
    assert "A holiday" in note.value


@pytest.mark.row(32, 33, 34, 35, 36, 44, 51, 54, 55, 58)
def test_the_other_rooms_open_under_the_review(open_app, own_sample):  # noqa: ARG001 - it writes
    app = open_app("weekly_review", "sample", "zh")
    app.session_state["rooms"] = True
    app.run()
    app.selectbox(key="which_meeting").select("weekly").run()
    assert any("本周销售目标" in text for text in said(app))
    for room, words in (("requests", "没有待处理"), ("checklists", "未来 60 天没有大促"), ("handover", "待发货")):
        app.session_state["room"] = room
        app.run()
        assert not app.exception
        assert any(words in text for text in said(app)), room
    app.session_state["room"] = "checklists"
    app.run()
    app.button(key="begin_list").click().run()
    first = next(box for box in app.checkbox if str(box.key).startswith("tick_three_phases"))
    first.check().run()
    assert any("9 项里已完成 1 项" in text for text in said(app))


@pytest.mark.row(2, 47, 48, 282)
def test_a_branch_gets_a_goal_and_products_are_reviewed(open_app, own_sample):  # noqa: ARG001 - it writes
    app = open_app("weekly_review", "sample", "en")
    app.session_state["targets"] = True
    app.run()
    app.selectbox(key="target_metric").set_value("gmv")
    app.number_input(key="target_value").set_value(20_000.0)
    app.selectbox(key="target_level").set_value("branch")
    app.selectbox(key="target_branch").set_value(("customers", "new"))
    next(button for button in app.button if button.label == "Agree on it").click().run()
    assert not app.exception
    assert any("Customers · new customers" in text and " of ¥20k" in text for text in said(app))
    app.session_state["rooms"] = True
    app.session_state["room"] = "products"
    app.run()
    assert not app.exception
    text = " ".join(said(app))
    assert "**Best sellers**" in text
    assert "Where visitors are counted" in text
    assert "the handbook puts JD first" in text
    table = next(frame.value for frame in app.dataframe if "uv_value" in frame.value.columns)
    assert {"pay_conversion", "new_share", "driver_visitors", "change"} <= set(table.columns)
    assert "gross_margin" not in table.columns  # a manager may not see what goods cost
