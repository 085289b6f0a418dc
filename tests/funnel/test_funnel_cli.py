"""`python -m ecops funnel`: tables, logs and workspaces from a shell."""

import json

import pytest
from typer.testing import CliRunner

from ecops.commands.app import app

RUN = CliRunner()
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
    (finding,) = [f for f in told["findings"] if f["confidence"] == "confirmed"]
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


@pytest.mark.parametrize("words", ["hello\n", "a,b\n1,2\n", "流量来源,访客数,支付买家数\nx,很多,3\n"])
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, words):
    path = tmp_path / "bad.csv"
    path.write_text(words, "utf-8")
    told = json.loads(run(path, "--json", code=2))
    assert told["error"]["what"]


def test_no_such_file(tmp_path):
    run(tmp_path / "nothing.csv", code=2)
