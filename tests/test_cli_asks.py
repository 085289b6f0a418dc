"""What the command line asks before it loads, and how its options answer."""

import json

from typer.testing import CliRunner

from ecops.commands.app import app

RUN = CliRunner()


def run(*arguments, code=0):
    result = RUN.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def test_a_measure_a_report_and_rows_left_out_are_asked_and_answered(tmp_path):
    shop = tmp_path / "shop"
    ads = tmp_path / "ads.csv"
    ads.write_text("日期,计划名称,花费,展现量,点击量\n2026-05-01,一,12.5,1000,30\n", "utf-8")
    refused = run("load", ads, "-w", shop, "--currency", "CNY", code=2)
    assert "No column of the file is known to hold" in refused.stderr
    run("load", ads, "-w", shop, "--currency", "CNY", "--map", "paid_amount=")

    log = tmp_path / "log.csv"
    log.write_text("1,2268318,2520377,pv,1777600000\n2,149192,2520771,buy,1777600200\n", "utf-8")
    assert "generic_events" in run("load", log, "-w", shop, code=2).stderr
    told = json.loads(run("check", log, "-w", shop, "--source", "generic_events", "--json").stdout)
    (match,) = told["matches"]["log.csv"]
    assert not match["certain"]
    assert "no header" in match["why"][0]

    products = tmp_path / "products.csv"
    products.write_text("商品编码,售价\nA,5\nA,5\nB,6\n", "utf-8")
    assert "1 of 3 rows would be left out" in run("load", products, "-w", shop, code=2).stderr
    run("load", products, "-w", shop, "--leave-out")
