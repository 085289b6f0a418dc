"""The product recognises every file of the sample shop as what it is, without help."""

from __future__ import annotations

from pathlib import Path

import pytest

import sample_data
from ecops import sources

REPORTS = {
    "taobao_orders.zip": "taobao_orders",
    "taobao_items.zip": "taobao_items",
    "douyin_orders.zip": "douyin_orders",
    "jd_orders.xlsx": "jd_orders",
    "shopify_orders.zip": "shopify_orders",
    "sycm_sources.zip": "sycm_sources",
    "sycm_products.zip": "sycm_items",
    "sycm_products_newest.xls": "sycm_items",
    "ga4_traffic.csv.gz": "ga4_traffic",
    "wanxiangtai_ads.csv": "wanxiangtai_ads",
}


@pytest.mark.row(169, 170, 280)
@pytest.mark.parametrize("path", sample_data.files(), ids=lambda path: path.name)
def test_detected(path: Path) -> None:
    with sources.inspect(path) as found:
        ((grid, matches),) = found.sheets
        assert matches[0].table == sample_data.hints()[path.name]["table"]
        assert matches[0].source == REPORTS.get(path.name, matches[0].source)
        assert matches[0].missing == ()
        assert grid.rows == grid.lines > 0
