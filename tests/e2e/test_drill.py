"""A click on a bar, a box or a mark of the overview shows the days behind it, and they can be taken home."""

import csv
import io

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def click(visitor, mark) -> None:
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visitor.settle()


def shown(visitor) -> list[str]:
    return [part.inner_text() for part in visitor.page.locator("[class*=st-key-drill_]").all()]


def test_from_a_picture_to_its_days(visit):
    visitor = visit(width=1440, height=1200)
    visitor.open("/overview?lang=en&span=d14&vs=last_week")
    visitor.figures()
    assert shown(visitor) == []
    pictures = visitor.page.locator(".js-plotly-plot")
    click(visitor, pictures.nth(0).locator(".waterfalllayer .point path").nth(2))
    (days,) = shown(visitor)
    assert days.startswith("Payment conversion")
    assert "14 days together" in days
    click(visitor, pictures.nth(1).locator(".scatterlayer .point").nth(1))
    (days,) = shown(visitor)
    assert days.startswith("Visitors"), "the last click counts"
    with visitor.page.expect_download() as waiting:
        visitor.page.locator("[class*=st-key-drill_]").get_by_role("button", name="Download CSV").click()
    rows = list(csv.reader(io.StringIO(waiting.value.path().read_text("utf-8-sig"))))
    assert rows[0] == ["Day", "Visitors", "Compared with", "Before", "Change"]
    assert len(rows) == 15
    told = days.split("together: ")[1].split(",  before")[0]
    assert told.startswith(f"{sum(float(row[1]) for row in rows[1:]):,.0f}")
    click(visitor, pictures.nth(2).locator(".scatterlayer .point").last)
    assert len(shown(visitor)) == 2
    assert "GMV" in shown(visitor)[1]
    assert visitor.errors == []
