"""Rows of an experiment reach its checks as they are: nobody vanishes on load."""

from ecops import Workspace

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
