"""How the overview is laid out in windows of usual widths."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.parametrize(("width", "rows"), [(1280, 1), (1440, 1), (390, 3)])
def test_five_cards_stand_in_one_row_beside_the_menu(visit, width, rows):
    visitor = visit(width=width)
    visitor.open("/overview")
    visitor.figures()
    cards = [card.bounding_box() for card in visitor.page.locator("[data-testid=stMetric]").all()]
    assert len(cards) == 5
    assert len({round(card["y"]) for card in cards}) == rows
    cut = "cards => cards.filter(card => card.scrollWidth > card.clientWidth + 1).length"
    assert visitor.page.eval_on_selector_all("[data-testid=stMetricValue]", cut) == 0
