"""What the sample shop knows of itself on Taobao, and of others, loaded once."""

import pytest

import sample_data
from ecops import Workspace
from sample_data.loading import load

FILES = {
    "sycm_products.zip",
    "sycm_products_newest.xls",
    "search_words.csv.gz",
    "sycm_market_words.csv",
    "sycm_rival_shops.csv",
    "rival_practices.csv",
    "markets.csv",
    "products.xlsx",
    "taobao_orders.zip",
    "taobao_items.zip",
    "sycm_sources.zip",
    "peer_kpis.csv",
    "listings.csv",
    "price_history.csv",
    "reviews.csv",
    "benchmarks.csv",
}


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """For reading."""
    workspace = Workspace.open(tmp_path_factory.mktemp("rivals") / "shop")
    list(load(workspace, [file for file in sample_data.files() if file.name in FILES]))
    return workspace


@pytest.fixture(scope="session")
def data(sample):
    """Its tables."""
    return sample.data()
