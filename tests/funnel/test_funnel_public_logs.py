"""Public logs of real shops: incidents that are known are found, and nothing else."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from ecops.funnel import FunnelSpec, diagnose, from_events, pack, quality
from ecops.periods import Period

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "events"


@pytest.fixture(scope="module")
def shop():
    path = DATA / "ecom.csv.gz"
    if not path.exists():
        pytest.skip("the public event log is not here")
    return pd.read_csv(path, parse_dates=["timestamp"])


CHECKOUT = FunnelSpec(["shipping_details", "payment_details", "purchase"], order="any", window=None, unit="session")


def incident(shop, first, last):
    """The funnel of sessions that began in days first..last, and of sessions outside both incidents."""
    day = (shop["timestamp"].dt.normalize() - shop["timestamp"].min().normalize()).dt.days
    start = day.groupby(shop["session_id"]).transform("min")
    calm = shop[~(start.between(99, 130) | start.between(139, 159))]
    return tuple(from_events(part, CHECKOUT, by="platform") for part in (shop[start.between(first, last)], calm))


@pytest.mark.data
def test_the_session_figures_of_the_public_log(shop):
    bug, calm = incident(shop, 99, 130)
    assert bug.only(platform="mobile").distinct[:2].tolist() == [69, 26]
    assert calm.only(platform="mobile").distinct[:2].tolist() == [142, 114]
    ordered = quality(shop, CHECKOUT.changed(order="ordered"))
    (warning,) = [issue for issue in ordered if issue.kind == "out_of_order"]
    assert warning.share == pytest.approx(205 / 470)
    assert "44%" in warning.message.text("en")
    assert "any" in warning.hint.text("en")


@pytest.mark.data
@pytest.mark.parametrize(
    ("days", "subject"),
    [((99, 130), {"platform": "mobile", "step": "payment_details"}), ((139, 159), {"step": "purchase"})],
)
def test_the_two_incidents_of_the_public_log_and_nothing_else(shop, days, subject):
    found = diagnose(*incident(shop, *days))
    (finding,) = found.findings
    assert dict(finding.subject) == subject
    assert finding.after < 0.5
    assert finding.before > 0.75
    assert [issue.kind for issue in found.issues if issue.severity != "info"] == ["out_of_order"]


@pytest.mark.data
def test_calm_months_of_the_public_log_are_silent(shop):
    packed = pack(shop, "session", ["platform"])
    months = [Period(dt.date(2024, 1, 4), dt.date(2024, 3, 1)), Period(dt.date(2024, 3, 7), dt.date(2024, 4, 10))]
    before, after = (from_events(packed, CHECKOUT, period=month) for month in months)
    assert diagnose(after, before).findings == ()


@pytest.mark.data
@pytest.mark.parametrize(
    ("window", "cart", "direct"), [("1h", [112, 75, 15], 51), ("1d", [112, 79, 30], 70), ("7d", [112, 79, 45], 72)]
)
def test_the_windows_of_the_taobao_sample(window, cart, direct):
    path = DATA / "taobao_user_behavior_10k.csv"
    if not path.exists():
        pytest.skip("the Taobao sample is not here")
    log = pd.read_csv(path, names=["user_id", "item_id", "category", "event", "timestamp"])
    assert from_events(log, FunnelSpec(["pv", "cart", "buy"], window=window)).distinct.tolist() == cart
    assert from_events(log, FunnelSpec(["pv", "buy"], window=window)).distinct.tolist() == [112, direct]
