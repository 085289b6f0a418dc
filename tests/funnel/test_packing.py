"""What a packed log holds where times, ids, events or places are not as they usually are."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ecops.funnel import FunnelSpec, from_events, pack

SPEC = FunnelSpec(("exposure", "click"), window="1d")
BEGIN = dt.datetime(2026, 1, 1)


def log(rows):
    return pd.DataFrame(rows, columns=["user_id", "happened_at", "event", "channel"])


def whole(users):
    """A long beginning in which every time is a whole second: each user is exposed."""
    return [(user, BEGIN + dt.timedelta(seconds=user), "exposure", "ads") for user in range(1, users + 1)]


@pytest.mark.parametrize("users", [5, 12_000])
def test_fractions_of_seconds_count_wherever_they_begin(users):
    later = BEGIN + dt.timedelta(days=1)
    late = [
        (users + 1, later + dt.timedelta(seconds=0.2), "click", "ads"),
        (users + 1, later + dt.timedelta(seconds=0.8), "exposure", "ads"),
        (users + 2, later + dt.timedelta(seconds=0.2), "exposure", "ads"),
        (users + 2, later + dt.timedelta(seconds=0.8), "click", "ads"),
    ]
    packed = pack(log(whole(users) + late))
    assert packed.ticks_per_second == 1000
    # Within one second the click of the first came before her exposure, that of the second after it.
    assert from_events(packed, SPEC).counts[0].tolist() == [users + 2, 1]


def test_whole_seconds_are_packed_as_seconds():
    packed = pack(log(whole(12_000)))
    assert packed.ticks_per_second == 1
    assert sum(map(len, packed.keys)) == 12_000


@pytest.mark.parametrize("lowest", [-3, 0, 1])
def test_ids_events_and_places_that_are_missing(lowest):
    random = np.random.default_rng(7)
    size = 4_000
    frame = log(
        {
            "user_id": random.integers(lowest, 400, size),
            "happened_at": pd.Timestamp(BEGIN) + pd.to_timedelta(np.sort(random.integers(0, 80_000, size)), unit="s"),
            "event": random.choice(["exposure", "click", "share", None], size),
            "channel": random.choice(["ads", "live", None], size),
        }
    )
    packed = pack(frame, by="channel")
    known = frame[frame["user_id"] != 0]
    assert sum(map(len, packed.keys)) == len(known)
    assert packed.without_id == len(frame) - len(known)
    assert packed.event_counts == frame["event"].value_counts().to_dict()
    table = from_events(packed, SPEC.changed(attribution="all_events"))
    exposed = known[known["event"] == "exposure"].groupby(known["channel"].fillna(""))["user_id"].nunique()
    assert dict(zip([place for (place,) in table.segments], table.counts[:, 0].astype(int), strict=True)) == dict(
        exposed
    )
