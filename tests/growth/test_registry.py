"""Every metric is complete, and every metric row of the handbook list has one."""

import pytest

from ecops.errors import SpecError
from ecops.growth import metric, metrics
from ecops.growth.daily import MEASURES
from ecops.growth.reasons import PAGES
from ecops.handbook import roles
from ecops.tables import table

# Rows of kind "metric" in the handbook list: OV 1-60 and FN 61-91.
METRIC_ROWS = {*range(1, 10), *range(21, 25), 38, 51, 52, 57, 60, *range(61, 71), 89, 91}
KNOWN = {name for names in MEASURES.values() for name in names} | {
    "gmv", "gmv_buyers", "returning_buyers", "known_buyers", "first_buyers",
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
    assert not entry.page or entry.page in PAGES
    for need in entry.needs:
        name, _, column = need.partition(".")
        assert table(name)[column]
    if entry.computed:
        assert set(entry.measures) <= KNOWN
    else:
        assert entry.page


def test_an_unknown_metric_names_its_neighbours():
    with pytest.raises(SpecError, match="pay_conversion"):
        metric("pay_convesion")
