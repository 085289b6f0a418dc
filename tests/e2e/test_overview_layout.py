"""How the overview is laid out in windows of usual widths, in both languages."""

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.parametrize("language", ["zh", "en"]),
]
CUT = "parts => parts.filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.textContent)"


@pytest.mark.row(286)
def test_five_cards_stand_in_one_row_beside_the_menu(visit, language):
    visitor = visit(width=1440)
    visitor.open(f"/overview?lang={language}")
    for width in (1440, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        assert (rows(visitor), cut(visitor)) == (1, []), width


@pytest.mark.row(286)
def test_dark_on_a_telephone(visit, language):
    visitor = visit(width=390, height=844, dark=True)
    visitor.open(f"/overview?lang={language}")
    assert (rows(visitor), cut(visitor)) == (3, [])
    assert (
        visitor.page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(17, 22, 29)"
    )
    # Nothing sticks out: the page scrolls down, never sideways. The table of the what-if comes last.
    visitor.page.locator("[data-testid=stMarkdownContainer] table").first.wait_for()
    wide = visitor.page.evaluate(
        "(() => {const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth})()"
    )
    assert wide <= 0


def rows(visitor) -> int:
    """In how many rows the five cards stand."""
    assert len(visitor.figures()) == 5
    return len({round(card.bounding_box()["y"]) for card in visitor.page.locator("[data-testid=stMetric]").all()})


def cut(visitor) -> list[str]:
    """Labels and values that do not fit into their card."""
    parts = "[data-testid=stMetric] p, [data-testid=stMetricValue]"
    return visitor.page.eval_on_selector_all(parts, CUT)
