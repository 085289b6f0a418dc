"""Reports carry the parameters that decided their findings."""

import datetime as dt

import pytest

from ecops.periods import Period
from ecops.reports.write import render
from ecops.review import report, weekly
from tests.handbook import small

WEEK = Period(dt.date(2026, 5, 14), dt.date(2026, 5, 20))


@pytest.mark.row(283)
def test_the_report_names_the_parameters_behind_its_findings():
    data = small.with_own({"inventory.dead_stock_days": 80})
    review = weekly(data, week=WEEK)
    dead = next(one for one in review.findings if one.parameters == ("inventory.dead_stock_days",))
    assert dead.subject == {"sku": "F"}
    told = report(review, data=data)
    section = told.sections[-1]
    assert section.title.text("en") == "Parameters that decided"
    rows = {str(row[0].en): [str(cell) for cell in row[1:4]] for row in section.blocks[0].rows}
    assert rows["Days without a sale that make dead stock"] == ["80 days", "90 days", "000, row 132"]
    assert "滞销天数" in render(told, "html", "zh").decode("utf-8")
    plain = report(weekly(small.base(), week=WEEK))
    assert [str(row[1]) for row in plain.sections[-1].blocks[0].rows if row[0].en.startswith("Days without")] == [
        "90 days"
    ]
