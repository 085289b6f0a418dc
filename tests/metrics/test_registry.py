"""Every metric is complete, and every metric row of the handbook list has one."""

import pytest

from ecops.errors import SpecError
from ecops.handbook import roles
from ecops.messages import write
from ecops.metrics import metric, metrics
from ecops.metrics.daily import MEASURES
from ecops.tables import table
from ecops.words import written

# Rows of kind "metric" in the handbook list: OV 1-60 and FN 61-91.
METRIC_ROWS = {*range(1, 10), *range(21, 25), 38, 51, 52, 57, 60, *range(61, 71), 89, 91}
KNOWN = {name for names in MEASURES.values() for name in names} | {
    "gmv", "gmv_buyers", "buyer_gmv", "returning_buyers", "known_buyers", "first_buyers",
}  # fmt: skip


def test_every_metric_row_of_the_handbooks_is_covered():
    assert {row for entry in metrics().values() for row in entry.rows} >= METRIC_ROWS


@pytest.mark.parametrize("entry", metrics().values(), ids=lambda entry: entry.key)
def test_a_metric_is_complete(entry):
    for text in (entry.label, entry.formula, entry.meaning):
        assert text.zh
        assert text.en
    assert entry.owner in roles()
    assert entry.direction in {"up", "down"}
    assert entry.unit in {"count", "money", "rate", "ratio", "days"}
    assert bool(entry.denominator) or entry.unit in {"count", "money"}
    assert entry.rows
    for need in entry.needs:
        name, _, column = need.partition(".")
        assert table(name)[column]
    if entry.computed:
        assert set(entry.measures) <= KNOWN
    else:
        assert entry.page or entry.gap


def test_an_unknown_metric_names_its_neighbours():
    with pytest.raises(SpecError, match="pay_conversion"):
        metric("pay_convesion")


def test_every_share_is_written_as_per_cent_and_nothing_else_is():
    shares = {key for key, entry in metrics().items() if entry.percent}
    assert {key for key, entry in metrics().items() if entry.unit == "rate"} <= shares
    assert {key for key in metrics() if key.endswith(("_rate", "_share", "_margin"))} <= shares
    assert {"cart_loss", "user_growth", "gmv_attainment", "data_completeness", "packaging_loss"} <= shares
    assert not {"roi", "orders_per_buyer", "page_depth", "nps", "inventory_turnover", "ltv_cac", "gmv"} & shares
    assert write(written("cart_loss", 0.79, ""), "en") == "79%"
