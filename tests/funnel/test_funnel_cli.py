"""`python -m ecops funnel`: tables, logs and workspaces from a shell."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ecops.commands.app import app

RUN = CliRunner()
FIXTURES = Path(__file__).parents[1] / "fixtures" / "sources"
NOW = "流量来源,访客数,加购人数,支付买家数\n搜索,5000,250,75\n推荐,4000,200,60\n"


def run(*arguments, code=0):
    result = RUN.invoke(app, ["funnel", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "now.csv"
    path.write_text(NOW, "utf-8")
    return path


def test_a_table_beside_the_days_before(table, tmp_path):
    before = tmp_path / "before.csv"
    before.write_text(NOW.replace("250,75", "500,150"), "utf-8")
    told = json.loads(run(table, "--before", before, "--json"))
    assert [step["n"] for step in told["steps"]] == [9000, 450, 135]
    assert told["steps"][0]["rate_prev"] is None
    # A table without days cannot say how much its counts swing by themselves.
    (finding,) = told["findings"]
    assert finding["confidence"] == "watch"
    assert finding["subject"] == {"channel": "搜索", "step": "cart"}
    assert (finding["before"], finding["after"]) == (pytest.approx(0.1), pytest.approx(0.05))
    assert told["verdict"] == finding["headline"]


def test_a_table_alone_in_chinese(table):
    assert "流失最多的是「访客→加购」" in run(table, "-l", "zh")


def test_a_log(tmp_path):
    rows = ["user_id,event,happened_at,channel"]
    for n in range(30):
        rows += [f"u{n},click,2026-11-01 10:00:00,a", f"u{n},cart,2026-11-01 10:05:00,a"][: 1 + (n % 2)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows), "utf-8")
    told = json.loads(run(path, "--by", "channel", "--json"))
    assert [(step["step"], step["n"]) for step in told["steps"]] == [("click", 30), ("cart", 15)]


@pytest.fixture
def log(tmp_path):
    """Ten people; five look twice at product p, three of them want it; one wants another product."""
    rows = ["user_id,event,happened_at,sku,channel"]
    for n in range(10):
        rows += [f"u{n},look,2026-11-0{1 + (n > 6)} 10:00:00,p,{'ab'[n % 2]}"]
    rows += [f"u{n},want,2026-11-03 09:00:00,p,b" for n in range(3)]
    rows += ["u3,want,2026-11-03 09:00:00,q,b", "u4,want,2026-11-01 09:59:59,p,b", "u5,dance,2026-11-03 11:00:00,p,a"]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ((), [10, 4]),
        (("--unit", "user_sku"), [10, 3]),
        (("--ties", "grace:2s"), [10, 5]),
        (("--order", "any"), [10, 5]),
        (("--window", "1d"), [10, 0]),
        (("--window", "none"), [10, 4]),
    ],
)
def test_steps_of_ones_own_read_as_asked(log, options, counts):
    told = json.loads(run(log, "--steps", "look,want", *options, "--json"))
    assert [step["n"] for step in told["steps"]] == counts


def test_whose_a_person_is_can_be_chosen_and_each_part_is_printed(log):
    first = run(log, "--steps", "look,want", "--by", "channel", "-l", "en")
    # u4 was first seen in b, one second before looking in a.
    assert "a  look: 4" in first
    assert "a  want: 2 50%" in first
    later = run(log, "--steps", "look,want", "--by", "channel", "--credit", "step:want", "-l", "en")
    assert "b  want: 4" in later


def test_events_that_are_no_step_are_counted_and_named(log):
    assert "6.2% of the events are no step: dance (1)" in run(log, "--steps", "look,want", "-l", "en")
    assert "不是任何一步：dance (1)" in run(log, "--steps", "look,want", "-l", "zh")


def test_a_step_that_the_log_does_not_have_is_refused_with_near_names(log):
    told = json.loads(run(log, "--steps", "look,wont", "--json", code=2))
    assert "want" in told["error"]["hint"]


@pytest.mark.parametrize("words", ["hello\n", "a,b\n1,2\n", "流量来源,访客数,支付买家数\nx,很多,3\n"])
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, words):
    path = tmp_path / "bad.csv"
    path.write_text(words, "utf-8")
    told = json.loads(run(path, "--json", code=2))
    assert told["error"]["what"]


def test_no_such_file(tmp_path):
    run(tmp_path / "nothing.csv", code=2)


def test_the_figures_behind_the_steps_are_said_on_the_command_line(tmp_path):
    from ecops import Workspace

    folder = tmp_path / "shop"
    Workspace.open(folder).load(FIXTURES / "generic_search_words.csv")
    asked = ["funnel-figures", "-w", str(folder), "--period", "2026-11-09"]
    result = RUN.invoke(app, [*asked, "--json"])
    assert result.exit_code == 0, result.output
    found = {one["metric"]: one for one in json.loads(result.output)}
    assert found["search_no_result"]["value"] == pytest.approx(150 / 470)
    assert found["payment_interruption"]["reason"] == "Not loaded: Payment log."
    words = RUN.invoke(app, [*asked, "--about", "searches", "--json"])
    assert [row["wanted"] for row in json.loads(words.output)] == [False, True]
    assert "搜索无结果率" in RUN.invoke(app, [*asked, "-l", "zh"]).output
    wrong = RUN.invoke(app, [*asked, "--about", "nonsense"])
    assert wrong.exit_code == 2
    assert "searches" in wrong.output
