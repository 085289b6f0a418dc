"""Rivals: how often a shop hears of a new complaint where nothing changed, and whether elasticities keep their word.

Reviews complain of thirty things at rates that stay. Prices move by themselves, with last week's sales, or with
promotions that nobody wrote down; what cannot be told has to be refused, and what is told has to cover the truth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ecops.competitors.elasticity.fit import fit_elasticity
from ecops.competitors.reviews.opinions import hear_all
from tools.calibrate.promises import Held, Promise

_GOOD = ("做工精细", "物流很快", "颜色好看", "尺寸刚好", "会回购", "质感不错", "包装结实", "材质舒服", "味道清新")
_BAD = (
    "盖子漏水", "密封圈坏了", "外盒压坏了", "发货太慢", "味道刺鼻", "起球严重", "掉色厉害",
    "线头很多", "拉链坏了", "尺码偏小", "面料太薄", "客服不回", "少发配件", "划痕明显",
    "电池不耐用", "安装费太贵", "杯身掉漆", "标签贴歪", "发票没开", "轮子卡住",
)  # fmt: skip
_DAYS, _NEW, _SKUS, _WEEKS = 112, 28, 8, 104


def _reviews(random: np.random.Generator, size: int, share: float, rising: int | None) -> pd.DataFrame:
    common = random.dirichlet(np.full(len(_BAD), 0.7))
    rows = []
    for day in random.integers(0, _DAYS, size).tolist():
        bad = random.random() < share
        chance = common.copy() if bad else np.full(len(_GOOD), 1 / len(_GOOD))
        if bad and rising is not None and day >= _DAYS - _NEW:
            chance[rising] += 0.5
            chance /= chance.sum()
        words = _BAD if bad else _GOOD
        picked = random.choice(len(words), size=int(random.integers(1, 4)), replace=False, p=chance)
        rows.append(
            (pd.Timestamp("2026-01-01") + pd.Timedelta(days=day), 1 if bad else 5, "。".join(words[n] for n in picked))
        )
    made = pd.DataFrame(rows, columns=["date", "stars", "text"])
    return made.assign(platform="taobao", shop="", sku="", category="", positive=np.nan, reply="")


def heard(size: int, share: float, rising: int | None = None) -> Callable[[int, int], Held]:
    """Shops that are told of a new complaint."""

    def scene(cases: int, seed: int) -> Held:
        told = 0
        for case in range(cases):
            found = hear_all(_reviews(np.random.default_rng([seed, case]), size, share, rising), np.ones(size, bool))
            told += found is not None and bool(found.new["confirmed"].any())
        return Held(told, cases)

    return scene


def _panel(random: np.random.Generator, kind: str) -> tuple[pd.DataFrame, pd.Series[float]]:
    date = pd.date_range("2024-01-01", periods=_WEEKS, freq="W-MON")
    parts, true = [], {}
    for number in range(_SKUS):
        answer = random.normal(-1.8, 0.4)
        promo = (random.random(_WEEKS) < 0.12).astype(float)
        walk, demand = np.zeros(_WEEKS), np.zeros(_WEEKS)
        for week in range(1, _WEEKS):
            walk[week] = 0.8 * walk[week - 1] + random.normal(0, 0.05)
            demand[week] = 0.7 * demand[week - 1] + random.normal(0, 0.1)
        price = {
            "plain": 0.5 * walk - 0.15 * promo,
            "follows": np.r_[0, 0.4 * demand[:-1]] + 0.5 * walk,
            "hidden": 0.5 * walk - 0.2 * promo,
            "promotions": -0.15 * promo + random.normal(0, 0.004, _WEEKS),
        }[kind]
        more = demand if kind == "follows" else 0.4 * promo
        units = 3 + answer * price + more + random.normal(0, 0.17, _WEEKS)
        table = pd.DataFrame({"sku": f"S{number}", "date": date, "price": 50 * np.exp(price), "units": np.exp(units)})
        parts.append(table.assign(promo=promo) if kind in {"plain", "promotions"} else table)
        true[f"S{number}"] = answer
    return pd.concat(parts, ignore_index=True), pd.Series(true)


def covered(kind: str) -> Callable[[int, int], Held]:
    """Products whose 95 % interval holds the truth, of those that get a number."""

    def scene(cases: int, seed: int) -> Held:
        hits = told = 0
        for case in range(cases):
            panel, true = _panel(np.random.default_rng([seed, case]), kind)
            table = fit_elasticity(panel).table.set_index("sku")
            table = table[table["identified"]]
            truth = true[table.index]
            hits += int(((table["low"] <= truth) & (truth <= table["high"])).sum())
            told += len(table)
        return Held(hits, told, asked=told / max(cases * _SKUS, 1))

    return scene


def refused(kind: str) -> Callable[[int, int], Held]:
    """Products that get no number."""

    def scene(cases: int, seed: int) -> Held:
        without = sum(
            int((~fit_elasticity(_panel(np.random.default_rng([seed, case]), kind)[0]).table["identified"]).sum())
            for case in range(cases)
        )
        return Held(without, cases * _SKUS)

    return scene


PROMISES = (
    *(
        Promise(f"competitors.complaint.quiet.{size}.{round(100 * share)}", "at most 5 % of unchanged shops are told",
                0.0, 0.05, heard(size, share), 100)
        for size, share in ((300, 0.15), (800, 0.15), (800, 0.35), (3000, 0.2))
    ),
    Promise("competitors.complaint.rising", "a complaint that rises by half of all is heard", 0.9, 1.0,
            heard(800, 0.2, 3), 20),
    *(
        Promise(f"competitors.elasticity.{kind}", "95 % intervals hold in at least 90 %", 0.9, 1.0, covered(kind), 30)
        for kind in ("plain", "hidden")
    ),
    *(
        Promise(f"competitors.elasticity.{kind}.refused", "no number where the data cannot tell", 0.95, 1.0,
                refused(kind), 30)
        for kind in ("follows", "promotions")
    ),
    Promise("competitors.elasticity.plain.told", "few are refused where the data can tell", 0.0, 0.1,
            refused("plain"), 30),
)  # fmt: skip
