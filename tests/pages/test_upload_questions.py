"""What an upload asks and how the answers reach the load: the currency, the order of day and month."""

import pytest

import ecops
from tests.pages.conftest import sound

BARE = b"Order ID,Created at,SKU,Quantity,Amount\n1,03/04/2026,S1,1,5\n2,05/06/2026,S1,2,10\n"


@pytest.fixture
def shop(open_app, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("ECOPS_HOME", str(tmp_path))
    workspace = ecops.Workspace.open(tmp_path / "mine")

    def drop(language="en", **files):
        app = open_app("data", "mine", language)
        for name, data in files.items():
            app.file_uploader(key="files_0").upload(f"{name}.csv", data, "text/csv")
        app.run()
        sound(app, caplog)
        return app

    return workspace, drop


def asked(app, start):
    return [box for box in app.selectbox if str(box.key).startswith(start) or str(box.key).endswith(start)]


def loads(app):
    return [button for button in app.button if str(button.key).startswith("load_")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_dates_and_currency_are_asked_before_anything_is_loaded(shop, language):
    workspace, drop = shop
    app = drop(language, orders=BARE)
    assert loads(app) == []
    assert any("03/04/2026" in error.value.replace("\\", "") for error in app.error)
    (order,) = asked(app, "_dates")
    order.select("mdy").run()
    assert not app.error
    (load,), (currency,) = loads(app), asked(app, "currency_")
    assert load.disabled
    currency.select("USD").run()
    loads(app)[0].click().run()
    assert app.success
    assert workspace.currency == "USD"
    assert workspace.tables()["order_lines"].first_day.isoformat() == "2026-03-04"
    again = drop(language, more=BARE.replace(b"\n1,", b"\n7,"))
    assert (asked(again, "_dates"), asked(again, "currency_")) == ([], []), "both were said once"
    assert not loads(again)[0].disabled
