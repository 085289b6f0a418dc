"""From an uploaded file in a workspace to a verdict."""

import pytest

from ecops import Workspace
from ecops.experiments import Experiment, analyse, decide
from tests.experiments.shops import shop, totals


@pytest.fixture
def users():
    return shop(12_000, lift=0.4, seed=2)


def test_rows_in_a_workspace(tmp_path, users):
    users.to_csv(tmp_path / "ab.csv", index=False)
    workspace = Workspace.open(tmp_path / "shop")
    workspace.load(tmp_path / "ab.csv")
    spec = Experiment(secondary=("uv_value",), segments=("device",), planned_sample=12_000)
    ours, plain = analyse(workspace, spec), analyse(users, spec)
    assert ours.goal("B").effect.low == pytest.approx(plain.goal("B").effect.low)
    # Sums run in parallel, so the last bits may differ; the sentence must not.
    assert decide(ours).headline.text("en") == decide(plain).headline.text("en")


@pytest.mark.slow
def test_totals_in_a_workspace(tmp_path, users):
    totals(users, "exposed_at").to_csv(tmp_path / "totals.csv", index=False)
    workspace = Workspace.open(tmp_path / "shop")
    workspace.load(tmp_path / "totals.csv")
    readout = analyse(workspace, Experiment(goal="uv_value"))
    assert readout.kind == "daily"
    assert readout.goal("B").effect.n_control == 21


@pytest.mark.slow
def test_rows_without_dates_and_with_empty_columns(tmp_path, users):
    users[["unit_id", "variant", "converted"]].to_csv(tmp_path / "ab.csv", index=False)
    workspace = Workspace.open(tmp_path / "shop")
    workspace.load(tmp_path / "ab.csv")
    readout = analyse(workspace, Experiment())
    assert readout.days == 0
    assert readout.path == ()
    assert readout.goal("B").effect.low == pytest.approx(analyse(users, Experiment()).goal("B").effect.low)
