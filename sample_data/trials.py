"""Four A/B tests with a known truth: one wins, one is broken, one is flat, one only looked good in its first week."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from sample_data.writers import csv_bytes, gzip_bytes

HEADER = ("experiment", "user_id", "variant", "exposed_at", "device", "converted", "orders", "revenue", "pre_revenue")


@dataclass(frozen=True, slots=True)
class Arm:
    """People put into an arm and people of it who bought, week by week; both are exact."""

    people: tuple[int, ...]
    buyers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One test: file, hypothesis, first day, the sample that both arms together were to reach, and the two arms."""

    name: str
    zh: str
    en: str
    start: dt.date
    planned: int
    control: Arm
    treatment: Arm


TRIALS = (
    Trial(
        "ab_win",
        "主图改为场景图提升支付转化率",
        "A lifestyle main picture raises conversion",
        dt.date(2026, 9, 14),
        8000,
        Arm((2003, 1991), (198, 203)),
        Arm((1996, 2010), (254, 251)),
    ),
    Trial(
        "ab_srm",
        "新版落地页提升支付转化率（埋点丢失约 9% 实验组用户）",
        "A new landing page raises conversion (tracking lost about 9 % of the treated)",
        dt.date(2026, 9, 28),
        8000,
        Arm((2010, 1990), (199, 201)),
        Arm((1818, 1832), (217, 221)),
    ),
    Trial(
        "ab_flat",
        "详情页加信任徽章提升支付转化率",
        "Trust badges on the product page raise conversion",
        dt.date(2026, 10, 12),
        8000,
        Arm((1998, 2004), (202, 199)),
        Arm((2005, 1993), (200, 203)),
    ),
    Trial(
        "ab_early",
        "满199减30弹窗提升支付转化率",
        "A pop-up with 30 off 199 raises conversion",
        dt.date(2026, 10, 19),
        9600,
        Arm((1198, 1204, 1201, 1197), (92, 100, 97, 98)),
        Arm((1203, 1196, 1199, 1202), (124, 95, 94, 99)),
    ),
)


def _people(random: np.random.Generator, trial: Trial) -> list[tuple[str, ...]]:
    """One row a person, in the order in which they came."""
    rows = []
    for variant, arm in (("control", trial.control), ("treatment", trial.treatment)):
        for week, (people, buyers) in enumerate(zip(arm.people, arm.buyers, strict=True)):
            days = random.integers(0, 7, people) + 7 * week
            seconds = random.integers(7 * 60, 24 * 60, people)
            chosen = random.permutation(people) < buyers
            # What someone spent before tells something about what they spend now.
            history = np.where(
                random.random(people) < np.where(chosen, 0.55, 0.22), np.round(random.gamma(2.0, 70, people)), 0
            )
            spend = np.round(random.gamma(2.2, 45, people) + 0.25 * np.minimum(history, 400) + 19, 0)
            for position in range(people):
                at = dt.datetime.combine(trial.start, dt.time()) + dt.timedelta(
                    days=int(days[position]), minutes=int(seconds[position])
                )
                device = "mobile" if random.random() < 0.85 else "desktop"
                bought = bool(chosen[position])
                rows.append(
                    (at, variant, device, bought, int(spend[position]) if bought else 0, int(history[position]))
                )
    rows.sort(key=lambda row: (row[0], row[1], row[5]))
    return [
        (
            trial.name,
            f"{trial.name[3]}{number:05d}",
            variant,
            f"{at:%Y-%m-%d}",
            device,
            str(int(bought)),
            str(int(bought)),
            str(spend),
            str(history),
        )
        for number, (at, variant, device, bought, spend, history) in enumerate(rows, start=1)
    ]


def reports(random: np.random.Generator) -> dict[str, bytes]:
    """Per-person rows of the four tests."""
    return {f"{trial.name}.csv.gz": gzip_bytes(csv_bytes(HEADER, _people(random, trial))) for trial in TRIALS}
