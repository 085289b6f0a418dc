"""The A/B page says of each test of the sample shop what is true of it, and keeps the register of one's own."""

import datetime as dt
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import ecops
import sample_data
from ecops.experiments import Experiment, analyse, decide
from ecops.experiments.reading.workspace import experiments_in
from ecops.experiments.records.register import Register, Trial
from ecops.experiments.records.trials import trial_findings
from ecops.periods import Period
from tests.experiments.shops import shop, totals
from tests.pages.test_pages import said

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("verdict", "check", "plan", "register")
HAN = re.compile(r"[\u4e00-\u9fff]")
TRUTHS = tomllib.loads((ROOT / "sample_data" / "truths.toml").read_text("utf-8"))
PLANS = tomllib.loads((ROOT / "sample_data" / "experiments.toml").read_text("utf-8"))


@pytest.fixture
def opened(open_app):
    """The page with one part and one test chosen, as a reader would choose them."""

    def run(part: str = "verdict", test: str = "", shop_name: str = "sample", language: str = "zh"):
        app = open_app("ab_test", shop_name, language)
        if test:
            app.selectbox(key="test").set_value(test).run()
        if part != "verdict":
            app.segmented_control(key="part").set_value(part).run()
        assert not app.exception
        return app

    return run


def words(app) -> str:
    return " ".join(said(app))


@pytest.fixture
def own(tmp_path, monkeypatch, open_app):
    """Open the page on a shop of one's own that holds the given table."""

    def make(table: pd.DataFrame, shop_name: str = "trial", language: str = "zh"):
        folder = tmp_path / "shops"
        monkeypatch.setenv("ECOPS_HOME", str(folder))
        workspace = ecops.Workspace.open(folder / shop_name)
        table.to_csv(tmp_path / "ab.csv", index=False)
        workspace.load(tmp_path / "ab.csv")
        return open_app("ab_test", shop_name, language), workspace

    return make


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("shop_name", ["sample", "mine"])
def test_every_part_opens(opened, part, shop_name, language):
    app = opened(part, "", shop_name, language)
    title = app.title[0].value
    assert title == ("该不该上新方案？" if language == "zh" else "Should we ship it?")
    assert len(said(app)) > 5


@pytest.mark.parametrize("part", PARTS)
def test_an_english_page_is_english(opened, part):
    app = opened(part, language="en")
    assert [text for text in said(app) if HAN.search(text) and text not in {"中文", "语言 Language"}] == []


def test_an_empty_shop_teaches(open_app):
    app = open_app("ab_test", "mine", "zh")
    assert "还没有可以判断的实验" in words(app)
    assert len(app.dataframe) == 3  # the three shapes of a file
    next(button for button in app.button if button.label == "看看示例店铺").click().run()
    assert app.selectbox(key="test").value in PLANS


SAID = {
    "ab_win": (r"^上线实验组：支付转化率由 10\.0% 变为 12\.\d%", r"每月约多收 ¥.+选错的可能性 0\.\d%"),
    "ab_srm": (
        r"^结果无效，不能据此决策",
        r"表面上支付转化率 \+\d+%.+但这个数不算数",
        r"对照组偏离",
    ),
    "ab_flat": (r"^样本量已满，没有明显差异", r"建议保留原方案"),
    "ab_early": (
        r"^样本量已满，没有明显差异",
        r"第 1 周结束时，普通检验会判实验组胜出.+跑满 9,600 人后差异消失",
        r"建议保留原方案。笔单价由",
    ),
}


@pytest.mark.row(92)
@pytest.mark.parametrize("name", SAID)
def test_each_sample_test_gets_its_verdict_in_plain_words(opened, name):
    app = opened(test=name, language="zh")
    assert app.selectbox(key="test").value == name
    texts = said(app)
    headline = app.header[0].value.replace("\\", "")
    assert re.search(SAID[name][0], headline)
    for pattern in SAID[name]:
        assert any(re.search(pattern, text) for text in [headline, *texts]), pattern


@pytest.mark.parametrize("part", ["verdict", "check"])
@pytest.mark.parametrize("name", SAID)
def test_a_chinese_page_has_chinese_words_for_the_arms_and_devices(opened, name, part):
    app = opened(part, name, language="zh")
    values = {box.value for box in app.selectbox}  # what is chosen; its options are what is read
    shown = [text for text in said(app) if text not in values]
    shown += [option for box in app.selectbox for option in box.options]
    shown += [str(cell) for table in app.dataframe for row in table.value.to_numpy() for cell in row]
    assert [text for text in shown if re.search(r"\b(control|treatment|mobile|desktop|device)\b", text)] == []
    if part == "check":
        assert {"对照组", "实验组"} <= set(shown)


def test_only_a_larger_risk_of_keeping_is_explained(opened):
    assert not any(re.search("为什么[仍先]不上线", text) for text in said(opened(test="ab_early", language="zh")))
    # The revenue rose by chance while the figure that was to decide did not.
    assert any("为什么仍不上线" in text for text in said(opened(test="ab_flat", language="zh")))


def test_only_the_broken_test_shows_no_effect(opened):
    shown = {metric.label for metric in opened(test="ab_srm", language="en").metric}
    assert shown == {"Users in control", "Users in treatment", "Planned sample reached", "Days"}
    app = opened(test="ab_win", language="en")
    assert {"Conversion rate", "Worth a month", "Chance of being wrong"} <= {metric.label for metric in app.metric}
    assert not any("misled" in text or "on luck" in text for text in said(app))


def test_the_figures_on_the_page_are_those_of_the_engine(opened):
    app = opened(test="ab_win", language="en")
    rows = pd.read_csv(next(file for file in sample_data.files() if file.name == "ab_win.csv.gz"))
    rows = rows.rename(columns={"user_id": "unit_id", "pre_revenue": "pre_value"})
    (held,) = experiments_in(rows)
    told = {key: value for key, value in PLANS["ab_win"].items() if key not in {"hypothesis", "looks"}}
    trial = Trial("ab_win", goal="conversion", **{**told, "guardrails": tuple(map(tuple, told["guardrails"]))})
    decision = decide(analyse(rows, trial.applied_to(held.spec())))
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Conversion rate"] == f"+{decision.result.effect.lift.value:.0%}"
    assert shown["Chance of being wrong"] == f"{decision.chance_wrong:.1%}"
    assert shown["Planned sample reached"] == "100%"


@pytest.mark.parametrize("name", PLANS)
def test_what_the_sample_shop_wrote_down_is_what_its_looks_showed(name):
    """The register of the sample holds no invented history: each look's verdict is the engine's on the data of then."""
    plan = PLANS[name]
    assert plan["planned_sample"] == TRUTHS[name]["planned_sample"]
    rows = pd.read_csv(next(file for file in sample_data.files() if file.name == f"{name}.csv.gz"))
    rows = rows.rename(columns={"user_id": "unit_id", "pre_revenue": "pre_value"})
    for at, (users, day, verdict) in enumerate(plan["looks"]):
        then = rows[rows.exposed_at <= day]
        assert len(then) == users
        (held,) = experiments_in(then)
        spec = Trial(
            name,
            goal="conversion",
            planned_sample=plan["planned_sample"],
            guardrails=tuple(map(tuple, plan["guardrails"])),
        ).applied_to(held.spec())
        looks = tuple(float(look[0]) for look in plan["looks"][:at])
        assert decide(analyse(then, Experiment(**{**fields(spec), "looks": looks}))).kind == verdict
    assert len(rows) == plan["looks"][-1][0]


def fields(spec):
    return {name: getattr(spec, name) for name in spec.__slots__}


def test_looking_at_ones_own_test_is_remembered_once(own, open_app):
    app, workspace = own(shop(6_000, seed=3).assign(experiment="ab_1"))
    register = Register(workspace.state)
    assert [look.users for look in register.trial("ab_1").looks] == [6_000]
    app.run()
    open_app("ab_test", "trial", "en")
    assert len(register.trial("ab_1").looks) == 1
    assert "没有登记计划人数" in words(app)


def in_the_review(workspace):
    """What the weekly review tells of the tests, figures and all."""
    last = max(held.last_day for held in experiments_in(workspace.data()))
    found = trial_findings(workspace.data(), Period(last - dt.timedelta(days=6), last))
    # Sums run in parallel, so the last bits may differ from one reading to the next.
    return [
        (
            finding.headline.text("en"),
            tuple(
                f"{end:.6g}"
                for end in (*finding.ci, *((finding.money and (finding.money.low, finding.money.high)) or ()))
            ),
            finding.action.text.text("en"),
        )
        for finding in found
    ]


def test_the_sample_shop_is_not_written_to(open_app, opened, home):
    open_app("overview")
    workspace = ecops.Workspace.open(home / "sample")
    register, reviewed = Register(workspace.state), in_the_review(workspace)
    before = {trial.name: len(register.history(trial.name)) for trial in register.trials()}
    for name in PLANS:
        opened(test=name, language="zh")
    after = {trial.name: len(register.history(trial.name)) for trial in register.trials()}
    assert set(after) == set(PLANS)
    assert after == before
    assert in_the_review(workspace) == reviewed
    assert len(reviewed) == len(PLANS)


@pytest.mark.parametrize("lift", [0.04, 0.5])
def test_opening_the_page_changes_no_figure_of_the_review(own, lift):
    app, workspace = own(shop(6_000, seed=9, rate=0.1, lift=lift).assign(experiment="ab_1"), "trial", "en")
    assert Register(workspace.state).trial("ab_1").looks
    untouched = ecops.Workspace.open(workspace.folder.with_name("untouched"))
    untouched.load(workspace.folder.parent.parent / "ab.csv")
    assert in_the_review(workspace) == in_the_review(untouched)
    (told,) = in_the_review(workspace)
    assert told[0].removeprefix("ab_1: ") == app.header[0].value.replace("\\", "")
    assert any(told[2] in text.replace("\\", "") for text in said(app))


def test_a_test_said_to_be_over_gets_a_verdict(own):
    app, workspace = own(shop(6_000, seed=4).assign(experiment="ab_1"), language="en")
    next(button for button in app.button if button.key == "whole").click().run()
    assert Register(workspace.state).trial("ab_1").whole
    assert "No clear difference in the full sample" in app.header[0].value.replace("\\", "")


@pytest.mark.row(99)
def test_a_plan_goes_into_the_register_and_judges_the_file(own):
    app, workspace = own(shop(6_000, seed=4).assign(experiment="ab_1"), language="en")
    app.segmented_control(key="part").set_value("plan").run()
    app.text_input(key="plan_name").set_value("ab_1")
    app.text_input(key="plan_why").set_value("a badge builds trust")
    next(button for button in app.button if button.label == "Write it into the register").click().run()
    trial = Register(workspace.state).trial("ab_1")
    assert trial.hypothesis == "a badge builds trust"
    assert trial.planned_sample > 6_000
    app.segmented_control(key="part").set_value("verdict").run()
    assert "a badge builds trust" in words(app)
    assert {metric.label: metric.value for metric in app.metric}["Planned sample reached"] == (
        f"{6_000 / trial.planned_sample:.0%}"
    )


@pytest.mark.row(98)
def test_changing_the_plan_answers(opened):
    app = opened("plan", "", "mine", "en")
    before = app.header[0].value
    app.number_input(key="plan_lift_conversion_0.1200").set_value(20.0).run()
    assert app.header[0].value != before
    app.selectbox(key="plan_metric").set_value("aov").run()
    assert "orders" in app.header[0].value
    assert "suggestion" in words(app)


def test_the_tile_of_money_says_what_it_counts(own):
    users = shop(8_000, lift=0.5, seed=2).assign(experiment="ab_1")
    users.loc[users.variant == "B", "revenue"] *= 0.5
    app, _workspace = own(users, language="en")
    worth = next(metric for metric in app.metric if metric.label == "Worth a month")
    assert worth.help.startswith("From the revenue per visitor, if everybody saw it")
    assert worth.value.startswith("-")
    told = words(app).replace("\\", "")
    assert "Worth a month: from the revenue per visitor as this test measured it, not from Conversion rate" in told
    assert "Do not ship B yet. Conversion rate rose, but not the money" in told


def test_an_uneven_split_is_asked_for_and_kept(own):
    users = shop(12_000, share=0.1, rate=0.1, seed=4).assign(experiment="ab_1")
    app, workspace = own(users, language="en")
    assert "How were the users to be split?" in words(app)
    planned = next(button for button in app.button if button.key == "split_0")
    assert planned.label.replace("\\", "") == "Planned 90% / 10%"
    planned.click().run()
    assert Register(workspace.state).trial("ab_1").weights == {"A": 0.9, "B": 0.1}
    assert "How were the users to be split?" not in words(app)
    assert "not valid" not in app.header[0].value
    app.segmented_control(key="part").set_value("check").run()
    shares = [box.value for box in app.number_input if "Planned share of" in box.label]
    assert shares == [90.0, 10.0]
    next(button for button in app.button if button.label == "Save").click().run()
    assert Register(workspace.state).trial("ab_1").weights == {"A": 90.0, "B": 10.0}


def test_no_cell_of_the_figures_begins_with_an_apostrophe(own):
    users = shop(8_000, lift=0.2, seed=2).assign(experiment="ab_1")
    users.loc[users.variant == "B", "revenue"] *= 0.5
    app, _workspace = own(users, language="en")
    table = next(shown.value for shown in app.dataframe if "Difference" in shown.value.columns)
    assert any("-" in str(cell) for cell in table["Difference"])
    cells = [str(cell) for column in table.columns for cell in table[column]]
    assert [cell for cell in cells if cell.startswith("'")] == []


@pytest.mark.row(93, 96, 99)
def test_a_decision_becomes_an_action(own):
    from ecops.review.decisions.actions import ActionLog

    app, workspace = own(shop(8_000, lift=0.5, seed=2).assign(experiment="ab_1"), language="en")
    next(button for button in app.button if button.key == "whole").click().run()
    assert app.header[0].value.startswith("Ship B")
    app.text_input(key="outcome_reason_ab_1").set_value("clear gain")
    next(button for button in app.button if button.label == "Save").click().run()
    trial = Register(workspace.state).trial("ab_1")
    assert (trial.decision, trial.reason) == ("shipped", "clear gain")
    (action,) = ActionLog(workspace.state).actions()
    assert trial.action == action.id
    assert action.experiment == "ab_1"
    assert action.expected_weekly > 0
    assert "clear gain" in words(app)


def test_what_if_follows_the_margin(opened):
    app = opened(test="ab_win", language="en")
    worth = next(text for text in said(app) if "| Worth a month" in text)
    base, scenario = re.findall(r"¥[\d.]+k", worth.split("Worth a month")[1])[:2]
    assert base == scenario  # also after another test was looked at
    app.slider(key="if_margin_ab_win").set_value(50).run()
    changed = next(text for text in said(app) if "| Worth a month" in text)
    amounts = [float(amount) for amount in re.findall(r"¥([\d.]+)k", changed.split("Worth a month")[1].split("\n")[0])]
    assert amounts[1] == pytest.approx(amounts[0] / 2, rel=0.01)
    assert changed != worth


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("one_arm", "只有一个组"),
        ("crossed", "同时出现在多个组"),
        ("orders", "文件是订单"),
        ("typo", "很可能是录入错误"),
    ],
)
def test_bad_files_are_told_in_a_sentence(own, broken, told):
    users = shop(6_000, seed=3).assign(experiment="ab_1")
    if broken == "one_arm":
        users = users[users.variant == "A"]
    elif broken == "crossed":
        users = pd.concat([users, users.head(600).assign(variant="B")])
    elif broken == "orders":
        users = pd.concat([users[users.converted], users[users.converted]])
    else:
        users.loc[users.index[users.converted][0], "revenue"] = 2.46e14
    app, _workspace = own(users)
    everything = words(app) + " ".join(error.value for error in app.error)
    assert told in everything.replace("\\", "")


def test_totals_by_day_are_judged(own):
    app, _workspace = own(totals(shop(8_000, seed=3, lift=0.5), "exposed_at").rename(columns={"exposed_at": "date"}))
    assert app.metric
    assert not app.error


def test_a_newer_smaller_file_asks_whether_it_is_a_new_test(own):
    app, workspace = own(shop(6_000, seed=3).assign(experiment="ab_1"), language="en")
    register = Register(workspace.state)
    register.write("ab_1", "li", planned_sample=9_000.0)
    register.look("ab_1", "li", 7_000, "continue")
    app.run()
    assert "An earlier look saw 7,000 users" in app.error[0].value.replace("\\", "")
    next(button for button in app.button if "new test under the same name" in button.label).click().run()
    assert not app.error
    assert [look.users for look in register.trial("ab_1").looks] == [6_000]
