"""The command line, as people and cron call it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ecops.commands.app import app
from ecops.store import Workspace

ROOT = Path(__file__).resolve().parents[1]
RUN = CliRunner()
HEADER = "Platform,Order ID,Line ID,Created at,SKU,Quantity,Amount,Customer"
ROWS = [
    f"jd,{day}-{order},1,2026-05-{day:02d} 10:00:00,S1,1,{10 + order},c{order}"
    for day in range(4, 18)
    for order in range(3)
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([HEADER, *ROWS, ""]), "utf-8")
    return path


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ECOPS_HOME", raising=False)
    monkeypatch.delenv("ECOPS_LANGUAGE", raising=False)
    return tmp_path / "shop"


def run(*arguments, code=0):
    result = RUN.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def answer(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).stdout)


def test_load_look_and_take_back(file, shop):
    found = answer("check", file, "--workspace", shop)
    assert found["matches"]["orders.csv"][0]["source"] == "generic_orders"
    assert found["check"]["sheets"][0]["rows_kept"] == 42
    assert not shop.exists(), "a look makes nothing"
    assert "--currency GBP" in run("load", file, "--workspace", shop, code=2).stderr
    assert answer("tables", "--workspace", shop)["tables"] == {}
    loaded = answer("load", file, "--workspace", shop, "--currency", "cny")
    (receipt,) = loaded["receipts"]
    assert receipt["summary"] == "orders.csv: 42 rows loaded (42 new, 0 updated, 0 unchanged)."
    there = answer("tables", "--workspace", shop)
    assert there["tables"]["order_lines"] == {
        "rows": 42,
        "first_day": "2026-05-04",
        "last_day": "2026-05-17",
        "files": 1,
    }
    assert there["version"] == loaded["version"]
    assert answer("load", file, "--workspace", shop)["receipts"][0]["already_loaded"]
    assert answer("undo", receipt["id"], "--workspace", shop)["undone"] == receipt["id"]
    there = answer("tables", "--workspace", shop)
    assert there["tables"] == {}
    assert there["receipts"][0]["undone"]


def test_words_for_people_in_both_languages(file, shop, monkeypatch):
    english = run("load", file, "-w", shop, "--currency", "CNY").stdout
    assert "42 rows loaded" in english
    assert "42" in run("tables", "-w", shop).stdout
    chinese = run("load", file, "-w", shop, "--language", "zh").stdout
    assert "已载入过" in chinese
    monkeypatch.setenv("ECOPS_LANGUAGE", "zh")
    assert "订单明细" in run("tables", "-w", shop).stdout
    assert "42" in run("check", file, "-w", shop).stdout


def test_figures(file, shop):
    run("load", file, "-w", shop, "--currency", "CNY")
    figures = answer("kpis", "-w", shop, "--by", "platform")
    assert figures["period"] == ["2026-05-11", "2026-05-17"]
    assert figures["compare"] == ["2026-05-04", "2026-05-10"]
    assert figures["kpis"]["gross_sales"]["value"] == pytest.approx(7 * 33)
    assert {row["platform"] for row in figures["table"]} == {"jd"}
    day = answer("kpis", file, "--period", "2026-05-05", "--compare", "last_week")
    assert day["kpis"]["gross_sales"]["value"] == pytest.approx(33)
    assert "¥" in run("kpis", "-w", shop).stdout
    bare = run("kpis", file, "--period", "2026-05-05", "--compare", "last_week").stdout
    assert "Gross sales: 33" in bare, "a file that names no currency"


@pytest.mark.row(67)
def test_shares_are_written_as_per_cent(tmp_path):
    traffic = tmp_path / "traffic.csv"
    rows = [f"2026-05-{day:02},jd,1000,100,40,21,2100" for day in range(4, 18)]
    heading = "date,platform,visitors,cart_users,order_buyers,pay_buyers,pay_amount"
    traffic.write_text("\n".join([heading, *rows]), "utf-8")
    run("load", traffic, "-w", tmp_path / "shop", "--currency", "CNY")
    said = run("kpis", "-w", tmp_path / "shop", "--period", "2026-05-11..2026-05-17").stdout
    assert "Cart loss rate: 79%" in said
    assert "Add-to-cart rate: 10.0%" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["load", "nothing.csv"], "no such file"),
        (["check", "nothing.csv"], "no such file"),
        (["undo", "nothing"], "no receipt"),
        (["kpis"], "no orders"),
        (["kpis", "--period", "soon"], "not a period"),
        (["kpis", "--period", "2026-05-05", "--compare", "sometime"], "not a comparison"),
        (["kpis", "-l", "xx"], "language xx does not exist"),
        (["load", "nothing.csv", "--date-order", "myd"], "order of dates myd does not exist"),
        (["load", "nothing.csv", "--status", "odd"], "does not say what is what"),
        (["load", "nothing.csv", "--map", "odd"], "neither NAME=HEADER"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(shop, arguments, words):
    Workspace.open(shop)
    plain = run(*arguments, "-w", shop, code=2)
    assert words in plain.stderr
    assert plain.stderr.count("\n") == 1
    assert plain.stdout == ""
    told = answer(*arguments, "-w", shop, code=2)["error"]
    assert words in told["what"]
    assert told["kind"].endswith("Error")


def test_a_missing_day_is_asked_for_as_days_are_written(shop, tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text("商家编码,仓库,在库数量,可用数,采购在途数\nA,main,5,5,0\n", "utf-8")
    assert "--value 'date=YYYY-MM-DD'" in run("load", path, "-w", shop, code=2).stderr
    assert "date=YYYY-MM-DD" in answer("load", path, "-w", shop, code=2)["error"]["remedy"]
    answer("load", path, "-w", shop, "--value", "date=2026-05-01")


ODD = "No,Day,What,Pieces,Sum,State\n1,03/04/2026,S1,1,5,odd\n2,05/06/2026,S1,1,6,paid\n"


def test_every_question_of_an_upload_has_an_option(shop, tmp_path):
    """Each refusal names the option that answers it; with all of them the file loads, and the answers are kept."""
    path, names = tmp_path / "odd.csv", tmp_path / "names.json"
    path.write_text(ODD, "utf-8")
    columns = {"order_id": "No", "ordered_at": "Day", "sku": "What", "quantity": "Pieces", "status": "State"}
    names.write_text(json.dumps(columns), "utf-8")
    steps = [
        ["--source", "generic_orders"],
        ["--map", str(names), "--map", "paid_amount=5"],
        ["--date-order", "dmy"],
        ["--status", "odd=paid"],
        ["--currency", "GBP"],
    ]
    given = []
    for step in steps:
        refused = run("load", path, *given, "-w", shop, code=2)
        assert f" {step[0]} " in refused.stderr, step
        assert refused.stderr.count("\n") == 1
        told = answer("load", path, *given, "-w", shop, code=2)
        assert step[0] in told["error"]["remedy"]
        given += step
    assert answer("check", path, *given, "-w", shop)["check"]["sheets"][0]["first_day"] == "2026-04-03"
    loaded = answer("load", path, *given, "--shop", "North", "--value", "platform=jd", "-w", shop)
    assert loaded["receipts"][0]["sheets"][0]["rows_kept"] == 2
    assert loaded["receipts"][0]["sheets"][0]["currency"] == "GBP"
    path.write_text(ODD.replace("1,03/04", "3,04/04"), "utf-8")
    again = answer("load", path, "-w", shop)["receipts"][0]["sheets"][0]
    assert (again["keys_new"], again["keys_unchanged"]) == (1, 1)
    assert again["mapping"]["constants"] == {"platform": "jd", "shop": "North"}


def test_what_was_loaded_before_a_refusal_is_told(file, shop, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"")
    told = answer("load", file, broken, "-w", shop, "--currency", "CNY", code=2)
    assert [receipt["file"] for receipt in told["receipts"]] == ["orders.csv"]
    assert told["error"]["where"]["file"] == "broken.csv"
    assert told["version"] == answer("tables", "-w", shop)["version"]


def test_the_report_says_where(shop, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER}\njd,1,1,2026-05-04,S1,two\x1b[2J,5,c\njd,2,1,2026-05-04,S1,1,5,c\n", "utf-8")
    lines = run("check", path, "-w", shop, "-l", "en").stdout.splitlines()
    place = lines.index("1 cell of Quantity could not be read and stays empty.")
    assert lines[place + 1] == "  Rows 2: two [2J"
    assert "  第 2 行：two [2J" in run("check", path, "-w", shop, "-l", "zh").stdout.splitlines()


def test_the_sample_and_the_usual_folders(shop, monkeypatch, file):
    import sample_data

    small = [path for path in sample_data.files() if path.name in {"products.xlsx", "jd_daily.xlsx"}]
    monkeypatch.setattr(sample_data, "files", lambda: small)
    told = answer("sample")
    assert told["workspace"].endswith("workspace/sample")
    assert [receipt["already_loaded"] for receipt in told["receipts"]] == [False, False]
    found = answer("tables")["tables"]
    assert set(found) == {"products", "traffic_daily"}, "the sample as long as there is no other shop"
    assert run("sample").stdout == "", "what is loaded is not loaded again"
    run("load", file, "--currency", "CNY")
    assert (shop.parent / "workspace" / "mine" / "state.sqlite").exists()


@pytest.mark.parametrize("command", [["tables"], ["kpis"], ["funnel"], ["report", "--out", "out"], ["undo", "x"]])
@pytest.mark.parametrize("named", [True, False])
def test_what_only_reads_makes_no_workspace(shop, command, named):
    told = run(*command, *(["--workspace", shop] if named else []), code=2).stderr
    assert "There is no workspace in this folder." in told
    assert list(shop.parent.iterdir()) == []


def test_the_home_of_workspaces_is_no_workspace_itself(shop, file):
    run("load", file, "--currency", "CNY")
    home = shop.parent / "workspace"
    told = run("load", file, "--workspace", "workspace", code=2).stderr
    assert str(home / "mine") in told
    assert [folder.name for folder in home.iterdir()] == ["mine"]


def test_as_a_module(shop):
    command = [sys.executable, "-m", "ecops"]
    done = subprocess.run(
        [*command, "undo", "x", "--json"],
        cwd=shop.parent,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no workspace" in json.loads(done.stdout)["error"]["what"]
    assert done.stderr.strip().count("\n") == 0
    helped = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in ("sample", "load", "check", "tables", "undo", "kpis"):
        assert name in helped.stdout
