"""Saved what-ifs: kept beside the sliders, side by side on the weekly review, taken along as JSON."""

import dataclasses
import datetime as dt
import json

import pytest
from streamlit.testing.v1 import AppTest

import ecops
from ecops.periods import Period
from ecops.review import Scenario, Scenarios
from ecops.review.decisions.scenarios import from_json, to_json

OWN = Scenario(
    "more ads", "overview", Period(dt.date(2026, 10, 19), dt.date(2026, 11, 15)), {"visitors": 0.2},
    {"base": 4000.0, "scenario": 4800.0, "low": 600.0, "high": 1000.0}, "CNY",
)  # fmt: skip


@pytest.fixture
def shop(open_app, own_sample):
    """Opens pages on a sample shop of its own; returns the opener and the scenarios."""

    def run(page: str, language: str = "en", **query: str) -> AppTest:
        return open_app(page, "sample", language, **query)

    return run, Scenarios(ecops.Workspace.open(own_sample).state)


def errors(app):
    return [error.value for error in app.error]


def test_a_what_if_of_the_overview_is_saved_as_it_is_shown(shop):
    run, kept = shop
    app = run("overview", span="week")
    app.slider(key="wv").set_value(10).run()
    told = next(text.value for text in app.markdown if "GMV would be" in text.value)
    app.text_input(key="scenario_name_overview").set_value(" more ads ").run()
    app.button(key="scenario_save_overview").click().run()
    (saved,) = kept.all()
    assert (saved.name, saved.page, saved.values, saved.currency) == ("more ads", "overview", {"visitors": 0.1}, "CNY")
    assert saved.period == Period(dt.date(2026, 11, 9), dt.date(2026, 11, 15))
    assert saved.results["scenario"] == pytest.approx(1.1 * saved.results["base"])
    assert f"{saved.weekly[0]:,.0f} more than now" in told.replace("\\", "")
    assert saved.results["low"] < saved.results["scenario"] - saved.results["base"] < saved.results["high"]


def test_a_what_if_of_the_funnel_is_saved_with_its_place(shop):
    run, kept = shop
    app = run("funnel", span="d14")
    app.slider(key="fwi_points").set_value(40).run()
    app.text_input(key="scenario_name_funnel").set_value("repair").run()
    app.button(key="scenario_save_funnel").click().run()
    (saved,) = kept.all()
    assert (dict(saved.values), saved.period.days) == ({"step_rate": 0.4}, 14)
    assert saved.subject["step"] == "pay"
    assert saved.subject["platform"] == "douyin"
    assert saved.weekly[0] > 0


def test_no_name_and_a_sixth_are_refused_in_words(shop):
    run, kept = shop
    kept.save("li", *(dataclasses.replace(OWN, name=str(number)) for number in range(5)))
    app = run("overview")
    app.slider(key="wv").set_value(10).run()
    app.button(key="scenario_save_overview").click().run()
    assert any("needs a name" in text for text in errors(app))
    app.text_input(key="scenario_name_overview").set_value("one more").run()
    app.button(key="scenario_save_overview").click().run()
    assert any("5 scenarios are saved" in text for text in errors(app))
    assert len(kept.all()) == 5


def comparison(app):
    frames = [table.value for table in app.dataframe if "line" in table.value.columns]
    return frames[0] if frames else None


def test_they_stand_side_by_side_money_first(shop):
    run, kept = shop
    kept.save("li", OWN, dataclasses.replace(OWN, name="**less**", values={"pay_conversion": -0.1}))
    app = run("weekly_review")
    table = comparison(app)
    assert list(table["line"])[:4] == ["Money a week", "95% interval", "Visitors", "Payment conversion"]
    assert list(table["s0"])[:4] == ["¥200 more", "¥150 to ¥250", "+20%", "—"]
    app.button(key="scenario_drop_0").click().run()
    assert [scenario.name for scenario in kept.all()] == ["**less**"]
    assert list(comparison(app).columns) == ["line", "s0"]


def test_what_cannot_be_compared_is_said_and_left_out(shop):
    run, kept = shop
    kept.save("li", OWN, dataclasses.replace(OWN, name="abroad", currency="USD"))
    kept.save("li", dataclasses.replace(OWN, name="old", values={"gone": 0.1}))
    app = run("weekly_review")
    assert list(comparison(app).columns) == ["line", "s0"]
    assert any("abroad counts in USD, this shop in CNY" in text for text in errors(app))
    assert any("old rests on gone, which does not exist any more" in text for text in errors(app))


def test_nobody_has_saved_any(shop):
    run, _ = shop
    for language, said in (("en", "None yet."), ("zh", "还没有方案")):
        app = run("weekly_review", language)
        assert comparison(app) is None
        assert any(said in text.value for text in app.caption)


def upload(app, text):
    return app.file_uploader(key="scenarios_file").upload("scenarios.json", text.encode(), "application/json").run()


def test_taken_along_and_taken_over(shop):
    run, kept = shop
    app = upload(run("weekly_review"), to_json([OWN, dataclasses.replace(OWN, name="二")]))
    assert [scenario.name for scenario in kept.all()] == ["more ads", "二"]
    assert list(comparison(app).columns) == ["line", "s0", "s1"]
    assert [button for button in app.get("download_button") if button.label == "Download as JSON"]
    assert from_json(to_json(kept.all())) == kept.all()


MISFITS = (
    ("{", "The file holds no scenarios."),
    (json.dumps({"format": "ecops scenarios 1"}), "The file holds no scenarios."),
    (to_json([dataclasses.replace(OWN, currency="USD")]), "counts in USD, this shop in CNY"),
    (to_json([dataclasses.replace(OWN, values={"gone": 0.1})]), "rests on gone"),
    (to_json([dataclasses.replace(OWN, name=str(number)) for number in range(6)]), "at most 5"),
)


def test_a_file_that_does_not_fit_changes_nothing(shop):
    run, kept = shop
    app = run("weekly_review")
    for text, said in MISFITS:
        upload(app, text)
        assert any(said in error for error in errors(app))
        assert kept.all() == ()
    # The page goes on: a file that fits comes in.
    upload(app, to_json([OWN]))
    assert (errors(app), kept.all()) == ([], (OWN,))
