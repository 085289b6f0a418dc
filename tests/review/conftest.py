"""The sample shop in a workspace, loaded once: its traffic, products, experiments and calendar."""

import functools
import shutil

import pytest

import sample_data
from ecops import Workspace
from sample_data.loading import load, wishes
from tests.store.conftest import postgres_server, postgres_url  # noqa: F401 - fixtures of a real PostgreSQL server

FILES = (
    "sycm_sources.zip",
    "sycm_products.zip",
    "sycm_products_newest.xls",
    "douyin_funnel.xlsx",
    "jd_daily.xlsx",
    "ga4_traffic.csv.gz",
    "ab_win.csv.gz",
    "ab_srm.csv.gz",
    "ab_flat.csv.gz",
    "ab_early.csv.gz",
    "calendar.csv",
)
TRAFFIC = ("sycm_sources.zip", "douyin_funnel.xlsx", "jd_daily.xlsx", "ga4_traffic.csv.gz")
ORDERS = ("orders", "order_lines", "ad_spend_daily", "calendar")


def for_reading(workspace):
    """Its tables never change again, so what was worked out from them stays good for all tests."""
    workspace.data = functools.cache(workspace.data)
    return workspace


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """For reading."""
    workspace = Workspace.open(tmp_path_factory.mktemp("review") / "shop")
    for file in sample_data.files():
        if file.name in FILES:
            with workspace.inspect(file) as inspection:
                workspace.load_inspected(inspection, wishes(inspection))
    return for_reading(workspace)


@pytest.fixture(scope="session")
def shop_with_orders(tmp_path_factory):
    """For reading: with orders and paid promotion."""
    workspace = Workspace.open(tmp_path_factory.mktemp("review") / "orders")
    wanted = [name for name, hint in sample_data.hints().items() if hint["table"] in ORDERS or name in TRAFFIC]
    list(load(workspace, [file for file in sample_data.files() if file.name in wanted]))
    return for_reading(workspace)


@pytest.fixture
def own_shop(shop, tmp_path):
    """A copy to change."""
    shutil.copytree(shop.folder, tmp_path / "shop")
    return Workspace.open(tmp_path / "shop")
