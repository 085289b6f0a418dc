"""Boosted trees: only what was known, averaged in where they were less wrong, and said when not; what they bring."""

import json
from typing import ClassVar

import numpy as np
import pytest
from typer.testing import CliRunner

from ecops.commands.app import app
from ecops.errors import SpecError
from ecops.inventory import Spec, backtest, forecast, view
from ecops.inventory.forecasting import backtest as testing
from ecops.inventory.forecasting import boosted
from ecops.inventory.forecasting.levels import BOOSTED, levels
from ecops.store.inputs import open_data
from tests.inventory import data, shops

needed = pytest.mark.skipif(not boosted.available(), reason="LightGBM is not installed")


def fading(products=120, days=240, seed=5):
    """Products that sell in waves of eight weeks, which four weeks' means follow too late."""
    random = np.random.default_rng(seed)
    phase = random.uniform(0, 2 * np.pi, products)[:, None]
    rate = 4 * (1 + 0.9 * np.sin(2 * np.pi * np.arange(days) / 56 + phase))
    units = random.poisson(rate).astype(float)
    units[:, 0] += 1
    return shops.made(units)


@needed
def test_it_uses_only_what_was_known():
    panel, later = fading(), fading()
    later.demand[:, 200:] = 99
    later.units[:, 200:] = 99
    assert np.array_equal(levels(panel, BOOSTED)[:, :201], levels(later, BOOSTED)[:, :201])
    assert not np.array_equal(levels(panel, BOOSTED)[:, 201:], levels(later, BOOSTED)[:, 201:])


@needed
def test_it_is_taken_where_it_is_less_wrong():
    panel = fading()
    plain = levels(panel)
    found, told = testing.boosting_weighed(panel, plain)
    table = backtest(panel, ["ensemble", BOOSTED]).set_index("method")
    assert table.loc[BOOSTED, "wape"] < 0.9 * table.loc["ensemble", "wape"]
    assert "averaged in" in told.text("en")
    assert np.array_equal(found, levels(panel, BOOSTED))
    # The mean of the ensemble and the trees: neither is left out.
    assert (np.abs(found[:, -1] - plain[:, -1]) > 1e-6).any()
    assert forecast(panel, 28, method=BOOSTED).level == pytest.approx(found[:, -1])


@needed
def test_it_is_left_out_where_it_is_not_and_says_so():
    panel = shops.poisson(120, 240, seed=3)
    plain = levels(panel)
    boosting = levels(panel, BOOSTED)
    table = backtest(panel, known={"ensemble": plain, BOOSTED: boosting}, methods=["ensemble", BOOSTED])
    better = table.set_index("method")["wape"]
    found, told = testing.boosting_weighed(panel, plain)
    taken = better[BOOSTED] < better["ensemble"]
    assert np.array_equal(found, boosting if taken else plain)
    assert ("averaged in" if taken else "left out") in told.text("en")
    # A catalogue too small to learn from is never touched.
    small = shops.poisson(5, 200)
    same, told = testing.boosting_weighed(small, levels(small))
    assert np.array_equal(same, levels(small))
    assert "left out" in told.text("en")
    short = shops.poisson(5, 70)
    assert "too few" in testing.boosting_weighed(short, levels(short))[1].text("en")


@needed
def test_what_explodes_is_held():
    panel = fading()
    panel.demand[:, 100:128] *= 1e6
    found = levels(panel, BOOSTED)
    assert np.isfinite(found).all()
    assert (found <= (1 + boosted._MOST) / 2 * levels(panel) + 1e-9).all()


def test_without_it_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr(boosted, "available", lambda: False)
    panel = shops.poisson(20, 200)
    with pytest.raises(SpecError, match="not installed"):
        forecast(panel, 28, method=BOOSTED)
    frames = open_data(shops.shop())
    with_trees, without = view.stock(frames, Spec(with_lightgbm=True)), view.stock(frames)
    assert [note.text("en") for note in with_trees.notes if note not in without.notes] == [
        "LightGBM is not installed here, so the forecast is without it; pip install lightgbm adds it."
    ]
    assert with_trees.table["rate"].tolist() == without.table["rate"].tolist()


def test_the_command_says_what_became_of_it(sample):
    ran = CliRunner().invoke(app, ["inventory", "-w", str(sample.folder), "--with-lightgbm", "--json"])
    assert ran.exit_code == 0, ran.output
    assert sum("LightGBM" in note for note in json.loads(ran.output)["notes"]) == 1


class TestGrocery:
    pytestmark: ClassVar = [*data.needs_grocery, needed, pytest.mark.slow]

    def test_errors_of_four_weeks(self):
        whole = data.grocery()
        regular = data.regular(whole, whole.days - 56)
        found = backtest(regular, ["ensemble", BOOSTED], origins=2).set_index("method")
        assert found.loc[BOOSTED, "wape"] <= 0.38
        assert found.loc[BOOSTED, "chosen"]


class TestRetail:
    pytestmark: ClassVar = [*data.needs_retail, needed, pytest.mark.slow]

    def test_errors_of_four_weeks(self):
        whole = data.retail()
        regular = data.regular(whole, whole.days - 84)
        found = backtest(regular, ["ensemble", BOOSTED], origins=3).set_index("method")
        assert found.loc[BOOSTED, "wape"] <= 0.44
        assert found.loc[BOOSTED, "chosen"]
