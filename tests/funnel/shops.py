"""Small shops for the figures and rules behind the steps: one that has the trouble, and its twin that has not."""

import datetime as dt

import numpy as np
import pandas as pd

from ecops.periods import Period

END = dt.date(2026, 11, 15)
WEEK = Period(END - dt.timedelta(days=6), END)
DAYS = 70


def dates(days=DAYS):
    return [END - dt.timedelta(days=days - 1 - place) for place in range(days)]


def payments(seed, late=0.04):
    """A payment log of ten weeks, forty tries a day; `late` is the share that fails in the last week."""
    random = np.random.default_rng(seed)
    rows = []
    for day in dates():
        share = late if day >= WEEK.start else 0.04
        for number in range(40):
            failed = random.random() < share
            reason = random.choice(["银行卡限额", "验证超时"], p=[0.8, 0.2]) if failed else None
            at = dt.datetime.combine(day, dt.time(10)) + dt.timedelta(minutes=number)
            rows.append(("taobao", f"{day:%m%d}-{number}", at, "failed" if failed else "paid", reason, "card", 100.0))
    names = ["platform", "order_id", "started_at", "outcome", "reason", "method", "amount"]
    return pd.DataFrame(rows, columns=names).assign(attempt_id=lambda rows: rows["order_id"])


def words(lost=False):
    """Search words of the last week; of the lost one nothing is found."""
    rows = [("taobao", day, "眼罩", 100, 0, 80, 8, 800.0) for day in dates(7)]
    rows += [("taobao", day, "电热毯", 20, 20 if lost else 0, 18, 0 if lost else 2, 0.0) for day in dates(7)]
    names = ["platform", "date", "word", "searches", "empty_searches", "searchers", "pay_buyers", "pay_amount"]
    return pd.DataFrame(rows, columns=names)


def orders(seed, douyin=0.88, taobao=0.88):
    """Order lines of ten weeks on two platforms, thirty orders a day each, with the shares that are paid."""
    random = np.random.default_rng(seed)
    rows = []
    for day in dates():
        for platform, share in (("taobao", taobao), ("douyin", douyin)):
            for number in range(30):
                at = dt.datetime.combine(day, dt.time(9)) + dt.timedelta(minutes=number)
                paid = at if random.random() < share else pd.NaT
                rows.append((platform, f"{platform}{day:%m%d}{number}", at, paid, f"b{number}", 100.0))
    names = ["platform", "order_id", "ordered_at", "paid_at", "buyer_id", "paid_amount"]
    lines = pd.DataFrame(rows, columns=names)
    return lines.assign(shop="one", line_id="1", sku="s", quantity=1.0, refund_amount=0.0)


def campaigns(seed, weak=4.0):
    """Two campaigns over ten weeks; `weak` is the return of one of them."""
    random = np.random.default_rng(seed)
    rows = []
    for day in dates():
        for name, roi in (("good", 4.0), ("other", weak)):
            rows.append((day, "taobao", name, 100.0, 100.0 * roi * random.lognormal(0, 0.2), 50.0))
    return pd.DataFrame(rows, columns=["date", "platform", "campaign", "cost", "paid_amount", "clicks"])


def sources(seed, dwell=60.0, depth=4.0, pays=0.03, bounce=0.4):
    """Traffic of three sources of one platform; the last has the quality given, bounce is that of the last week."""
    random = np.random.default_rng(seed)
    rows = []
    for day in dates():
        for channel, stay, pages, rate in (("a", 60.0, 4.0, 0.03), ("b", 60.0, 4.0, 0.03), ("c", dwell, depth, pays)):
            came = random.poisson(600)
            left = random.binomial(came, bounce if day >= WEEK.start else 0.4)
            noise = random.lognormal(0, 0.05, 2)
            rows.append(
                (
                    day, "taobao", "one", "source", channel, came, came * pages * noise[0], left / came,
                    stay * noise[1], random.binomial(came, rate),
                )
            )  # fmt: skip
    names = [
        "date", "platform", "shop", "level", "channel", "visitors", "page_views", "bounce_rate", "dwell_seconds",
        "pay_buyers",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def pages(home=0.38):
    """Loads of a home page and a detail page in the last week, by loading time."""
    rows = []
    for day in dates(7):
        for seconds, share in ((0.8, home - 0.04), (2.5, home), (6.0, home + 0.04)):
            rows.append((day, "taobao", "首页", "mobile", seconds, 500, round(500 * share), 30.0))
        rows.append((day, "taobao", "详情页", "mobile", 2.0, 400, 200, 50.0))
    names = ["date", "platform", "page", "device", "load_seconds", "visits", "bounces", "dwell_seconds"]
    return pd.DataFrame(rows, columns=names)


def items(seed, new=True, pays=0.01):
    """Product pages over ten weeks; with `new` one of them was first seen three weeks ago."""
    random = np.random.default_rng(seed)
    rows = []
    for sku in ("old", "older", "new"):
        first = END - dt.timedelta(days=20) if sku == "new" and new else dates()[0]
        for day in (day for day in dates() if day >= first):
            came = random.poisson(100)
            paid = random.binomial(came, pays if sku == "new" else 0.04)
            rows.append((day, "taobao", "one", "item", sku, sku, came, came // 20, came // 10, came // 12, paid, 0.4))
    names = [
        "date", "platform", "shop", "level", "sku", "title", "visitors", "favourites", "cart_users", "order_buyers",
        "pay_buyers", "bounce_rate",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=names)
