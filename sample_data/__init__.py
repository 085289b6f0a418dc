"""The sample shop: eighteen months on four platforms in the platforms' own file shapes, with planted truths.

`files()` names the files in the order in which to load them, `hints()` says what no file can know of itself.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["FOLDER", "files", "hints"]

FOLDER = Path(__file__).parent / "shop"

_TAOBAO = {"platform": "taobao", "shop": "暖物集旗舰店"}
_DOUYIN = {"platform": "douyin", "shop": "暖物集官方店"}
_JD = {"platform": "jd", "shop": "暖物集家居专营店"}
_SHOPIFY = {"platform": "shopify", "shop": "nuanwuji.example"}
_FILES: dict[str, dict[str, str]] = {
    "products.xlsx": {"table": "products"},
    "taobao_orders.zip": {"table": "orders", **_TAOBAO},
    "taobao_items.zip": {"table": "order_lines", **_TAOBAO},
    "douyin_orders.zip": {"table": "order_lines", **_DOUYIN},
    "jd_orders.xlsx": {"table": "order_lines", **_JD},
    "shopify_orders.zip": {"table": "order_lines", **_SHOPIFY},
    "sycm_sources.zip": {"table": "traffic_daily", "level": "source", **_TAOBAO},
    "sycm_products.zip": {"table": "traffic_daily", "level": "item", **_TAOBAO},
    "sycm_products_newest.xls": {"table": "traffic_daily", "level": "item", **_TAOBAO},
    "douyin_funnel.xlsx": {"table": "traffic_daily", "level": "source", **_DOUYIN},
    "jd_daily.xlsx": {"table": "traffic_daily", "level": "source", **_JD},
    "ga4_traffic.csv.gz": {"table": "traffic_daily", "level": "source", **_SHOPIFY},
    "wanxiangtai_ads.csv": {"table": "ad_spend_daily", **_TAOBAO},
    "inventory.xlsx": {"table": "inventory_snapshots"},
    "purchase_orders.xlsx": {"table": "purchase_orders"},
    "presale_deposits.csv": {"table": "presale_deposits", **_TAOBAO},
    "events.csv.gz": {"table": "events"},
    "search_words.csv.gz": {"table": "search_words", "shop": _TAOBAO["shop"]},
    "payment_attempts.csv.gz": {"table": "payment_attempts", **_SHOPIFY},
    "service_contacts.csv.gz": {"table": "service_contacts", "shop": _TAOBAO["shop"]},
    "page_loads.csv.gz": {"table": "page_loads"},
    "placements.csv.gz": {"table": "placements_daily", "shop": _TAOBAO["shop"]},
    "team.csv": {"table": "team"},
    "content.csv.gz": {"table": "content_daily", "shop": _DOUYIN["shop"]},
    "ab_win.csv.gz": {"table": "experiment_units", "experiment": "ab_win"},
    "ab_srm.csv.gz": {"table": "experiment_units", "experiment": "ab_srm"},
    "ab_flat.csv.gz": {"table": "experiment_units", "experiment": "ab_flat"},
    "ab_early.csv.gz": {"table": "experiment_units", "experiment": "ab_early"},
    "peer_kpis.csv": {"table": "peer_kpis"},
    "listings.csv": {"table": "listings"},
    "price_history.csv": {"table": "price_history"},
    "reviews.csv": {"table": "reviews"},
    "sycm_market_words.csv": {"table": "search_terms", "platform": "taobao"},
    "sycm_rival_shops.csv": {"table": "rival_indices", "platform": "taobao"},
    "rival_practices.csv": {"table": "rival_practices"},
    "markets.csv": {"table": "markets"},
    "calendar.csv": {"table": "calendar"},
    "benchmarks.csv": {"table": "benchmarks"},
}


def files() -> list[Path]:
    """The files of the sample shop in the order in which to load them."""
    return [FOLDER / name for name in _FILES]


def hints() -> dict[str, dict[str, str]]:
    """By file name: the canonical table, and what the file does not carry (platform, shop, level, experiment)."""
    return {name: dict(entry) for name, entry in _FILES.items()}
