"""Presale campaigns: deposits a day, and who pays the balance; paid balances are orders of the balance days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from sample_data.shop import LAST_DAY, POSITION, PRESALE, PRODUCTS, day
from sample_data.writers import csv_bytes

DEPOSIT, BALANCE = 100.0, 599.0


@dataclass(frozen=True, slots=True)
class Campaign:
    """One presale: deposits from `opens` to `closes`, balance from `due` on; `deposits` and `paid` are exact."""

    name: str
    opens: dt.date
    closes: dt.date
    due: dt.date
    deposits: int
    paid: int


CAMPAIGNS = (
    Campaign("2025年618预售", dt.date(2025, 5, 24), dt.date(2025, 6, 15), dt.date(2025, 6, 16), 150, 132),
    Campaign("2025年双11预售", dt.date(2025, 10, 20), dt.date(2025, 11, 8), dt.date(2025, 11, 9), 220, 200),
    Campaign("2026年618预售", dt.date(2026, 5, 24), dt.date(2026, 6, 15), dt.date(2026, 6, 16), 180, 151),
    Campaign("2026年终新品预售", dt.date(2026, 10, 30), dt.date(2026, 11, 30), dt.date(2026, 12, 1), 164, 0),
)
"""Balance rates .880, .909, .839; pooled 483 of 550 = .878. The last campaign is still open: 164 deposits so far."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """One deposit; `paid_at` is None when the balance has not been paid."""

    campaign: Campaign
    number: str
    placed_at: dt.datetime
    paid_at: dt.datetime | None
    sku: str = PRESALE


def _moment(random: np.random.Generator, date: dt.date) -> dt.datetime:
    seconds = int(random.integers(8 * 3600, 23 * 3600 + 3000))
    return dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=seconds)


def deposits(random: np.random.Generator) -> list[Deposit]:
    """Every deposit, in the order of time."""
    rows = []
    for number, campaign in enumerate(CAMPAIGNS):
        last = min(campaign.closes, LAST_DAY)
        span = (last - campaign.opens).days + 1
        # Deposits pile up at both ends of a window.
        weights = np.array(
            [
                1.0 + 2.0 * (position < 2) + 1.5 * (position >= (campaign.closes - campaign.opens).days - 1)
                for position in range(span)
            ]
        )
        days = np.sort(random.choice(span, campaign.deposits, p=weights / weights.sum()))
        settled = random.permutation(campaign.deposits) < campaign.paid
        for index, (offset, is_paid) in enumerate(zip(days, settled, strict=True)):
            placed = _moment(random, campaign.opens + dt.timedelta(days=int(offset)))
            wait = int(random.choice(3, p=[0.6, 0.25, 0.15]))
            paid = _moment(random, campaign.due + dt.timedelta(days=wait)) if is_paid else None
            rows.append(
                Deposit(
                    campaign, f"29{number}{placed:%y%m%d}{index:06d}{int(random.integers(10**4)):04d}", placed, paid
                )
            )
    return sorted(rows, key=lambda row: (row.placed_at, row.number))


HEADER = (
    "预售活动", "商家编码", "商品名称", "日期", "定金件数", "定金金额", "尾款件数", "未付尾款件数", "现货件数",
    "预售价", "定金开始日", "定金截止日", "尾款开始日",
)  # fmt: skip


def report(rows: list[Deposit], sold: dict[int, int]) -> dict[str, bytes]:
    """Deposits a day and campaign with what became of them; `sold`: units sold a day without presale."""
    title = PRODUCTS[POSITION[PRESALE]].title
    lines = []
    for campaign in CAMPAIGNS:
        own = [row for row in rows if row.campaign == campaign]
        last = min(campaign.closes, LAST_DAY)
        for offset in range((last - campaign.opens).days + 1):
            date = campaign.opens + dt.timedelta(days=offset)
            made = [row for row in own if row.placed_at.date() == date]
            paid = sum(row.paid_at is not None for row in made)
            settled = (f"{paid}", f"{len(made) - paid}") if campaign.due <= LAST_DAY else ("", "")
            lines.append(
                (
                    campaign.name,
                    PRESALE,
                    title,
                    f"{date}",
                    f"{len(made)}",
                    f"{len(made) * DEPOSIT:.2f}",
                    *settled,
                    f"{sold.get(day(date), 0)}",
                    f"{DEPOSIT + BALANCE:.2f}",
                    f"{campaign.opens}",
                    f"{campaign.closes}",
                    f"{campaign.due}",
                )
            )
    return {"presale_deposits.csv": csv_bytes(HEADER, lines, encoding="utf-8-sig")}
