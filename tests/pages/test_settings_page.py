"""The page of parameters, benchmarks, alert rules and the calendar, as a reader uses it."""

import pytest

import ecops
from ecops import handbook
from ecops.metrics.beside import benchmarks
from ecops.review import AlertRules
from ecops.review.access import accounts
from tests.pages.conftest import sound

KEY = "inventory.dead_stock_days"


def said(app):
    return [item.value for kind in ("markdown", "caption", "header") for item in getattr(app, kind)]


@pytest.fixture
def shop(writable_home):
    return ecops.Workspace.open(writable_home / "loaded")


@pytest.fixture
def opened(writable_home, open_app, monkeypatch):
    def run(**query):
        monkeypatch.setenv("ECOPS_HOME", str(writable_home))
        return open_app("settings", "loaded", "en", **query)

    return run


@pytest.mark.row(283)
def test_a_parameter_is_found_changed_with_a_reason_and_its_history_shown(opened, shop, caplog):
    app = opened()
    assert any("are those of the handbooks" in text for text in said(app))
    app.text_input(key="sq").set_value("滞销天数").run()
    assert app.selectbox(key="settings_key").value == KEY
    app.number_input(key=f"settings_value_{KEY}_90.0").set_value(60.0)
    change = next(button for button in app.button if button.label == "Change it")
    change.click().run()
    sound(app, caplog)
    assert any("needs a reason" in error.value for error in app.error)
    assert handbook.get(KEY, shop) == 90
    app.number_input(key=f"settings_value_{KEY}_90.0").set_value(60.0)
    app.text_input(key=f"settings_reason_{KEY}").set_value("short seasons")
    next(button for button in app.button if button.label == "Change it").click().run()
    sound(app, caplog)
    assert handbook.get(KEY, shop) == 60
    assert any("1 of" in text and "your own" in text for text in said(app))
    assert any(box.label == "What was changed (1)" for box in app.expander)
    next(button for button in app.button if button.label == "Back to the handbook").click().run()
    assert handbook.get(KEY, shop) == 90


def test_a_link_of_a_verdict_shows_the_parameters_that_decided_it(opened, caplog):
    app = opened(p="supplier.delay_max,supplier.defect_max")
    assert app.selectbox(key="settings_key").options == [
        "Highest share of late deliveries",
        "Highest share of defects",
    ]
    app.button(key="settings_all").click().run()
    sound(app, caplog)
    assert len(app.selectbox(key="settings_key").options) == len(handbook.parameters())


@pytest.mark.row(71, 72)
def test_benchmarks_and_rules_are_written_and_taken_back(opened, shop, caplog):
    app = opened(part="benchmarks")
    assert any("No benchmark is known yet" in text for text in said(app))
    app.number_input(key="benchmark_value").set_value(2.4)
    app.text_input(key="benchmark_source").set_value("association")
    next(button for button in app.button if button.label == "Write it down").click().run()
    sound(app, caplog)
    assert benchmarks.chosen(shop.data(), "pay_conversion").value == pytest.approx(0.024)
    app.button(key="benchmark_remove").click().run()
    sound(app, caplog)
    assert benchmarks.chosen(shop.data(), "pay_conversion") is None

    before = AlertRules(shop.state).all()
    app.segmented_control(key="part").set_value("alerts").run()
    app.selectbox(key="rule_metric").set_value("refund_rate")
    app.selectbox(key="rule_comparison").set_value("above")
    app.number_input(key="rule_threshold").set_value(12.0)
    next(button for button in app.button if button.label == "Write it down").click().run()
    sound(app, caplog)
    rules = AlertRules(shop.state).all()
    assert len(rules) == len(before) + 1, "those that held before hold on"
    assert (rules[-1].metric, rules[-1].threshold) == ("refund_rate", 0.12)
    app.selectbox(key="rule_place").set_value(len(rules) - 1)
    app.button(key="rule_remove").click().run()
    assert len(AlertRules(shop.state).all()) == len(before)


def test_an_event_is_written_on_the_page_and_marked(opened, shop, caplog):
    from ecops.review.events import listed

    app = opened(part="calendar")
    app.text_input(key="event_name").set_value("Spring sale")
    next(button for button in app.button if button.label == "Write it down").click().run()
    sound(app, caplog)
    assert listed(shop)["name"].tolist() == ["Spring sale"]
    app.button(key="event_undo").click().run()
    sound(app, caplog)
    assert listed(shop).empty


@pytest.mark.row(71)
def test_overview_holds_figures_against_their_benchmarks_with_lines_on_the_picture(open_app, caplog):
    app = open_app("overview", "sample", "en")
    app.session_state["references"] = True
    app.run()
    sound(app, caplog)
    rows = next(frame.value for frame in app.dataframe if "benchmark" in frame.value)
    conversion = rows[rows["metric"] == "Payment conversion"]
    assert set(conversion["benchmark"]) == {"2.4%", "3.1%", "5.8%", "3.2%"}
    assert conversion["source"].str.contains("an example").sum() == 2
    key = app.selectbox(key="reference_metric")
    key.set_value("pay_conversion").run()
    sound(app, caplog)
    assert any("Payment conversion: an average day" in text.replace("\\", "") for text in said(app))


@pytest.mark.row(272, 274, 275, 276, 278)
def test_a_sub_account_gets_the_least_and_the_log_tells_it(opened, shop, caplog):
    app = opened(part="access")
    assert any("No sub-account is written down yet." in text for text in said(app))
    app.text_input(key="account_employee").set_value("E-17")
    app.selectbox(key="account_role").set_value("service")
    app.number_input(key="account_quota").set_value(200.0)
    next(button for button in app.button if button.label == "Write it down").click().run()
    sound(app, caplog)
    (account,) = accounts.Accounts(shop.state).all()
    assert (account.employee, account.functions, account.quota) == ("E-17", ("order_query", "after_sales"), 200.0)
    assert account.until is not None
    assert any("1 sub-accounts, 0 to look at." in text or "1 sub-account" in text for text in said(app))
    cells = " ".join(str(cell) for frame in app.dataframe for cell in frame.value.to_numpy().ravel())
    assert "employee: E-17" in cells
    assert "Look up orders" in cells
    app.text_input(key="account_employee").set_value(" ")
    next(button for button in app.button if button.label == "Write it down").click().run()
    assert any("number of its employee" in error.value for error in app.error)
    app.button(key="account_remove").click().run()
    assert accounts.Accounts(shop.state).all() == ()
