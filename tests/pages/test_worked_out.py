"""What the glossary says is worked out on a page stands on that page; and the subjects behind the steps open."""

import pytest

from ecops.metrics.reasons import missing_reason
from ecops.metrics.registry import metrics
from tests.pages.test_pages import said
from ui import navigation
from ui.parts import cards

BEHIND = (
    "time",
    "searches",
    "payments",
    "service",
    "carts",
    "traffic",
    "promotion",
    "journeys",
    "products",
    "content",
    "checklist",
)
HERE = ("funnel", "data", "inventory", "customers", "presale", "competitors")
"""Pages that work out figures of the registry; on some they stand in a fold of their own."""


def told(app) -> str:
    """Everything that a reader can read on the page, cells of tables included."""
    cells = [str(cell) for frame in app.dataframe for cell in frame.value.to_numpy().ravel()]
    headers = [str(name) for frame in app.dataframe for name in frame.value.columns]
    return " ".join([*said(app), *(metric.label for metric in app.metric), *cells, *headers])


@pytest.mark.parametrize("page", HERE)
def test_every_metric_stands_on_the_page_that_it_names(open_app, page):
    app = open_app(page, "sample", "zh", span="d28")
    if page not in {"funnel", "data"}:
        app.session_state[f"worked_out_{page}"] = True
        app.run()
        assert not app.exception
        rows = next(frame.value for frame in app.dataframe if "formula" in frame.value.columns)
        # The sample shop has no questionnaire; of everything else there is a value.
        assert rows.loc[rows["value"] == "—", "metric"].tolist() in ([], ["净推荐值"])
    text = told(app)
    own = [entry for entry in metrics().values() if entry.page == page]
    assert own
    # Turnover and slow movers are worked out from costs, which a manager may not see.
    seen = [entry for entry in own if cards.may_see(entry)]
    assert [entry.key for entry in seen if entry.label.zh not in text] == []
    for entry in own:
        assert (
            missing_reason(entry, None, frozenset(), lambda _table: True).text("zh")
            == f"在「{navigation.pages()[page].zh}」页计算。"
        )


@pytest.mark.row(64, 66, 68, 69, 70, 78, 82, 84, 89, 91)
def test_figures_and_subjects_of_the_sample_shop(open_app):
    app = open_app("funnel", "sample", "en", span="d28")
    figures = next(frame.value for frame in app.dataframe if "figure" in frame.value.columns).set_index("figure")
    assert figures.loc["Search conversion", "value"] == "4.8%"
    assert figures.loc["Silent order rate", "n"] == 857
    assert figures.loc["Payment interruption", "value"] == "19.7%"
    shown = {}
    for subject in BEHIND:
        app.pills(key="fbehind").set_value(subject).run()
        assert not app.exception
        assert not app.error
        shown[subject] = told(app)
    assert "电热毯" in shown["searches"]
    assert "2 words found nothing" in shown["searches"]
    assert "Card limit exceeded" in shown["payments"]
    assert "Test to plan: instant discount or reminder against nothing" in shown["payments"]
    assert "without a question" in shown["service"]
    assert "276 people left a cart unpaid" in shown["carts"]
    assert "Bounce rises with loading time" in shown["traffic"]
    assert "Half of the purchases take at most 4 events" in shown["journeys"]
    assert "→" in shown["journeys"]
    assert "Only Taobao, wanxiangtai is advertised" in shown["promotion"]
    assert "is clicked most" in shown["promotion"]
    assert "the largest loss follows at minute" in shown["content"]
    assert "Conversion goal within six months: 5.0% (handbook 004, row 73)" in shown["time"]
    assert "advantage, authority" in shown["checklist"]


@pytest.mark.row(45)
def test_completeness_is_on_the_data_page(open_app):
    app = open_app("data", "sample", "en")
    assert "8 of 10 kinds of sources are loaded (there should be 10); 97% of the fields" in " ".join(said(app))
    app.session_state["completeness"] = True
    app.run()
    sources = next(frame.value for frame in app.dataframe if "kind" in frame.value.columns)
    assert len(sources) == 10
    assert sources["loaded"].sum() == 8


def test_an_empty_shop_says_what_completeness_lacks(open_app):
    assert "10 类数据来源还一类都没有载入" in " ".join(said(open_app("data", "mine", "zh")))


def test_every_page_that_a_metric_names_is_there():
    assert {entry.page for entry in metrics().values() if entry.page} <= {*HERE, "overview", "weekly_review"}
    (ratio,) = (entry for entry in metrics().values() if entry.page == "overview")
    assert ratio.key == "team_ratio"  # see test_pivot_tiers_and_teams_open_under_the_details
    (target,) = (entry for entry in metrics().values() if entry.page == "weekly_review")
    assert target.key == "gmv_attainment"
