"""The commands `experiment` and `plan`, as cron and pipelines call them."""

import json
import math

import pytest
from typer.testing import CliRunner

from ecops.commands.app import app
from ecops.experiments import Experiment, analyse, decide
from tests.experiments.shops import shop

RUN = CliRunner()


def run(*arguments, code=0):
    result = RUN.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def users():
    return shop(8_000, lift=0.5, seed=2)


@pytest.fixture(scope="module")
def file(users, tmp_path_factory):
    path = tmp_path_factory.mktemp("ab") / "ab.csv"
    users.to_csv(path, index=False)
    return path


@pytest.mark.row(92)
def test_the_verdict_is_that_of_the_engine(file, users):
    options = ("--planned", 8000, "--look", 4000, "--guardrail", "aov=0.1", "--margin", 0.5, "--json")
    told = json.loads(run("experiment", file, *options).stdout)
    spec = Experiment(
        planned_sample=8000, looks=(4000,), guardrails=(("aov", 0.1),), margin=0.5, covariates=("pre_value",),
        secondary=("uv_value",), segments=("device",),
    )  # fmt: skip
    decision = decide(analyse(users, spec))
    assert told["verdict"] == decision.kind == "ship"
    assert told["chance_wrong"] == pytest.approx(decision.chance_wrong)
    assert told["gain_a_month"]["value"] == pytest.approx(decision.stake.gain.value)
    assert {metric["metric"]: metric["role"] for metric in told["metrics"]} == {
        "conversion": "goal",
        "aov": "guardrail",
        "uv_value": "secondary",
    }


def test_limits_for_any_time_are_wider_and_need_a_plan(file):
    planned = json.loads(run("experiment", file, "--planned", 8000, "--json").stdout)
    free = json.loads(run("experiment", file, "--planned", 8000, "--any-time", "--json").stdout)
    assert free["metrics"][0]["low"] < planned["metrics"][0]["low"]
    assert "planned" in json.loads(run("experiment", file, "--any-time", "--json", code=2).stdout)["error"]["what"]


def test_the_sentence_comes_first(file):
    assert run("experiment", file, "-l", "zh").stdout.startswith(("上线实验组（B）", "继续"))


def test_a_file_with_columns_of_its_own_is_read_too(users, tmp_path):
    path = tmp_path / "plain.csv"
    users[["variant", "converted", "revenue"]].to_csv(path, index=False)
    told = json.loads(run("experiment", path, "--json").stdout)
    assert "identity" in {check["key"] for check in told["checks"]}
    assert sum(told["users"].values()) == 8_000


def test_several_experiments_need_a_name(users, tmp_path):
    path = tmp_path / "two.csv"
    users.assign(experiment=["one", "two"] * 4_000).to_csv(path, index=False)
    assert "Choose one of: one, two" in run("experiment", path, code=2).stderr
    assert json.loads(run("experiment", path, "--name", "two", "--json").stdout)["experiment"] == "two"
    assert "three" in run("experiment", path, "--name", "three", code=2).stderr


@pytest.mark.parametrize("wrong", [("--guardrail", "aov=much"), ("--goal", "conversoin"), ("--control", "C")])
def test_wrong_options_are_one_line(file, wrong):
    told = run("experiment", file, *wrong, code=2)
    assert len(told.stderr.strip().splitlines()) == 1


def test_a_missing_file_is_told(tmp_path):
    assert "does not exist" in run("experiment", tmp_path / "none.csv", code=2).stderr


def test_a_plan_in_json_and_in_words():
    told = json.loads(run("plan", "--rate", 0.1, "--lift", 0.12, "--looks", 1, "--traffic", 600, "--json").stdout)
    # Fleiss, Levin, Paik (2003): n = (1.96 sqrt(2 p q) + 0.8416 sqrt(p1 q1 + p2 q2))^2 / d^2 for each arm.
    first, second = 0.1, 0.112
    middle = (first + second) / 2
    reach = 1.959964 * math.sqrt(2 * middle * (1 - middle))
    reach += 0.841621 * math.sqrt(first * (1 - first) + second * (1 - second))
    assert told["users"] == pytest.approx(2 * reach**2 / 0.012**2, abs=4)
    assert told["days"] == 7 * math.ceil(told["users"] / 600 / 7)
    assert told["waiting_a_week"] is None
    assert run("plan", "--order-value", 100, "-l", "zh").stdout.startswith("需要")
    assert "order" in run("plan", "--metric", "aov", code=2).stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [("--rate", "3"), ("--rate", "0"), ("--lift", "12"), ("--traffic", "0"), ("--looks", "0"), ("--power", "80")],
)
def test_a_plan_names_the_option_that_cannot_be(option, value):
    told = run("plan", option, value, code=2).stderr
    assert told.startswith(f"{option} is {value}, which is not possible.")
    assert option in run("plan", option, value, "-l", "zh", code=2).stderr


def test_the_rate_is_not_asked_of_a_plan_by_order_value():
    assert run("plan", "--metric", "aov", "--order-value", "100", "--rate", "3").stdout
    assert "--order-value" in run("plan", "--metric", "uv_value", "--order-value", "0", code=2).stderr


@pytest.mark.parametrize(
    ("option", "value"), [("--planned", "0"), ("--look", "0"), ("--margin", "40"), ("--traffic", "0")]
)
def test_a_verdict_names_the_option_that_cannot_be(file, option, value):
    assert run("experiment", file, option, value, code=2).stderr.startswith(f"{option} is {value}, ")


def test_columns_of_any_name_are_mapped_and_told(users, tmp_path):
    path = tmp_path / "mails.csv"
    strange = users[["variant", "converted", "revenue"]].rename(columns={"variant": "mailing", "converted": "bought"})
    strange.assign(mailing=strange.mailing.map({"A": "Red", "B": "Blue"})).to_csv(path, index=False)
    assert "load --map" in run("experiment", path, code=2).stderr
    options = ("--map", "variant=mailing", "--control", "Red", "--goal", "bought", "--traffic", 9_000, "--json")
    told = json.loads(run("experiment", path, *options).stdout)
    (goal,) = [metric for metric in told["metrics"] if metric["role"] == "goal"]
    effect = analyse(users, Experiment()).goal("B").effect
    assert (goal["label"], goal["arm"]) == ("bought", "Blue")
    assert (goal["difference"], goal["p_value"]) == pytest.approx((effect.difference, effect.p_value))
    assert "was taken for it" in run("experiment", path, "--map", "variant=mailing").stdout


def test_a_planned_uneven_split_is_said_by_the_command(tmp_path):
    path = tmp_path / "uneven.csv"
    shop(12_000, share=0.1, rate=0.1, seed=4).to_csv(path, index=False)
    unknown = json.loads(run("experiment", path, "--json").stdout)
    assert unknown["verdict"] == "invalid"
    assert "nobody said how it was planned" in " ".join(unknown["reasons"])
    told = json.loads(run("experiment", path, "--split", "A=90", "--split", "B=10", "--json").stdout)
    assert told["verdict"] != "invalid"
    assert {check["key"]: check["level"] for check in told["checks"]}["split"] == "green"
    wrong = json.loads(run("experiment", path, "--split", "A=80%", "--split", "B=20%", "--json").stdout)
    assert wrong["verdict"] == "invalid"


@pytest.mark.parametrize("shares", [["A=90"], ["A=90", "C=10"], ["A=many", "B=10"], ["A90", "B=10"], ["A=-1", "B=1"]])
def test_a_split_that_cannot_be_is_one_line(file, shares):
    options = [part for share in shares for part in ("--split", share)]
    assert len(run("experiment", file, *options, code=2).stderr.strip().splitlines()) == 1
