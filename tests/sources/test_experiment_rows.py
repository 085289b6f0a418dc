"""Rows of an experiment reach its checks as they are: nobody vanishes on load."""

import dataclasses

import pytest

from ecops import Workspace
from ecops.errors import MappingError
from ecops.sources.recognition.figures import named_by_file
from ecops.sources.recognition.mapping import Mapping

HEADER = "experiment,user_id,variant,converted\n"


def test_people_in_two_arms_and_repeated_people_survive_and_reloading_adds_nothing(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    rows = "t,1,a,1\nt,2,b,0\nt,2,a,1\nt,3,b,1\nt,3,b,1\n"
    shop.load((HEADER + rows).encode(), name="first.csv")
    units = shop.query(
        "SELECT unit_id, count(*) AS rows, count(DISTINCT variant) AS arms FROM experiment_units GROUP BY 1"
    )
    assert sorted(zip(units["rows"].to_pylist(), units["arms"].to_pylist(), strict=True)) == [(1, 1), (2, 1), (2, 2)]
    again = shop.load((HEADER + rows + "t,4,a,0\n").encode(), name="second.csv")
    assert (again.sheets[0].keys_new, again.sheets[0].keys_unchanged) == (1, 5)


NO_USERS = b"""group,phone,ref,zip,pages,opened,spend
a,13800138000,u1,01234,3,TRUE,9.5
b,13800138001,u2,01235,4.5,FALSE,0
"""


def test_rows_without_users_are_users_and_further_numbers_are_kept_under_their_header(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    shop.load(NO_USERS, "generic_experiment_units", name="checkout 2026-11-16 (1).csv")
    rows = shop.query("SELECT * FROM experiment_units ORDER BY variant").to_pylist()
    assert [row["unit_id"] for row in rows] == [None, None]
    assert [row["experiment"] for row in rows] == ["checkout", "checkout"]
    told = [{row["extra_1_name"]: row["extra_1"], row["extra_2_name"]: row["extra_2"]} for row in rows]
    assert told == [{"pages": 3.0, "opened": 1.0}, {"pages": 4.5, "opened": 0.0}]
    # Neither telephone numbers nor post codes nor names find their way in.
    assert not any("138" in str(value) or "0123" in str(value) for row in rows for value in row.values())


def test_a_row_without_a_user_beside_rows_with_one_is_left_out_and_told(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    rows = "".join(f"t,{n},a,1\n" for n in range(20))
    receipt = shop.load((HEADER + rows + "t,,b,0\n").encode(), name="first.csv")
    assert receipt.rows == 20
    assert any(issue.kind == "required_empty" and issue.column == "unit_id" for issue in receipt.sheets[0].issues)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("ab_test.csv", "ab_test"),
        ("ab test 20261109.csv", "ab test"),
        ("ab.test_2026-11-09 (2).xlsx", "ab.test"),
        ("2026-11-09.csv", "2026-11-09"),
        ("book.xlsx › Sheet1", "book"),
        ("all.zip › hero 副本.csv", "hero"),
    ],
)
def test_a_test_without_a_name_is_called_as_its_file(sheet, file, name):
    grid = dataclasses.replace(sheet("variant,converted\na,1\n"), name=file)
    assert named_by_file(grid) == {"experiment": name}


def test_a_newer_file_without_users_replaces_the_older_one_of_its_test(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    head, row = b"variant,converted\n", b"a,1\nb,0\n"
    shop.load(head + 50 * row, name="hero 2026-11-09.csv")
    shop.load(head + 20 * row, name="banner.csv")
    shop.load(b"user_id,variant,converted\nu1,a,1\nu2,b,1\n", name="users.csv")
    shop.load(head + 30 * row, name="hero 2026-11-16.csv")
    sql = "SELECT experiment, count(*) AS n FROM experiment_units GROUP BY ALL ORDER BY ALL"
    expected = {"banner": 40, "hero": 60, "users": 2}
    assert dict(zip(*shop.query(sql).to_pydict().values(), strict=True)) == expected
    last = shop.load(head + 30 * row, name="hero 2026-11-16.csv")
    assert last.already_loaded
    shop.undo(shop.receipts()[0].id)
    shop.load(head + 70 * row, name="hero.csv")
    assert dict(zip(*shop.query(sql).to_pydict().values(), strict=True))["hero"] == 140


def test_undoing_a_file_without_users_brings_the_older_one_back(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    head, row = b"variant,converted\n", b"a,1\nb,0\n"
    shop.load(head + 50 * row, name="hero 1.csv", source="generic_experiment_units")
    newer = shop.load(head.replace(b"variant", b"group") + 30 * row, name="hero 1.csv")
    assert shop.tables()["experiment_units"].rows == 60
    shop.undo(newer)
    assert shop.tables()["experiment_units"].rows == 100


def test_numbers_that_name_somebody_are_refused_as_figures(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    plan = Mapping("generic_experiment_units", "experiment_units", {"variant": 0, "extra_1": 1})
    with pytest.raises(MappingError, match="names people, orders or places"):
        shop.load(b"variant,phone\na,13800138000\nb,13800138001\n", mapping=plan, name="x.csv")


def test_the_name_of_a_test_is_not_remembered_with_its_header(tmp_path):
    shop = Workspace.open(tmp_path / "shop")
    plan = Mapping("generic_experiment_units", "experiment_units", {"variant": 0, "converted": 1})
    shop.load(b"variant,bought\na,1\nb,0\n", mapping=plan.with_constants(experiment="hero"), name="one.csv")
    shop.load(b"variant,bought\na,1\nb,1\n", name="two.csv")
    assert set(shop.query("SELECT DISTINCT experiment FROM experiment_units")["experiment"].to_pylist()) == {
        "hero",
        "two",
    }
