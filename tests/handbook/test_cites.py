"""A finding names the parameters that decided it: whatever a parameter changes about a finding, the finding cites it."""

import functools

import pytest

from ecops import terminal
from ecops.capability import capabilities
from ecops.finding import Finding
from ecops.periods import Period
from tests.handbook import small

TODAY = small.TODAY.date()
WEEK = Period(TODAY.replace(day=TODAY.day - 6), TODAY)


def heard(data) -> list[Finding]:
    """What every guest finds in the small shop, before anybody ranks it."""
    return [
        finding
        for guest in capabilities().values()
        if guest.findings is not None and guest.speaks(data)
        for finding in guest.findings(data, WEEK, "previous")
    ]


def said(finding: Finding) -> str:
    told = terminal.finding_json(finding, "en")
    return repr({name: told[name] for name in ("headline", "evidence", "before", "after", "confidence", "notes")})


@functools.cache
def usual() -> dict[str, Finding]:
    return {said(finding): finding for finding in heard(small.base())}


@pytest.mark.row(283)
@pytest.mark.parametrize("key", sorted({key for guest in capabilities().values() for key in guest.cites}))
def test_what_a_parameter_changes_cites_it(key):
    value, _ = small.VERDICTS[key]
    now = {said(finding): finding for finding in heard(small.with_own({key: value}))}
    changed = [finding for text, finding in (*usual().items(), *now.items()) if (text in now) != (text in usual())]
    for finding in changed:
        assert key in finding.parameters, f"{finding.headline.text('en')} changes with {key} and does not say so"


def test_the_small_shop_is_told_findings_that_cite():
    cited = {key for finding in usual().values() for key in finding.parameters}
    assert {"inventory.dead_stock_days", "supplier.delay_max", "competitor.price_anchor_band"} <= cited
