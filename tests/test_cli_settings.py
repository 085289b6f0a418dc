"""Parameters, benchmarks and goals on the command line."""

import json

import pytest
from typer.testing import CliRunner

from ecops import Workspace
from ecops.commands.app import app

RUN = CliRunner()
KEY = "supplier.delay_max"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command") / "shop"
    rows = ["platform,level,date,visitors,pay_buyers,pay_amount"]
    rows += [f"jd,shop,2026-05-{day:02d},1000,30,3000" for day in range(1, 29)]
    Workspace.open(folder).load("\n".join([*rows, ""]).encode(), name="traffic.csv")
    return folder


def run(shop, *arguments, code=0):
    result = RUN.invoke(app, [*map(str, arguments), "--workspace", str(shop)])
    assert result.exit_code == code, result.output
    return result


def answer(shop, *arguments):
    return json.loads(run(shop, *arguments, "--json").stdout)


@pytest.mark.row(283)
def test_a_parameter_is_found_changed_told_and_reset(shop):
    (one,) = answer(shop, "parameter", KEY)["parameters"]
    assert (one["value"], one["handbook"], one["row"], one["own"]) == (0.03, "000", 140, False)
    assert one["decides"] == ["Stock"]
    assert {entry["area"] for entry in answer(shop, "parameter", "supplier")["parameters"]} >= {"supplier"}
    assert "reason" in run(shop, "parameter", KEY, "5%", code=2).stderr
    assert "no number" in run(shop, "parameter", KEY, "five", "--reason", "x", code=2).stderr
    (one,) = answer(shop, "parameter", KEY, "5%", "--reason", "new contract", "--source", "contract")["parameters"]
    assert (one["value"], one["own"], one["own_source"]) == (0.05, True, "contract")
    assert "本店自设，contract" in run(shop, "parameter", KEY, "--language", "zh").stdout
    (change,) = answer(shop, "parameter", KEY, "--history")["changes"]
    assert (change["reason"], change["actor"], change["value"]) == ("new contract", "command line", 0.05)
    run(shop, "parameter", KEY, "--reset", "--reason", "typing error")
    assert "back to the handbook. typing error" in run(shop, "parameter", "--history").stdout
    assert "Did you mean" in run(shop, "parameter", "supplier.delay_maxx", code=2).stderr


def test_the_values_of_a_trade_are_taken_over(shop):
    told = answer(shop, "parameter", "--preset", "fashion")["parameters"]
    assert {one["key"]: one["value"] for one in told}["service.return_rate_max"] == 0.25
    assert all("of no handbook" in one["own_source"] for one in told)


@pytest.mark.row(71)
def test_a_benchmark_is_written_listed_and_taken_back(shop):
    assert "source" in run(shop, "benchmark", "pay_conversion", "2.4%", code=2).stderr
    given = ("--source", "association", "--scope", "tier", "--population", "home", "--day", "2026-10-31")
    found = answer(shop, "benchmark", "pay_conversion", "2.4%", *given)["benchmarks"]
    own = next(one for one in found if one["origin"] == "own")
    assert (own["value"], own["scope"], own["day"]) == (0.024, "tier", "2026-10-31")
    assert "2.4% (home, average; association)" in run(shop, "benchmark", "pay_conversion").stdout
    assert "no day" in run(shop, "benchmark", "gmv", "9", "--source", "x", "--day", "soon", code=2).stderr
    left = answer(shop, "benchmark", "pay_conversion", "--remove", own["id"])["benchmarks"]
    assert {one["origin"] for one in left} == {"handbook"}


@pytest.mark.row(42, 73)
def test_a_goal_says_the_pace_it_needs(shop):
    assert answer(shop, "goal")["goals"] == []
    assert "--by" in run(shop, "goal", "pay_conversion", "5%", code=2).stderr
    (goal,) = answer(shop, "goal", "pay_conversion", "5%", "--by", "2026-11-20")["goals"]
    assert goal["value"] == pytest.approx(0.03)
    assert goal["weeks_left"] == pytest.approx(26, abs=1)
    assert goal["slope_a_week"] == pytest.approx(0.02 / goal["weeks_left"])
    assert "of 5.0% by 20 Nov" in run(shop, "goal").stdout
    assert answer(shop, "goal", "pay_conversion", "--remove")["goals"] == []
    assert "target" in run(shop, "goal", "pay_conversion", "--remove", code=2).stderr.casefold()
