"""The behaviour log of six weeks: one in seven visitors on Douyin and in the web shop."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sample_data.demand import CELLS, Cell, Counts
from sample_data.orders import HOURS
from sample_data.shop import LAST_DAY, date_of, day
from sample_data.writers import csv_bytes, gzip_bytes

FIRST = dt.date(2026, 10, 5)
SHARE = 1 / 7
PLATFORMS = ("douyin", "shopify")
HEADER = ("user_id", "session_id", "event", "event_time", "platform", "channel", "device")
STEPS = ("exposure", "click", "cart", "order", "pay")
CLICKS = 0.45
"""Share of the visitors without a cart who open a product."""
WAITS = (25.0, 150.0, 420.0, 90.0)
"""Mean seconds from a step to the next."""
RETURNING = 0.2


def _depths(random: np.random.Generator, now: Counts, index: int) -> list[int]:
    """How far each sampled visitor of a day got: 0 exposure ... 4 payment."""
    visitors, carts, orders, pays = (int(series[index]) for series in (now.visitors, now.carts, now.orders, now.pays))
    exact = (visitors - carts, carts - orders, orders - pays, pays)
    sampled = [int(random.binomial(count, SHARE)) for count in exact]
    clicked = int(random.binomial(sampled[0], CLICKS))
    return [0] * (sampled[0] - clicked) + [1] * clicked + [2] * sampled[1] + [3] * sampled[2] + [4] * sampled[3]


def report(random: np.random.Generator, counts: dict[Cell, Counts]) -> dict[str, bytes]:
    """The log in the order of time."""
    rows: list[tuple[dt.datetime, str, str, str, Cell]] = []
    known: dict[Cell, list[int]] = {}
    users = sessions = 0
    for index in range(day(FIRST), day(LAST_DAY) + 1):
        midnight = dt.datetime.combine(date_of(index), dt.time())
        for cell in (cell for cell in CELLS if cell.platform in PLATFORMS):
            depths = random.permutation(_depths(random, counts[cell], index))
            hours = random.choice(24, len(depths), p=np.array(HOURS) / sum(HOURS))
            pool = known.setdefault(cell, [])
            before = len(pool)
            for depth, hour in zip(depths.tolist(), hours.tolist(), strict=True):
                returns = before > 0 and random.random() < RETURNING
                if returns:
                    user = pool[int(random.integers(before))]
                else:
                    users += 1
                    user = users
                    pool.append(user)
                sessions += 1
                moment = int(hour * 3600 + random.integers(3600))
                for step in range(depth + 1):
                    moment += int(random.exponential(WAITS[step - 1])) + 1 if step else 0
                    at = midnight + dt.timedelta(seconds=min(moment, 86_395 + step))
                    rows.append((at, f"u{user:06d}", f"s{sessions:06d}", STEPS[step], cell))
    rows.sort(key=lambda row: row[0])
    lines = (
        (user, session, event, f"{at:%Y-%m-%d %H:%M:%S}", cell.platform, cell.channel, cell.device)
        for at, user, session, event, cell in rows
    )
    return {"events.csv.gz": gzip_bytes(csv_bytes(HEADER, lines))}
