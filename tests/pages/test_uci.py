"""The whole UCI Online Retail file through the upload page, and its known figures off the overview."""

from pathlib import Path

import pytest

import ecops
from tests.pages.conftest import sound

UCI = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "uci" / "online_retail.csv"
KNOWN = {
    "Gross sales": "£10,666,684.54",
    "Refunds": "£918,936.61",
    "Net sales": "£9,747,747.93",
    "Buyers": "4,338",
}


def loading(app):
    return next(button for button in app.button if button.key.startswith("load_"))


@pytest.mark.row(285)
@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not UCI.exists(), reason="the UCI Online Retail file is not there")
def test_from_the_upload_page_to_the_known_figures(open_app, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    ecops.Workspace.open(tmp_path / "mine")
    app = open_app("data", "mine", "en")
    app.file_uploader(key="files_0").upload(UCI.name, UCI.read_bytes(), "text/csv").run()
    sound(app, caplog)
    assert "Load 541,909 rows" in loading(app).label
    assert loading(app).disabled, "first the file's money needs a currency"
    (currency,) = (box for box in app.selectbox if str(box.key).startswith("currency_"))
    currency.select("GBP").run()
    loading(app).click().run()
    sound(app, caplog)
    assert any("541,909 rows loaded" in message.value for message in app.success)

    app.query_params["span"], app.query_params["dates"] = "custom", "2010-12-01..2011-12-09"
    app.session_state["all_metrics"] = True
    app.switch_page("pages/overview.py").run()
    sound(app, caplog)
    cards = {card.label: card.value for card in app.metric}
    assert (cards["GMV (payments)"], cards["Buyers"]) == ("£10.7M", "4,338")
    table = next(frame.value for frame in app.dataframe if "formula" in frame.value.columns)
    shown = dict(zip(table["metric"], table["now"], strict=True))
    assert {label: shown.get(label) for label in KNOWN} == KNOWN
