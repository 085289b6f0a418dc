"""From a file as it is, through upload and mapping, to the figures on the page: other people's files and our own."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ecops
from ecops.experiments import compare_means, compare_proportions
from tests.pages.test_pages import said

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "experiments"
public = [
    pytest.mark.data,
    pytest.mark.skipif(not (FOLDER / "hillstrom.csv").exists(), reason="the public experiment data are not at hand"),
]


def words(app) -> str:
    return " ".join(said(app)).replace("\\", "")


@pytest.fixture
def page(tmp_path, monkeypatch, open_app):
    """The check of the A/B page in an empty shop of one's own."""
    folder = tmp_path / "shops"
    monkeypatch.setenv("ECOPS_HOME", str(folder))
    ecops.Workspace.open(folder / "trial")
    app = open_app("ab_test", "trial", "en")
    return app.segmented_control(key="part").set_value("check").run()


def pick(app, key: str, value) -> None:
    next(box for box in app.selectbox if key in str(box.key)).set_value(value).run()


def upload(app, name: str, content: bytes, arm: str = "", currency: str = "USD"):
    """Drop a file, answer what is asked, load it."""
    app.file_uploader[0].upload(name, content, "text/csv").run()
    if arm:
        pick(app, "_variant", arm)
    pick(app, "currency_", currency)
    next(button for button in app.button if button.label.startswith("Load ")).click().run()
    assert not app.exception
    return app


def settle(app, **chosen):
    """Say what decides, what is told and how many users a month there are."""
    app.segmented_control(key="part").set_value("check").run()
    for box in (*app.selectbox, *app.multiselect, *app.number_input):
        name = next((name for name in chosen if str(box.label).startswith(name.replace("_", " "))), None)
        if name:
            box.set_value(chosen[name])
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    return app


def verdict(app):
    app.segmented_control(key="part").set_value("verdict").run()
    over = next((button for button in app.button if button.key == "whole"), None)
    if over is not None:
        over.click().run()
    assert not app.exception
    return app


def figures(app) -> dict[tuple[str, str], dict[str, str]]:
    """The table of metrics as the page shows it."""
    table = next(frame.value for frame in app.dataframe if "p, single look" in frame.value.columns)
    return {(row["Metric"], row["Arm"]): row for row in table.to_dict("records")}


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"-?[\d,]*\.?\d+", text)]


class TestHillstrom:
    pytestmark = public

    @pytest.fixture
    def shown(self, page):
        upload(page, "hillstrom.csv", (FOLDER / "hillstrom.csv").read_bytes(), arm="segment")
        return settle(page, What_else_to_tell=["uv_value", "buyer_value", "own:visit"], Users_a_month=64_000)

    def test_the_check_tells_the_split_and_what_cannot_be_seen(self, shown):
        text = words(shown)
        assert "each row counts as one user" in text
        assert "The traffic is split as planned" in text
        split = next(frame.value for frame in shown.dataframe if "planned" in frame.value.columns)
        assert dict(zip(split["arm"], split["users"], strict=True)) == {
            "No E-Mail": 21_306, "Mens E-Mail": 21_307, "Womens E-Mail": 21_387,
        }  # fmt: skip
        assert "Chance alone splits the users at least this unevenly in 90% of all tests" in text

    def test_the_page_shows_the_figures_of_others(self, shown):
        app = verdict(shown)
        found = figures(app)
        spend = found["Revenue per visitor", "Mens E-Mail"]
        assert numbers(spend["Control"] + " " + spend["Treatment"]) == pytest.approx([0.653, 1.423], abs=0.006)
        # Welch says 0.485 to 1.055; the upper end allows for how skewed the spending of few buyers is.
        assert numbers(spend["Difference"]) == pytest.approx([0.770, 0.485, 1.09], abs=0.006)
        assert spend["p, single look"] == "<0.0001"
        womens = found["Revenue per visitor", "Womens E-Mail"]
        assert numbers(womens["Difference"]) == pytest.approx([0.424, 0.169, 0.70], abs=0.006)
        # Welch says 0.0011; it has to stand out after allowing for the skewness as well.
        assert numbers(womens["p, single look"]) == pytest.approx([0.0013], abs=1e-4)
        visit = found["visit", "Mens E-Mail"]
        assert (visit["Control"], visit["Treatment"], visit["Change"]) == ("10.6%", "18.3%", "+72%")
        bought = found["Conversion rate", "Mens E-Mail"]
        assert (bought["Control"], bought["Treatment"]) == ("0.57%", "1.3%")
        assert numbers(bought["Change"]) == pytest.approx([119], abs=1)
        assert numbers(found["Value per buyer", "Mens E-Mail"]["p, single look"]) == pytest.approx([0.97], abs=0.01)
        text = words(app)
        assert "Ship Mens E-Mail" in app.header[0].value.replace("\\", "")
        assert "explains almost none of the noise" in text
        # The arm without an e-mail is known as the old version by its name.
        assert "was taken for it" not in text

    def test_money_is_reckoned_with_the_users_a_month_that_were_given(self, shown):
        app = verdict(settle(shown, The_one_figure="uv_value", What_else_to_tell=["conversion"]))
        worth = {metric.label: metric.value for metric in app.metric}["Worth a month"]
        assert numbers(worth)[0] * 1e3 == pytest.approx(64_000 * 0.7675, rel=0.01)


@pytest.mark.data
@pytest.mark.skipif(not FOLDER.exists(), reason="the public experiment data are not at hand")
def test_the_website_test_with_its_typing_error(page):
    upload(page, "website_results.csv", (FOLDER / "website_results.csv").read_bytes())
    assert "probably a typing error" in words(page)
    app = verdict(page)
    found = figures(app)
    bought = found["Conversion rate", "B"]
    assert (bought["Control"], bought["Treatment"], bought["Change"]) == ("2.8%", "5.1%", "+83%")
    assert numbers(bought["p, single look"]) == [0.0245]
    money = found["Revenue per visitor", "B"]
    assert money["Control"].startswith(
        "Revenue per visitor: only 20 users of arm A have any so far; about 30 are needed"
    )
    assert "Only 20 conversions" in words(app)
    app = verdict(settle(app, What_else_to_tell=["own:length_of_stay"]))
    assert ("length_of_stay", "B") in figures(app)


@pytest.fixture(scope="module")
def strange():
    """A file as nobody's template has it: arms under `mailing`, no users, figures under names of their own."""
    rng = np.random.default_rng(8)
    n = 9_000
    arm = rng.choice(["No mail", "Red", "Blue"], n)
    chance = np.select([arm == "Red", arm == "Blue"], [0.14, 0.10], 0.10)
    bought = rng.random(n) < chance
    return pd.DataFrame(
        {
            "customer phone": rng.integers(13_000_000_000, 13_999_999_999, n),
            "zip": [f"{code:05d}" for code in rng.integers(1_000, 99_000, n)],
            "mailing": arm,
            "unsubscribed": np.where(rng.random(n) < np.where(arm == "Red", 0.3, 0.4), "yes", "no"),
            "pages **bold**": rng.poisson(np.where(arm == "Blue", 3.4, 3.0)),
            "bought": bought.astype(int),
            "spend": np.where(bought, rng.lognormal(4, 0.6, n).round(2), 0),
        }
    )


def test_any_file_with_arms_and_figures_is_read_after_one_question(page, strange):
    app = upload(page, "mails 2026-11-16.csv", strange.to_csv(index=False).encode(), arm="mailing")
    text = words(app)
    assert "each row counts as one user" in text
    assert "add the user ids" in text
    app = verdict(settle(app, The_one_figure="own:bought", What_else_to_tell=["own:pages **bold**", "uv_value"]))
    found = figures(app)
    reds = strange[strange.mailing == "Red"]
    none = strange[strange.mailing == "No mail"]
    bought = compare_proportions((len(none), none.bought.sum()), (len(reds), reds.bought.sum()))
    assert found["bought", "Red"]["Change"] == f"{bought.lift.value:+.0%}"
    assert numbers(found["bought", "Red"]["p, single look"]) == [round(bought.p_value, 4)] or bought.p_value < 1e-4
    blues = strange[strange.mailing == "Blue"]
    pages = compare_means(none["pages **bold**"].to_numpy(), blues["pages **bold**"].to_numpy())
    assert numbers(found["pages **bold**", "Blue"]["Difference"]) == pytest.approx(
        [pages.difference, pages.low, pages.high], abs=0.006
    )
    assert app.header[0].value.startswith("Ship Red")


def test_a_figure_of_which_less_is_better(page, strange):
    app = upload(page, "mails.csv", strange.to_csv(index=False).encode(), arm="mailing")
    app = verdict(settle(app, The_one_figure="own:unsubscribed", Figures_of_the_file=["own:unsubscribed"]))
    assert app.header[0].value.startswith("Ship Red")
    assert "Worth a month" not in {metric.label for metric in app.metric}


def test_neither_telephones_nor_post_codes_nor_headers_as_markdown_come_through(page, strange, tmp_path):
    app = upload(page, "mails.csv", strange.to_csv(index=False).encode(), arm="mailing")
    rows = ecops.Workspace.open(tmp_path / "shops" / "trial").query("experiment_units").to_pylist()
    phones = set(strange["customer phone"].astype(str))
    assert not any(str(value).removesuffix(".0") in phones for row in rows for value in row.values())
    assert {row["extra_1_name"] for row in rows} == {"unsubscribed"}
    app = verdict(settle(app, The_one_figure="own:pages **bold**"))
    assert r"\*\*bold\*\*" in app.header[0].value


def test_two_files_without_names_are_two_tests(page, strange):
    first = strange.rename(columns={"mailing": "variant"})
    upload(page, "mails.csv", first.to_csv(index=False).encode())
    page.segmented_control(key="part").set_value("verdict").run()
    page.segmented_control(key="part").set_value("check").run()
    second = first.assign(variant=first.variant.map({"No mail": "old", "Red": "new", "Blue": "new"}))
    page.file_uploader[0].set_value(("banners.csv", second.to_csv(index=False).encode(), "text/csv")).run()
    next(button for button in page.button if button.label.startswith("Load ")).click().run()
    page.segmented_control(key="part").set_value("verdict").run()
    assert {option.split(" ")[0] for option in page.selectbox(key="test").options} == {"mails", "banners"}
